// One suite for both drivers of the events engine: the same calls must give the same bytes, rows and errors, whether
// ClickHouse runs embedded or as a server. The server is clickhouse-server.support.ts.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TocsinError } from '../../ground/errors.ts';
import { startServer, type TestServer } from './clickhouse-server.support.ts';
import { openCluster } from './cluster.ts';
import { openEmbedded } from './embedded.ts';
import type { EventsEngine, LineCells, Parameters, Row } from './engine.ts';
import { migrate, shippedMigrations } from './migrations.ts';
import { testSettings } from './temporary-store.support.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-engine-'));
let server: TestServer;
beforeAll(async () => {
  server = await startServer(newFolder());
});
afterAll(async () => {
  await server.end();
  rmSync(folder, { recursive: true, force: true });
});

let files = 0;
const newFolder = (): string => {
  files += 1;
  const path = join(folder, `folder-${files}`);
  mkdirSync(path);
  return path;
};
const file = (content: string | Uint8Array): string => {
  files += 1;
  const path = join(folder, `file-${files}`);
  writeFileSync(path, content);
  return path;
};

/** The error a promise fails with. */
async function failureOf(work: Promise<unknown>): Promise<TocsinError> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof TocsinError) return error;
  throw error;
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function drained(batches: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

describe.each([
  { name: 'the embedded engine', open: () => openEmbedded(newFolder(), testSettings) },
  { name: 'a server', open: () => openCluster(server.url, testSettings) },
])('$name', ({ open }) => {
  let engine: EventsEngine;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => engine.close());

  const table = async (columns: string): Promise<string> => {
    files += 1;
    const name = `test_${files}`;
    await engine.execute(`CREATE TABLE ${name} (${columns}) ENGINE = MergeTree ORDER BY tuple()`);
    return name;
  };
  const countOf = async (name: string) => (await engine.query(`SELECT count() AS n FROM ${name}`))[0]?.n;

  describe('binds parameters', () => {
    const hostile = 'a\'b"c\\d\te\nf\rg\0h\u0008i {x:String} \\N é 😀 %27 + & = ; DROP TABLE network --';
    it.each<[string, string, Parameters[string], string, unknown]>([
      ['text', 'String', 'plain', '{v:String}', 'plain'],
      ['empty text', 'String', '', '{v:String}', ''],
      ['text that looks like null', 'String', '\\N', '{v:String}', '\\N'],
      ['text that looks like SQL', 'String', hostile, '{v:String}', hostile],
      ['a whole number', 'UInt16', 65_535, '{v:UInt16}', 65_535],
      ['a negative number', 'Int64', -5, '{v:Int64}', -5],
      ['a fraction', 'Float64', 0.1, '{v:Float64}', 0.1],
      [
        'a large number',
        'UInt64',
        18_446_744_073_709_551_615n,
        'toString({v:UInt64})',
        '18446744073709551615',
      ],
      ['true', 'Bool', true, '{v:Bool}', true],
      ['false', 'Bool', false, '{v:Bool}', false],
      ['an IPv4 address', 'IPv6', '192.0.2.1', 'toString({v:IPv6})', '::ffff:192.0.2.1'],
      ['an IPv6 address', 'IPv6', '2001:db8::1', 'toString({v:IPv6})', '2001:db8::1'],
      [
        'a time',
        "DateTime64(6, 'UTC')",
        '2024-03-05 01:02:03.000004',
        "{v:DateTime64(6, 'UTC')}",
        '2024-03-05T01:02:03.000004Z',
      ],
      ['texts', 'Array(String)', ['', hostile, "'", '\\'], '{v:Array(String)}', ['', hostile, "'", '\\']],
      [
        'numbers',
        'Array(UInt64)',
        [0, 1, 9_007_199_254_740_991],
        '{v:Array(UInt64)}',
        [0, 1, 9_007_199_254_740_991],
      ],
      ['fractions', 'Array(Float64)', [0.5, -1.25e-7], '{v:Array(Float64)}', [0.5, -1.25e-7]],
      ['no values', 'Array(String)', [], '{v:Array(String)}', []],
      [
        'addresses',
        'Array(IPv6)',
        ['10.0.0.1', '::1'],
        'arrayMap(a -> toString(a), {v:Array(IPv6)})',
        ['::ffff:10.0.0.1', '::1'],
      ],
    ])('%s', async (_, _type, value, expression, expected) => {
      expect(await engine.query(`SELECT ${expression} AS v`, { v: value })).toEqual([{ v: expected }]);
    });

    it('of any number and length', async () => {
      const texts = Array.from({ length: 40_000 }, (_, at) => `it's value \\ ${at}`);
      const numbers = texts.map((_, at) => at);
      const sql = `SELECT length({texts:Array(String)}) AS texts, arraySum({numbers:Array(UInt64)}) AS sum,
        {texts:Array(String)}[40000] AS last, 'it''s value \\\\ 7' IN ({texts:Array(String)}) AS has, {name:String} AS name`;
      expect(await engine.query(sql, { texts, numbers, name: 'x' })).toEqual([
        { texts: 40_000, sum: 799_980_000, last: "it's value \\ 39999", has: 1, name: 'x' },
      ]);
    });

    it('that are lists of lists, short and long', async () => {
      const few = [[1, 2], [], [65_535]];
      const many = Array.from({ length: 20_000 }, (_, at) => (at % 3 === 0 ? [] : [at % 65_536, 7]));
      const words = [["a'b", '\\'], []];
      expect(
        await engine.query(
          `SELECT {few:Array(Array(UInt16))} AS few, {words:Array(Array(String))} AS words,
             length({many:Array(Array(UInt16))}) AS lists, arraySum(arrayFlatten({many:Array(Array(UInt16))})) AS sum`,
          { few, words, many },
        ),
      ).toEqual([{ few, words, lists: 20_000, sum: many.flat().reduce((sum, item) => sum + item, 0) }]);
    });

    it('of one long text', async () => {
      const text = `${hostile}${"é'".repeat(100_000)}`;
      expect(
        await engine.query('SELECT length({v:String}) AS size, {v:String} = {w:String} AS same', {
          v: text,
          w: text,
        }),
      ).toEqual([{ size: Buffer.byteLength(text), same: 1 }]);
    });

    it('in statements and streams too', async () => {
      const name = await table('v String');
      await engine.execute(`INSERT INTO ${name} SELECT arrayJoin({v:Array(String)})`, { v: ['b', 'a'] });
      expect(await drained(engine.stream(`SELECT v FROM ${name} WHERE v = {v:String}`, { v: 'a' }))).toEqual([
        { v: 'a' },
      ]);
    });

    it('anew for every question', async () => {
      await engine.query('SELECT {v:String} AS v', { v: 'first' });
      expect((await failureOf(engine.query('SELECT {v:String} AS v'))).code).toBe('engine-failed');
    });
  });

  describe('gives results', () => {
    it('as rows with numbers, text, null, lists and times', async () => {
      const sql = `SELECT 1 AS small, toUInt64(9007199254740991) AS large, 0.25 AS part, NULL AS nothing, ['a', ''] AS list,
        toDateTime64('2024-03-05 01:02:03.4', 6, 'UTC') AS at, toIPv6('192.0.2.1') AS ip`;
      expect(await engine.query(sql)).toEqual([
        {
          small: 1,
          large: 9_007_199_254_740_991,
          part: 0.25,
          nothing: null,
          list: ['a', ''],
          at: '2024-03-05T01:02:03.400000Z',
          ip: '::ffff:192.0.2.1',
        },
      ]);
    });

    it('of no rows', async () => {
      expect(await engine.query('SELECT 1 AS one WHERE 0')).toEqual([]);
      expect(await drained(engine.stream('SELECT 1 AS one WHERE 0'))).toEqual([]);
      expect((await bytesOf(engine.bytes('SELECT 1 AS one WHERE 0', {}, 'TabSeparated'))).length).toBe(0);
    });

    it('to a question that ends in a comment', async () => {
      expect(await engine.query('SELECT 1 AS one -- and no more')).toEqual([{ one: 1 }]);
      expect(await drained(engine.stream('SELECT 1 AS one -- and no more'))).toEqual([{ one: 1 }]);
    });

    it('with settings of its own in the question', async () => {
      expect(await engine.query("SELECT getSetting('max_threads') AS n SETTINGS max_threads = 1")).toEqual([
        { n: 1 },
      ]);
      expect(await engine.query("SELECT getSetting('max_threads') AS n")).toEqual([
        { n: testSettings.threads },
      ]);
    });

    it('in the formats asked for', async () => {
      const sql = 'SELECT number AS n, toString(number) AS t FROM numbers(2)';
      expect(String(await bytesOf(engine.bytes(sql, {}, 'TabSeparatedWithNames')))).toBe(
        'n\tt\n0\t0\n1\t1\n',
      );
      const compact = JSON.parse(String(await bytesOf(engine.bytes(sql, {}, 'JSONCompact'))));
      expect(compact.data).toEqual([
        [0, '0'],
        [1, '1'],
      ]);
    });

    it('byte for byte, whatever the bytes', async () => {
      const [row] = await engine.query('SELECT hex({v:String}) AS hex', { v: 'é' });
      expect(row).toEqual({ hex: 'C3A9' });
      const raw = engine.bytes(`SELECT unhex('${everyByte.toString('hex')}') AS v`, {}, 'RawBLOB');
      expect((await bytesOf(raw)).equals(everyByte)).toBe(true);
    });

    it('with bytes that are no text made visible, never lost', async () => {
      expect(await engine.query("SELECT unhex('41FF5C') AS v, 'é' AS w")).toEqual([
        { v: 'A\\xff\\', w: 'é' },
      ]);
    });

    it('in batches, in order', async () => {
      let batches = 0;
      let next = 0;
      let outOfOrder = 0;
      for await (const batch of engine.stream(
        "SELECT number AS n, repeat('x', 200) AS filling FROM numbers(100000) ORDER BY n",
      )) {
        batches += 1;
        for (const row of batch) {
          if (row.n !== next) outOfOrder += 1;
          next += 1;
        }
      }
      expect([next, outOfOrder]).toEqual([100_000, 0]);
      expect(batches).toBeGreaterThan(1);
    });

    it('as far as they are read, and answers the next question', async () => {
      for await (const batch of engine.stream('SELECT number AS n FROM numbers(1000000)')) {
        expect(batch[0]).toEqual({ n: 0 });
        break;
      }
      expect(await engine.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });
  });

  describe('loads blocks', () => {
    const load = (name: string, content: string | Uint8Array, condition = '1') =>
      engine.loadLines({
        path: file(content),
        sql: `INSERT INTO ${name} (n, line) WITH length(line) AS size SELECT n + {base:UInt64}, line FROM LINES WHERE ${condition}`,
        parameters: { base: 10 },
      });

    it.each<[string, string | Uint8Array, string[]]>([
      ['of lines, counted from 0', 'a\nb\nc\n', ['10 61', '11 62', '12 63']],
      ['whose last line does not end', 'a\nb', ['10 61', '11 62']],
      ['with blank lines', '\na\n\n', ['10 ', '11 61', '12 ']],
      ['with lines ended as Windows does', 'a\r\nb\r\n', ['10 610D', '11 620D']],
      ['with tabs, quotes and backslashes as they are', 'a\t\\t"\'\\N\n', ['10 61095C7422275C4E']],
      ['with bytes that are no text', Buffer.from([0xff, 0x00, 0xfe, 0x0a]), ['10 FF00FE']],
    ])('%s', async (_, content, expected) => {
      const name = await table('n UInt64, line String');
      await load(name, content);
      const rows = await engine.query(
        `SELECT concat(toString(n), ' ', hex(line)) AS v FROM ${name} ORDER BY n`,
      );
      expect(rows.map((row) => row.v)).toEqual(expected);
    });

    it('whose lines keep their numbers however many there are, and whichever are taken', async () => {
      const name = await table('n UInt64, line String');
      const lines = Array.from({ length: 300_000 }, (_, at) => `line ${at}`);
      await load(name, `${lines.join('\n')}\n`, 'cityHash64(line) % 3 != 0');
      const wrong = await engine.query(
        `SELECT count() AS n FROM ${name} WHERE line != concat('line ', toString(n - 10))`,
      );
      expect(wrong).toEqual([{ n: 0 }]);
      const [kept] = await engine.query(
        "SELECT count() AS n FROM (SELECT concat('line ', toString(number)) AS line FROM numbers(300000)) WHERE cityHash64(line) % 3 != 0",
      );
      expect(await countOf(name)).toBe(kept?.n);
    });

    it('of lines all or not at all', async () => {
      const name = await table('n UInt64, line String');
      const lines = `${'good\n'.repeat(200_000)}bad\n`;
      const failure = await failureOf(load(name, lines, "throwIf(line = 'bad', 'unsound') = 0"));
      expect([failure.code, failure.message]).toEqual([
        'engine-failed',
        expect.stringContaining('395, FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'),
      ]);
      expect(await countOf(name)).toBe(0);
    });

    const tabs: LineCells = {
      format: 'TSV',
      columns: [
        { name: 'c1', type: 'Decimal64(6)' },
        { name: 'c2', type: 'IPv6' },
        { name: 'c3', type: 'Nullable(Float64)' },
        { name: 'c4', type: 'String' },
      ],
    };
    const objects: LineCells = {
      format: 'JSONEachRow',
      columns: [
        { name: 'c1', type: 'Decimal64(6)' },
        { name: 'c2', type: 'IPv6' },
        { name: 'id.p', type: 'Nullable(Float64)' },
        { name: 'c4', type: 'String' },
      ],
    };
    const loadCells = async (content: string, cells: LineCells) => {
      const name = await table('n UInt64, t String, ip IPv6, v Nullable(Float64), s String');
      const value = cells.columns[2]?.name ?? '';
      await engine.loadLines({
        path: file(content),
        sql: `INSERT INTO ${name} (n, t, ip, v, s) SELECT n + {base:UInt64}, toString(c1), c2, \`${value}\`, c4 FROM LINES WHERE throwIf(c1 = 0) = 0`,
        parameters: { base: 10 },
        cells,
      });
      return engine.query(`SELECT n, t, toString(ip) AS ip, v, s FROM ${name} ORDER BY n`);
    };

    it.each([
      ['separated by tabs', tabs, '1.5\t192.0.2.1\t-\t-\n2.000001\t::1\t7\tb c\n'],
      [
        'of JSON objects, in any order and with others between',
        objects,
        '{"c4":"-","c1":1.5,"c2":"192.0.2.1","x":[1]}\n{"c2":"::1","id.p":7,"c1":2.000001,"c4":"b c"}\n',
      ],
    ])('by cells %s', async (_, cells, content) => {
      expect(await loadCells(content, cells)).toEqual([
        { n: 10, t: '1.5', ip: '::ffff:192.0.2.1', v: null, s: '-' },
        { n: 11, t: '2.000001', ip: '::1', v: 7, s: 'b c' },
      ]);
    });

    it.each([
      ['too few', tabs, '1.5\t192.0.2.1\t1\n'],
      ['too many', tabs, '1.5\t192.0.2.1\t1\ta\tb\n'],
      ['one that is not of its type', tabs, '1.5\t192.0.2.1\tone\ta\n'],
      ['none where one must be', tabs, '1.5\t-\t1\ta\n'],
      ['text that is a number', objects, '{"c1":1.5,"c2":"::1","c4":7}\n'],
      ['a number that is none', objects, '{"c1":1.5,"c2":"::1","id.p":true,"c4":"a"}\n'],
      ['null where one must be', objects, '{"c1":1.5,"c2":null,"c4":"a"}\n'],
      ['a line that is no object', objects, '{"c1":1.5,"c2":"::1","c4":"a"}\nnothing\n'],
    ])('by cells not at all when there are %s', async (_, cells, content) => {
      expect((await failureOf(loadCells(content, cells))).code).toBe('engine-failed');
    });

    it('of rows into the columns named', async () => {
      const name = await table('a String, b Nullable(UInt64), c Array(String)');
      await engine.loadRows({
        path: file(
          Buffer.concat([
            Buffer.from("['x\\'y']\t"),
            Buffer.from([0xff]),
            Buffer.from('\\t\\\\\\n\\0\n[]\tz\n'),
          ]),
        ),
        table: name,
        columns: ['c', 'a'],
      });
      expect(await engine.query(`SELECT hex(a) AS a, b, c FROM ${name} ORDER BY a`)).toEqual([
        { a: '7A', b: null, c: [] },
        { a: 'FF095C0A00', b: null, c: ["x'y"] },
      ]);
    });

    it('of rows all or not at all', async () => {
      const name = await table('a UInt64');
      const failure = await failureOf(
        engine.loadRows({ path: file(`${'1\n'.repeat(100_000)}none\n`), table: name, columns: ['a'] }),
      );
      expect(failure.code).toBe('engine-failed');
      expect(await countOf(name)).toBe(0);
    });

    it('side by side with each other and with questions', async () => {
      const name = await table('n UInt64, line String');
      const loads = Array.from({ length: 12 }, (_, at) => load(name, `${at}\n`.repeat(1000)));
      const asked = Array.from({ length: 12 }, (_, at) => engine.query('SELECT {v:UInt64} AS v', { v: at }));
      const streamed = Array.from({ length: 4 }, (_, at) =>
        drained(engine.stream('SELECT {v:UInt64} AS v FROM numbers(1000)', { v: at })),
      );
      await Promise.all(loads);
      expect(await Promise.all(asked)).toEqual(Array.from({ length: 12 }, (_, at) => [{ v: at }]));
      for (const [at, rows] of (await Promise.all(streamed)).entries()) {
        expect([rows.length, rows.every((row) => row.v === at)]).toEqual([1000, true]);
      }
      expect(
        await engine.query(`SELECT count() AS n, uniqExact(line) AS lines, max(n) AS most FROM ${name}`),
      ).toEqual([{ n: 12_000, lines: 12, most: 1009 }]);
    });
  });

  describe('says what went wrong', () => {
    it.each([
      ['a question that is no SQL', () => engine.query('SELEC 1'), /code 62, SYNTAX_ERROR/],
      ['a table that is not there', () => engine.query('SELECT 1 FROM nowhere'), /code 60, UNKNOWN_TABLE/],
      [
        'a value of another type',
        () => engine.query('SELECT {v:UInt8} AS v', { v: 'x' }),
        /code \d+, [A-Z_]{4,}/,
      ],
      ['a statement', () => engine.execute('DROP TABLE nowhere'), /code 60, UNKNOWN_TABLE/],
      [
        'a load',
        () => engine.loadRows({ path: file('1\n'), table: 'nowhere', columns: ['a'] }),
        /code 60, UNKNOWN_TABLE/,
      ],
      [
        'a stream that cannot begin',
        () => drained(engine.stream('SELECT 1 FROM nowhere')),
        /code 60, UNKNOWN_TABLE/,
      ],
      [
        'a stream that fails on its way',
        () =>
          drained(
            engine.stream("SELECT throwIf(number = 900000, 'secret') AS v, number FROM numbers(1000000)"),
          ),
        /code 395, FUNCTION_THROW_IF/,
      ],
      [
        'bytes that fail on their way',
        () =>
          bytesOf(engine.bytes('SELECT throwIf(number = 900000) FROM numbers(1000000)', {}, 'TabSeparated')),
        /code 395, FUNCTION_THROW_IF/,
      ],
    ])('of %s', async (_, work, expected) => {
      const failure = await failureOf(work());
      expect(failure.code).toBe('engine-failed');
      expect(failure.message).toMatch(expected);
      expect(await engine.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });

    it('of a block that is not there', async () => {
      const block = { path: join(folder, 'none'), table: await table('a UInt64'), columns: ['a'] };
      expect((await failureOf(engine.loadRows(block))).message).toMatch(/events engine/);
    });

    it('without quoting a value, which is evidence', async () => {
      const name = await table('a UInt64');
      const failures = [
        await failureOf(engine.query('SELECT toUInt8({v:String}) AS v', { v: 'very secret' })),
        await failureOf(engine.loadRows({ path: file('very secret\n'), table: name, columns: ['a'] })),
      ];
      for (const failure of failures) expect(failure.message).not.toContain('secret');
    });
  });

  it('is brought to the present schema once, and refuses one that was changed since', async () => {
    const shipped = shippedMigrations().map(({ name, sha256 }) => ({ name, sha256 }));
    await migrate(engine);
    await migrate(engine);
    expect(await engine.query('SELECT name, sha256 FROM migration ORDER BY name')).toEqual(shipped);
    const change = (sha256: string) =>
      engine.execute(
        'ALTER TABLE migration UPDATE sha256 = {sha256:String} WHERE name = {name:String} SETTINGS mutations_sync = 2',
        { sha256, name: shipped[0]?.name ?? '' },
      );
    await change('another');
    const failure = await failureOf(migrate(engine));
    await change(shipped[0]?.sha256 ?? '');
    expect([failure.code, failure.message]).toEqual([
      'migration-changed',
      expect.stringContaining('0001-events.sql'),
    ]);
    await migrate(engine);
  });

  it('refuses to write once told to be read-only', async () => {
    const own = await open();
    files += 1;
    const name = `test_${files}`;
    await own.execute(`CREATE TABLE ${name} (a UInt64) ENGINE = MergeTree ORDER BY a`);
    await own.execute('SET readonly = 2');
    expect((await failureOf(own.execute(`INSERT INTO ${name} SELECT 1`))).message).toContain('READONLY');
    expect((await failureOf(own.execute(`DROP TABLE ${name}`))).message).toContain('READONLY');
    expect((await failureOf(bytesOf(own.bytes(`DROP TABLE ${name}`, {}, 'Null')))).code).toBe(
      'engine-failed',
    );
    expect(await own.query(`SELECT count() AS n, {v:UInt8} AS v FROM ${name}`, { v: 1 })).toEqual([
      { n: 0, v: 1 },
    ]);
    await own.close();
  });

  describe('when closed', () => {
    const endless = 'SELECT count() AS n FROM numbers(1000000000000000) WHERE NOT ignore(sipHash64(number))';

    it('ends what is running at once', async () => {
      const own = await open();
      const running = [
        failureOf(own.query(endless)),
        failureOf(drained(own.stream(endless))),
        failureOf(own.execute(endless)),
      ];
      await own.close();
      const failures = await Promise.all(running);
      expect(failures.map((failure) => failure.code)).toEqual(['engine-gone', 'engine-gone', 'engine-gone']);
    }, 15_000);

    it('refuses further work, and may be closed again', async () => {
      const own = await open();
      await own.close();
      await own.close();
      const path = file('1\n');
      const works = [
        () => own.query('SELECT 1'),
        () => own.execute('SELECT 1'),
        () => drained(own.stream('SELECT 1')),
        () => own.loadRows({ path, table: 'migration', columns: ['name'] }),
        () =>
          own.loadLines({ path, sql: 'INSERT INTO migration SELECT line, line FROM LINES', parameters: {} }),
      ];
      for (const work of works) expect((await failureOf(work())).code).toBe('engine-gone');
    }, 15_000);
  });
});

describe('a server over a compressed connection', () => {
  it('takes and gives the same bytes', async () => {
    const engine = await openCluster(
      `${server.url}/?compression_request=1&compression_response=1`,
      testSettings,
    );
    await engine.execute('CREATE TABLE packed (n UInt64, line String) ENGINE = MergeTree ORDER BY n');
    const line = Buffer.from(everyByte.filter((byte) => byte !== 0x0a));
    await engine.loadLines({
      path: file(Buffer.concat([line, Buffer.from('\n')])),
      sql: 'INSERT INTO packed SELECT n, line FROM LINES',
      parameters: {},
    });
    await engine.loadRows({ path: file('1\té\n'), table: 'packed', columns: ['n', 'line'] });
    expect(await engine.query('SELECT n, hex(line) AS line FROM packed ORDER BY n')).toEqual([
      { n: 0, line: line.toString('hex').toUpperCase() },
      { n: 1, line: 'C3A9' },
    ]);
    const raw = await bytesOf(engine.bytes('SELECT line FROM packed WHERE n = 0', {}, 'RawBLOB'));
    expect(raw.equals(line)).toBe(true);
    expect((await failureOf(engine.query('SELECT 1 FROM nowhere'))).message).toContain('60, UNKNOWN_TABLE');
    await engine.close();
  });
});

describe('a server that cannot be used', () => {
  it('is named when it does not answer', async () => {
    expect((await failureOf(openCluster('http://127.0.0.1:9/', testSettings))).code).toBe('engine-gone');
  });

  it('refuses a wrong password', async () => {
    const engine = await openCluster(server.url.replace('secret', 'guess'), testSettings);
    expect((await failureOf(engine.query('SELECT 1'))).message).toContain('516, AUTHENTICATION_FAILED');
    await engine.close();
  });

  it('is gone when it stops in the middle of a question', async () => {
    const short = await startServer(newFolder());
    const engine = await openCluster(short.url, testSettings);
    expect(await engine.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const asked = failureOf(engine.query('SELECT sleep(3)'));
    await short.end();
    expect((await asked).code).toBe('engine-gone');
    expect((await failureOf(engine.query('SELECT 1'))).code).toBe('engine-gone');
    await engine.close();
  });
});
