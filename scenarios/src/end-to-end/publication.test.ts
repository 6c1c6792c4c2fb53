// From the example's evidence to a publication that its sceptical reader opens, checks and answers: keys, log, redaction,
// the command, the page in a real browser without a network, the rerun from raw logs, the counter-report.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createMessage, readKey, readSignature, verify as verifySignature } from 'openpgp';
import type { Browser, Page } from 'playwright-core';
import { extractText } from 'unpdf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import { type Investigated, investigate, tocsin } from './tocsin.ts';

const example = fileURLToPath(new URL('../../example/', import.meta.url));
const page = fileURLToPath(new URL('../../../packages/verify/dist/verify.html', import.meta.url));
const script = fileURLToPath(new URL('../../../packages/verify/python/tocsin_verify.py', import.meta.url));
const hasPython =
  spawnSync('python3', ['-c', 'import zoneinfo; zoneinfo.ZoneInfo("Asia/Tehran")']).status === 0;
const given = { constituency: join(example, 'constituency.csv'), networks: join(example, 'networks.csv') };
const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
];

let run: Investigated;
let folder: string;
let full: string;
let publication: string;
let keys: string;

beforeAll(async () => {
  run = await investigate([join(example, 'evidence')], given);
  full = join(run.out, 'bundle.tocsin.zip');
  folder = mkdtempSync(join(tmpdir(), 'tocsin-scenario-'));
  keys = join(folder, 'keys');
  publication = join(folder, 'out', 'publication.tocsin.zip');
  const made = await tocsin([
    'keys',
    'init',
    '--keys',
    keys,
    '--publisher',
    'CERT Example',
    '--origin',
    'cert.example/log',
    '--mail',
    'cert@cert.example',
  ]);
  expect(made).toMatchObject({ status: 0 });
  writeFileSync(
    join(folder, 'policy.yaml'),
    'tlp: CLEAR\norganisations: {default: pseudonym}\noutside: full\n',
  );
  writeFileSync(
    join(folder, 'publisher.yaml'),
    'name: CERT Example\nnamespace: https://cert.example\ncontact: cert@cert.example\n',
  );
  const published = await tocsin([
    ...[
      'publish',
      full,
      '--publisher',
      join(folder, 'publisher.yaml'),
      '--policy',
      join(folder, 'policy.yaml'),
      '--keys',
      keys,
    ],
    ...['--log', join(folder, 'log'), '--out', join(folder, 'out')],
  ]);
  expect(published).toMatchObject({ status: 0 });
});

/** Files of an archive by name, their bytes as Latin-1, unpacked by a library the verifier does not use. */
function unpacked(archive: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  return new Promise((resolve, reject) => {
    yauzl.open(archive, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error);
      zip.on('error', reject);
      zip.on('end', () => resolve(files));
      zip.on('entry', (entry: yauzl.Entry) =>
        zip.openReadStream(entry, (failed, stream) => {
          if (failed) return reject(failed);
          void buffer(stream).then((bytes) => {
            files.set(entry.fileName, bytes.toString('latin1'));
            zip.readEntry();
          }, reject);
        }),
      );
      zip.readEntry();
    });
  });
}

describe('a publication', () => {
  it('verifies with the keys a reader trusts, and says who signed and where it was logged', async () => {
    const { status, stdout } = await tocsin(['verify', publication, '--policy', join(keys, 'keys.json')]);
    expect(stdout).toMatch(/^VERIFIED: .*signed by somebody you trust/);
    expect(stdout).toMatch(/signed by CERT Example/);
    expect(stdout).toMatch(/entry 0 of 1 in the log cert\.example\/log/);
    expect(status).toBe(0);
  });

  it.skipIf(!hasPython)("verifies with Python's standard library alone, as the full bundle does", () => {
    const python = (...args: readonly string[]) =>
      spawnSync('python3', [script, ...args], { encoding: 'utf8' });
    const signed = python(publication, '--keys', join(keys, 'keys.json'));
    expect(signed.stdout).toMatch(/^VERIFIED: .*signed by somebody you trust/);
    expect(signed.stdout).toMatch(/signed by CERT Example/);
    expect(signed.status).toBe(0);
    expect(python(full)).toMatchObject({ status: 0, stderr: '' });
  });

  it('is refused by a reader who trusts somebody else, with the step that failed as its exit status', async () => {
    const other = join(folder, 'other');
    await tocsin([
      'keys',
      'init',
      '--keys',
      other,
      '--publisher',
      'Somebody',
      '--origin',
      'other.example/log',
    ]);
    const { status, stdout } = await tocsin([
      ...['verify', publication, '--policy', join(other, 'keys.json'), '--exit-step'],
    ]);
    expect(stdout).toMatch(/^FAILED: .*nobody you trust has signed/);
    expect(status).toBe(7);
  });

  it('holds no address or name of the organisation, while every count and sum is the same', async () => {
    const files = await unpacked(publication);
    const paper: string[] = [];
    for (const name of ['data/report.pdf', 'data/report.zh-Hans.pdf']) {
      const { text } = await extractText(new Uint8Array(Buffer.from(files.get(name) ?? '', 'latin1')));
      paper.push(...text);
    }
    expect(paper.join('').length).toBeGreaterThan(20_000);
    const parts = [...files.values(), ...paper].join('\n');
    const inside = run.investigation.incidents.flatMap(({ hosts }) => hosts.map(({ ip }) => ip));
    expect(inside.length).toBeGreaterThan(10);
    for (const name of [...inside, 'Institute of Advanced Materials']) expect(parts).not.toContain(name);
    // Labels and ids hold names, which a pseudonym replaces.
    const numbers = async (archive: string) =>
      (JSON.parse((await unpacked(archive)).get('data/figures.json') ?? '').figures as { value: unknown }[])
        .flatMap(({ value }) => (typeof value === 'number' ? [value] : []))
        .sort((left, right) => left - right);
    expect(await numbers(publication)).toEqual(await numbers(full));
  });

  it('speaks to the programs of others of outside addresses only, and signs what they receive', async () => {
    const files = await unpacked(publication);
    const exchange = [...files.keys()].filter((name) => name.startsWith('data/exchange/'));
    expect(exchange.length).toBe(6);
    const indicators = files.get('data/exchange/indicators.csv') ?? '';
    const outside = run.investigation.incidents.flatMap(({ outside: parties }) =>
      parties.map(({ ip }) => ip),
    );
    const listed = indicators
      .split('\r\n')
      .slice(1)
      .filter((line) => line !== '')
      .map((line) => line.split(',')[0] ?? '');
    expect(listed.length).toBeGreaterThan(2);
    for (const value of listed.filter((value) => /^\d/.test(value))) expect(outside).toContain(value);
    expect(listed.filter((value) => /^(?:ip|name|org)-/.test(value))).toEqual([]);
    const csaf = exchange.filter((name) => /-(?:sir|advisory)\.json$/.test(name));
    expect(csaf.length).toBe(2);
    for (const name of csaf) {
      const beside = join(folder, 'out', 'exchange', name.slice('data/exchange/'.length));
      const signature = await readSignature({ armoredSignature: readFileSync(`${beside}.asc`, 'utf8') });
      const key = await readKey({ armoredKey: readFileSync(join(keys, 'openpgp.asc'), 'utf8') });
      const checked = await verifySignature({
        message: await createMessage({ binary: new Uint8Array(readFileSync(beside)) }),
        signature,
        verificationKeys: key,
      });
      expect(await checked.signatures[0]?.verified).toBe(true);
    }
  });

  it('is compared with a rerun from the raw logs, finding by finding', async () => {
    const same = await tocsin([
      ...['verify', full, '--evidence', join(example, 'evidence'), '--networks', given.networks],
    ]);
    expect(same.stdout).toMatch(/RERUN AGREES/);
    expect(same.status).toBe(0);
    const partial = await tocsin([
      ...['verify', full, '--evidence', join(example, 'evidence', 'core'), '--networks', given.networks],
    ]);
    expect(partial.stdout).toMatch(/published, not found again/);
    expect(partial.stdout).toMatch(/RERUN DIFFERS/);
    expect(partial.status).toBe(1);
  });
});

describe('an auditor', () => {
  it('has the rows opened that the checkpoint picks, and is told when a cell of them was exchanged', async () => {
    const trust = join(keys, 'keys.json');
    const before = await tocsin(['verify', publication, '--policy', trust, '--long']);
    expect(before.stdout).toMatch(/partly verified: pseudonyms of 0 of \d+ rows checked/);
    const challenge = await tocsin(['challenge', publication, '--rows', '25']);
    expect(challenge.stdout).toMatch(/^25 of \d+ rows with withheld cells, picked by the checkpoint/);
    expect(challenge.status).toBe(0);
    const openings = join(folder, 'openings.json');
    const opened = await tocsin([
      ...['open', publication, '--rows', '25', '--original', full, '--policy', join(folder, 'policy.yaml')],
      ...['--keys', keys, '--out', openings],
    ]);
    expect(opened).toMatchObject({ status: 0 });
    const checked = await tocsin(['verify', publication, '--policy', trust, '--openings', openings]);
    expect(checked.stdout).toMatch(/ok {10}openings {5}25 of \d+ rows opened/);
    expect(checked.status).toBe(0);
    writeFileSync(openings, readFileSync(openings, 'utf8').replace(/"salt":"[0-9a-f]/, '"salt":"x'));
    const wrong = await tocsin(['verify', publication, '--openings', openings, '--exit-step']);
    expect(wrong.stdout).toMatch(/FAILED {6}openings/);
    expect(wrong.status).toBe(10);
  });
});

describe('an answer', () => {
  it('quotes the publication, counts its own way over the same rows, and is checked with it', async () => {
    const [incident] = run.investigation.incidents;
    const figure = `incident.${incident?.id}.theft.best`;
    const day = incident?.theft?.ledger[0]?.day;
    writeFileSync(
      join(folder, 'answer.yaml'),
      `by: {name: The accused, contact: team@example.net}\nsummary: Not all of it was ours.\nresponses:\n` +
        `  - {figure: ${figure}, says: disputed, reason: Only one day is shown., where: [{op: '=', column: day, value: '${day}'}]}\n`,
    );
    const out = join(folder, 'answer');
    const made = await tocsin([
      ...['reply', full, '--statement', join(folder, 'answer.yaml'), '--keys', keys, '--out', out],
    ]);
    expect(made).toMatchObject({ status: 0 });
    const reply = join(out, 'reply.tocsin.zip');
    const checked = await tocsin(['verify', reply, '--original', full, '--policy', join(keys, 'keys.json')]);
    expect(checked.stdout).toMatch(/1 of its own values follow from the rows/);
    expect(checked.status).toBe(0);
    const sides = await tocsin(['diff', full, reply, '--html', join(folder, 'sides.html')]);
    expect(sides.stdout).toMatch(/Disputed:\n {2}Bytes taken, best estimate/);
    expect(sides.status).toBe(1);
    expect(readFileSync(join(folder, 'sides.html'), 'utf8')).toContain('Only one day is shown.');
    const wrong = await tocsin(['verify', reply, '--original', publication]);
    expect(wrong.stdout).toMatch(/answers another publication/);
    expect(wrong.status).toBe(1);
  });
});

describe.skipIf(chromium === undefined)('the page, in a browser without a network', () => {
  let browser: Browser;
  beforeAll(async () => {
    const { chromium: launcher } = await import('playwright-core');
    browser = await launcher.launch({ executablePath: chromium ?? '', args: browserArguments });
  });
  afterAll(() => browser?.close());

  async function checked(bundle: string, policy: string | null): Promise<Page> {
    const context = await browser.newContext({ offline: true });
    const tab = await context.newPage();
    const problems: string[] = [];
    tab.on('pageerror', ({ message }) => problems.push(message));
    tab.on('request', (request) => {
      if (!/^(?:file|data|blob):/.test(request.url())) problems.push(request.url());
    });
    await tab.goto(pathToFileURL(page).href);
    if (policy !== null) await tab.setInputFiles('#policy', policy);
    await tab.setInputFiles('#bundle', bundle);
    await tab.waitForSelector('#result:not([hidden])', { timeout: 60_000 });
    expect(problems).toEqual([]);
    return tab;
  }

  it('says that the publication holds, and who signed it', async () => {
    const tab = await checked(publication, join(keys, 'keys.json'));
    expect(await tab.textContent('#verdict')).toMatch(/signed by somebody you trust/);
    expect(await tab.textContent('#parts')).toMatch(/signed by CERT Example/);
    expect(await tab.textContent('aside')).toMatch(/may have been made to agree with it/);
  });

  it('says that a changed one does not, and names it', async () => {
    const bytes = readFileSync(publication);
    bytes[Math.floor(bytes.length / 3)] = (bytes[Math.floor(bytes.length / 3)] ?? 0) ^ 0x10;
    const changed = join(folder, 'changed.zip');
    writeFileSync(changed, bytes);
    const tab = await checked(changed, null);
    expect(await tab.textContent('#verdict')).toMatch(/Do not rely on it|cannot be read as a bundle/);
    expect(await tab.locator('#parts .bad').count()).toBeGreaterThan(0);
  });

  it('has no serious fault of accessibility, in light and in dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const tab = await checked(publication, null);
      await tab.emulateMedia({ colorScheme });
      expect(await seriousFaults(tab)).toEqual([]);
    }
  });
});

describe.skipIf(chromium === undefined)('the report in a browser (skipped without chromium)', () => {
  it.each([
    ['on a desktop, in light', 1280, 'light'],
    ['on a tablet, in light', 820, 'light'],
    ['on a phone, in dark', 390, 'dark'],
  ] as const)(
    'has no serious fault of accessibility and nothing over the edge %s',
    async (_, width, colorScheme) => {
      const { chromium: driver } = await import('playwright-core');
      const browser = await driver.launch({ executablePath: chromium ?? '', args: browserArguments });
      try {
        // The report's own policy lets no script in.
        const context = await browser.newContext({
          viewport: { width, height: 900 },
          colorScheme,
          bypassCSP: true,
          offline: true,
        });
        const tab = await context.newPage();
        await tab.goto(pathToFileURL(join(run.out, 'report.html')).href);
        expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        expect(await seriousFaults(tab)).toEqual([]);
      } finally {
        await browser.close();
      }
    },
  );
});

/** Rules of axe that are broken seriously on a page, by id. */
async function seriousFaults(tab: Page): Promise<readonly string[]> {
  await tab.evaluate(readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8'));
  return tab.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string }[] }> };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id }) => id);
  });
}
