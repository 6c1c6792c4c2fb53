// The verifier as one page that works offline: takes the file a reader drops, checks it with the same code as the
// command, and shows the verdict in plain words. Everything is put into the page as text, never as markup.
import {
  isReply,
  openBundle,
  type PublicationCheck,
  parseTrust,
  problemText,
  type ReplyStep,
  type ReplyVerification,
  reasonText,
  type Step,
  type Trust,
  verifyPublication,
  verifyReply,
} from '@tocsin/verify';

const mostListed = 500;

const bundleInput = element('bundle', HTMLInputElement);
const policyInput = element('policy', HTMLInputElement);
const openingsInput = element('openings', HTMLInputElement);
const drop = element('drop', HTMLElement);
const status = element('status', HTMLElement);
const result = element('result', HTMLElement);
const verdict = element('verdict', HTMLElement);
const parts = element('parts', HTMLElement);

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${id}`);
  return found;
}

type Child = Node | string;

/** An element with children; text stays text. */
function node(
  tag: string,
  properties: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

async function check(): Promise<void> {
  const file = bundleInput.files?.[0];
  if (file === undefined) return;
  result.hidden = true;
  status.textContent = `Checking ${file.name} …`;
  // Lets the browser show the line above before the work begins.
  await new Promise((resolve) => setTimeout(resolve, 30));
  try {
    const trust = await trusted();
    const source = {
      sizeBytes: file.size,
      read: (from: number, length: number) => partOf(file, from, length),
    };
    const files = await openBundle(source).catch(() => null);
    if (files !== null && isReply(files))
      showReply(await verifyReply(files, { original: null, keys: trust?.keys ?? null }));
    else showPublication(await verifyPublication(() => openBundle(source), trust, await opened()));
    status.textContent = `Checked ${file.name}.`;
  } catch (error) {
    status.textContent = '';
    say(false, 'This file could not be checked.');
    parts.replaceChildren(node('p', {}, error instanceof Error ? error.message : 'unknown problem'));
  }
  result.hidden = false;
  result.focus();
}

async function partOf(file: Blob, from: number, length: number): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(from, from + length).arrayBuffer());
}

/** Whom the reader trusts; null when nobody was named. @throws Error with the reason why the file is refused */
async function trusted(): Promise<Trust | null> {
  const file = policyInput.files?.[0];
  if (file === undefined) return null;
  const trust = parseTrust(new Uint8Array(await file.arrayBuffer()));
  if (!trust.ok) throw new Error(`Keys you trust: ${reasonText(trust.reason)}`);
  return trust.value;
}

/** What the publisher opened for the reader, or null. */
async function opened(): Promise<Uint8Array | null> {
  const file = openingsInput.files?.[0];
  return file === undefined ? null : new Uint8Array(await file.arrayBuffer());
}

function say(isGood: boolean, text: string): void {
  verdict.textContent = text;
  verdict.className = isGood ? 'good' : 'bad';
}

const outcomeWords = { held: 'holds', failed: 'FAILED', unjudged: 'not judged' } as const;
const outcomeClasses = { held: 'good', failed: 'bad', unjudged: 'warn' } as const;

function stepList(steps: readonly (Step | ReplyStep)[]): HTMLElement {
  return node(
    'ol',
    { class: 'steps' },
    ...steps.map(({ name, outcome, text }) =>
      node(
        'li',
        {},
        node('strong', { class: outcomeClasses[outcome] }, outcomeWords[outcome]),
        ` ${name}: ${text}`,
      ),
    ),
  );
}

type CheckedFigure = PublicationCheck['verification']['figures'][number];
type CheckedTable = PublicationCheck['verification']['tables'][number];

function amountOf(value: unknown, unit: string): string {
  const amount = typeof value === 'string' ? value : JSON.stringify(value);
  return `${amount}${unit === 'time' || unit === '' ? '' : ` ${unit}`}`;
}

/** The status of a figure in words: with the other value, or with how many rows were checked. */
function resultOf(
  { status: of, unit, computed, checkedRows, table: name }: CheckedFigure,
  tables: readonly CheckedTable[],
): string {
  if (of === 'verified') return 'verified';
  if (of === 'not-verifiable') return 'not verifiable';
  if (of === 'mismatch')
    return computed === null ? 'MISMATCH' : `MISMATCH: the rows give ${amountOf(computed, unit)}`;
  const rows = tables.find((one) => one.name === name)?.rows ?? 0;
  return `partly verified: pseudonyms of ${checkedRows ?? 0} of ${rows} rows checked`;
}

function showPublication({ isVerified, verdict: words, steps, verification, tlp }: PublicationCheck): void {
  say(isVerified, words);
  const { figures, tables, problems } = verification;
  const classes = {
    verified: 'good',
    'partly-verified': 'warn',
    mismatch: 'bad',
    'not-verifiable': 'warn',
  } as const;
  const listed = [...figures].sort(
    (left, right) => Number(left.status === 'verified') - Number(right.status === 'verified'),
  );
  const counted = (wanted: CheckedFigure['status']) =>
    figures.filter(({ status: of }) => of === wanted).length;
  const partly = counted('partly-verified');
  const held = `${counted('verified')} of ${figures.length} verified${partly === 0 ? '' : `, ${partly} partly`}`;
  const short = (caption: string, length: number) =>
    length > mostListed ? `${caption}; the first ${mostListed} are listed` : caption;
  parts.replaceChildren(
    ...(tlp === null ? [] : [node('p', {}, `TLP:${tlp}`)]),
    node('h3', {}, 'Step by step'),
    stepList(steps),
    ...(problems.length === 0
      ? []
      : [
          node('h3', {}, 'What is wrong'),
          node(
            'ul',
            {},
            ...problems.slice(0, mostListed).map((problem) => node('li', {}, problemText(problem))),
          ),
        ]),
    table(
      short(`Figures: ${held}`, figures.length),
      ['Figure', 'Value', 'Result'],
      listed
        .slice(0, mostListed)
        .map((figure) => [
          figure.label,
          amountOf(figure.value, figure.unit),
          node('strong', { class: classes[figure.status] }, resultOf(figure, tables)),
        ]),
    ),
    table(
      `Tables: ${tables.filter(({ isIntact }) => isIntact).length} of ${tables.length} intact`,
      ['Table', 'Rows', 'Result'],
      tables.map(({ name, rows, isIntact }) => [
        name,
        String(rows),
        node('strong', { class: isIntact ? 'good' : 'bad' }, isIntact ? 'intact' : 'DAMAGED'),
      ]),
    ),
  );
}

function showReply({ isVerified, steps }: ReplyVerification): void {
  say(isVerified, isVerified ? 'This answer to a publication is whole.' : 'This answer does not hold.');
  parts.replaceChildren(stepList(steps));
}

function table(caption: string, titles: readonly string[], rows: readonly (readonly Child[])[]): HTMLElement {
  return node(
    'div',
    { class: 'wide' },
    node(
      'table',
      {},
      node('caption', {}, caption),
      node('thead', {}, node('tr', {}, ...titles.map((title) => node('th', { scope: 'col' }, title)))),
      node('tbody', {}, ...rows.map((row) => node('tr', {}, ...row.map((cell) => node('td', {}, cell))))),
    ),
  );
}

bundleInput.addEventListener('change', () => void check());
policyInput.addEventListener('change', () => void check());
openingsInput.addEventListener('change', () => void check());
for (const name of ['dragenter', 'dragover'] as const)
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
for (const name of ['dragleave', 'drop'] as const)
  document.addEventListener(name, () => drop.classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  const files = event.dataTransfer?.files;
  if (files === undefined || files.length === 0) return;
  bundleInput.files = files;
  void check();
});
