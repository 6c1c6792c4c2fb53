// `tocsin verify BUNDLE --evidence PATH`: the whole investigation again from the raw logs, compared with the published one
// file by file, finding by finding, figure by figure.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Comparison, compareInvestigations, isSame } from '../publish/reply/comparison.ts';
import type { Investigation } from '../vocabulary/investigation.ts';
import { investigate, type Surroundings } from './investigate.ts';

export interface RerunRequest {
  readonly published: Investigation;
  readonly paths: readonly string[];
  /** Overrides what the bundle says of whose network is ours; null: as the bundle says. */
  readonly constituency: string | null;
  readonly networks: string | null;
  readonly mapping: string | null;
  readonly sigma: string | null;
  readonly indicators: string | null;
}

/** Investigates the evidence anew. @throws TocsinError as `investigate` */
export async function rerun(request: RerunRequest, around: Surroundings): Promise<Comparison> {
  const work = mkdtempSync(join(resolve(around.config.scratch_dir), 'tocsin-rerun-'));
  try {
    const { investigation } = await investigate(
      {
        paths: request.paths,
        out: join(work, 'out'),
        constituency: request.constituency ?? constituencyFile(request.published, work),
        networks: request.networks,
        data: null,
        keepRaw: false,
        mapping: request.mapping,
        sigma: request.sigma,
        indicators: request.indicators,
      },
      around,
    );
    return compareInvestigations(request.published, investigation);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The constituency of a publication as the file that `investigate` takes; null where it was assumed. */
function constituencyFile({ constituency }: Investigation, work: string): string | null {
  if (constituency.source === 'assumed') return null;
  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
  const lines = constituency.organisations.flatMap(({ organisation, sector, prefixes }) =>
    prefixes.map((prefix) => [quoted(organisation), quoted(sector), quoted(prefix), '""'].join(',')),
  );
  const path = join(work, 'constituency.csv');
  writeFileSync(path, `organisation,sector,cidr,contact\n${lines.join('\n')}\n`);
  return path;
}

/** What came of the comparison, a line each; the verdict last. */
export function rerunLines(comparison: Comparison): readonly string[] {
  const lines: string[] = [];
  for (const [what, { same, onlyFirst, onlySecond, changed }] of [
    ['files of evidence', named(comparison.evidence, ({ path }) => path)],
    ['findings', named(comparison.findings, ({ id, detector, host }) => `${id} (${detector} on ${host})`)],
    ['incidents', named(comparison.incidents, ({ id, title }) => `${id} (${title})`)],
    ['figures', named(comparison.figures, ({ id }) => id)],
  ] as const) {
    lines.push(`${what}: ${same} the same`);
    for (const name of onlyFirst) lines.push(`  published, not found again: ${name}`);
    for (const name of onlySecond) lines.push(`  found, not published: ${name}`);
    for (const name of changed) lines.push(`  differs: ${name}`);
  }
  lines.push(
    isSame(comparison)
      ? 'RERUN AGREES: the evidence gives everything that was published, and nothing else.'
      : 'RERUN DIFFERS: the evidence does not give what was published; the lines above say where.',
  );
  return lines;
}

interface Named {
  readonly same: number;
  readonly onlyFirst: readonly string[];
  readonly onlySecond: readonly string[];
  readonly changed: readonly string[];
}

/** The items of a comparison by what a reader calls them; text of others is shown, not obeyed. */
function named<T extends object>(
  sides: {
    readonly same: number;
    readonly onlyFirst: readonly T[];
    readonly onlySecond: readonly T[];
    readonly changed: readonly { readonly first: T; readonly properties: readonly string[] }[];
  },
  nameOf: (item: T) => string,
): Named {
  const shown = (item: T) => JSON.stringify(nameOf(item)).slice(1, -1).slice(0, 200);
  return {
    same: sides.same,
    onlyFirst: sides.onlyFirst.map(shown),
    onlySecond: sides.onlySecond.map(shown),
    changed: sides.changed.map(({ first, properties }) => `${shown(first)}: ${properties.join(', ')}`),
  };
}
