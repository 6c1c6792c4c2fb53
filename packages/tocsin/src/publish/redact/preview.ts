// What a reader of a publication will and will not see, in plain lines, before anything is written.
import { byText } from '../../ground/ids.ts';
import type { Policy } from './policy.ts';
import type { Prepared } from './publication.ts';

/** Lines on a prepared publication. */
export function previewLines(
  { investigation, tables, withheld }: Prepared,
  policy: Policy,
): readonly string[] {
  const shown = (text: string) => JSON.stringify(text).slice(1, -1).slice(0, 200);
  const lines = [
    `TLP:${policy.tlp}`,
    `Withheld names: ${String(withheld.size)}. Each has one pseudonym in all parts of the publication.`,
  ];
  for (const { organisation, sector } of investigation.constituency.organisations)
    if (organisation !== '')
      lines.push(
        `Organisation shown as: ${shown(organisation)}${sector === '' ? '' : `, sector ${shown(sector)}`}`,
      );
  for (const [name, { standsFor, rows }] of [...tables].sort(([left], [right]) => byText(left, right))) {
    const hidden = Object.keys(standsFor).sort(byText);
    lines.push(
      `Table ${name}: all ${String(rows.length)} rows, ${hidden.length === 0 ? 'as they are' : `pseudonyms in ${hidden.join(', ')}`}`,
    );
  }
  lines.push(
    policy.details === 'withheld'
      ? 'What findings quote from the logs (accounts, web addresses, programs): left out'
      : 'What findings quote from the logs (accounts, web addresses, programs): shown',
    `Names of stolen files: ${policy.files === 'withheld' ? 'left out' : 'shown'}`,
    `Figures: ${String(investigation.figures.length)}; a reader can compute every one anew from the rows as shown.`,
  );
  return lines;
}
