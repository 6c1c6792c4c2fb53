// Opens rows of a publication for an auditor: the withheld cells of the rows that the challenge picks, with their salts, and
// nothing else. Takes the publication, the full bundle it was made of, the policy and the secret; gives the openings.
import {
  type Challenge,
  challengeOf,
  checkOpenings,
  columnSecret,
  commitmentsPath,
  encodeHex,
  formatOpenings,
  type OpenedCell,
  type OpenedRow,
  openBundle,
  openingsFormat,
  type Row,
  Salts,
  wholeFile,
} from '@tocsin/verify';
import { TocsinError } from '../../ground/errors.ts';
import { sha256 } from '../../ground/ids.ts';
import { type PublicationRequest, prepare } from './publication.ts';
import type { ShownTable } from './redaction.ts';

export interface OpeningRequest extends PublicationRequest {
  /** The publication, as its readers have it. */
  readonly publication: Uint8Array;
  /** How many rows the auditor asks for. */
  readonly rows: number;
}

/**
 * The openings as the text of a file. They are checked as the auditor will check them: what does not fit the publication
 * (another bundle, policy or keys folder than it was made with) is not given out.
 * @throws TocsinError publication-refused
 */
export async function openRows(request: OpeningRequest): Promise<string> {
  const files = await openBundle(request.publication);
  const challenge = await challengeOf(files, request.rows);
  if (typeof challenge === 'string') throw new TocsinError('publication-refused', { detail: challenge });
  const { tables } = await prepare(request);
  const byName = new Map<string, ShownTable>(tables);
  const openings = formatOpenings({
    format: openingsFormat,
    commitments_sha256: sha256(await wholeFile(files, commitmentsPath, 64 * 2 ** 20)),
    rows: request.rows,
    openings: openedRows(challenge, byName, request.secret),
  });
  const { problem } = await checkOpenings(files, Buffer.from(openings));
  if (problem !== null)
    throw new TocsinError('publication-refused', {
      detail: `the rows do not open it (${problem}): give the bundle, policy and keys that it was published with`,
    });
  return openings;
}

function openedRows(
  { tables, rows }: Challenge,
  shown: ReadonlyMap<string, ShownTable>,
  secret: Uint8Array,
): readonly OpenedRow[] {
  const hidden = new Map(
    tables.map(({ table, columns, secrets }) => {
      const names = columns.filter(({ name }) => secrets[name] === null).map(({ name }) => name);
      return [table, names.map((name) => ({ name, salts: new Salts(columnSecret(secret, table, name)) }))];
    }),
  );
  return rows.map(({ table, row }) => {
    const full: Row = shown.get(table)?.rows[row - 1] ?? {};
    const cells = (hidden.get(table) ?? []).map(({ name, salts }): [string, OpenedCell] => [
      name,
      { cell: full[name] ?? null, salt: encodeHex(salts.of(row - 1)) },
    ]);
    return { table, row, cells: Object.fromEntries(cells) };
  });
}
