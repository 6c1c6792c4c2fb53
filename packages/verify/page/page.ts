// The verifier as one page that works offline: takes the file a reader drops, checks it with the same code as the
// command, and shows the verdict in plain words. Everything is put into the page as text, never as markup.
import {
  isReply,
  keyStates,
  openBundle,
  parseKeyList,
  problemText,
  type ReplyVerification,
  reasonText,
  type TrustedKey,
  trustedSigners,
  type Verification,
  verifyBundle,
  verifyReply,
} from '@tocsin/verify';

const mostListed = 500;

const bundleInput = element('bundle', HTMLInputElement);
const policyInput = element('policy', HTMLInputElement);
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
    const keys = await trustedKeys();
    const bytes = new Uint8Array(await file.arrayBuffer());
    const files = await openBundle(bytes).catch(() => null);
    if (files !== null && isReply(files)) showReply(await verifyReply(files, { original: null, keys }));
    else showBundle(await verifyBundle(bytes));
    status.textContent = `Checked ${file.name}.`;
  } catch (error) {
    status.textContent = '';
    say(false, 'This file could not be checked.');
    parts.replaceChildren(node('p', {}, error instanceof Error ? error.message : 'unknown problem'));
  }
  result.hidden = false;
  result.focus();
}

/** Keys of the list the reader chose; null when there is none. @throws Error with the reason why a list is refused */
async function trustedKeys(): Promise<readonly TrustedKey[] | null> {
  const file = policyInput.files?.[0];
  if (file === undefined) return null;
  const list = parseKeyList(new Uint8Array(await file.arrayBuffer()));
  if (!list.ok) throw new Error(`Keys you trust: ${reasonText(list.reason)}`);
  const states = keyStates(list.value);
  if (!states.ok) throw new Error(`Keys you trust: ${reasonText(states.reason)}`);
  return trustedSigners(states.value);
}

function say(isGood: boolean, text: string): void {
  verdict.textContent = text;
  verdict.className = isGood ? 'good' : 'bad';
}

function showBundle({ isVerified, figures, tables, problems }: Verification): void {
  const failed = figures.filter(({ status: of }) => of !== 'verified').length;
  say(
    isVerified,
    isVerified
      ? 'Every figure follows from the rows in this bundle, and nothing in it was changed in one place only.'
      : failed > 0
        ? 'Figures of this bundle do not follow from its rows, or it was changed.'
        : 'This bundle was changed, or is not whole.',
  );
  const words = { verified: 'verified', mismatch: 'MISMATCH', 'not-verifiable': 'not verifiable' } as const;
  const classes = { verified: 'good', mismatch: 'bad', 'not-verifiable': 'warn' } as const;
  const listed = [...figures].sort(
    (left, right) => Number(left.status === 'verified') - Number(right.status === 'verified'),
  );
  parts.replaceChildren(
    ...(problems.length === 0
      ? []
      : [
          node('h3', {}, 'What is wrong'),
          node(
            'ul',
            {},
            ...problems.slice(0, mostListed).map((problem) => node('li', {}, problemText(problem))),
          ),
          ...(problems.length > mostListed
            ? [node('p', {}, 'The list goes on; the command shows all.')]
            : []),
        ]),
    table(
      `Figures (${figures.length})`,
      ['Figure', 'Value', 'Result'],
      listed
        .slice(0, mostListed)
        .map(({ label, value, unit, status: of }) => [
          label,
          `${typeof value === 'string' ? value : JSON.stringify(value)} ${unit}`,
          node('strong', { class: classes[of] }, words[of]),
        ]),
    ),
    table(
      `Tables (${tables.length})`,
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
  say(isVerified, isVerified ? 'This counter-report is whole.' : 'This counter-report does not hold.');
  const words = { held: 'holds', failed: 'FAILED', unjudged: 'not judged' } as const;
  const classes = { held: 'good', failed: 'bad', unjudged: 'warn' } as const;
  parts.replaceChildren(
    node(
      'ol',
      { class: 'steps' },
      ...steps.map(({ name, outcome, text }) =>
        node(
          'li',
          {},
          `${name}: `,
          node('strong', { class: classes[outcome] }, words[outcome]),
          ` – ${text}`,
        ),
      ),
    ),
  );
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
