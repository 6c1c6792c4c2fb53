// The outcome of a whole check as lines of text for a terminal: the verdict first, then every step.
import type { PublicationCheck } from './publication.ts';
import type { ReplyVerification } from './reply.ts';
import { printable, reportLines } from './report.ts';

/** Lines on a publication: the verdict first, then each step, then figures and tables that do not hold, or all of them. */
export function publicationLines(
  { isVerified, verdict, steps, verification, tlp }: PublicationCheck,
  { isLong }: { readonly isLong: boolean },
): readonly string[] {
  const outcomes = { held: 'ok        ', failed: 'FAILED    ', unjudged: 'not judged' } as const;
  const lines = reportLines(verification).slice(0, -1);
  return [
    `${isVerified ? 'VERIFIED' : 'FAILED'}: ${verdict}`,
    ...(tlp === null ? [] : [`TLP:${printable(tlp)}`]),
    ...steps.map(
      ({ name, outcome, text }) => `${outcomes[outcome]}  ${name.padEnd(11)}  ${printable(text, 600)}`,
    ),
    ...lines.filter((line) => isLong || !/^(?:verified|partly|intact) /.test(line)),
  ];
}

/** Lines on an answer to a publication: the verdict, then each step. */
export function replyLines({ isVerified, steps }: ReplyVerification): readonly string[] {
  const outcomes = { held: 'ok        ', failed: 'FAILED    ', unjudged: 'not judged' } as const;
  return [
    isVerified ? 'VERIFIED: the answer is whole.' : 'FAILED: the answer does not hold.',
    ...steps.map(
      ({ name, outcome, text }) => `${outcomes[outcome]}  ${name.padEnd(11)}  ${printable(text, 600)}`,
    ),
  ];
}
