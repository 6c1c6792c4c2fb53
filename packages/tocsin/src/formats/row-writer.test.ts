// What a parser gives is what the store holds, whatever the values: no byte changes on the way.
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTemporaryStore, type TemporaryStore } from '../store/events/temporary-store.support.ts';
import { addressNumber } from '../vocabulary/address.ts';
import type { Event } from '../vocabulary/event.ts';
import { LoadLanes, RowWriter } from './row-writer.ts';

let store: TemporaryStore;
beforeAll(async () => {
  store = await openTemporaryStore();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

interface Written {
  readonly event: Event;
  readonly isUtf8: boolean;
}

/** Writes events as records 1, 2, ... of one item. */
async function write(events: readonly Written[]): Promise<void> {
  const lanes = new LoadLanes(store.engine, store.scratch);
  const writer = new RowWriter(lanes, 'e-1', 'tap');
  for (const [at, { event, isUtf8 }] of events.entries()) await writer.add(event, at + 1, isUtf8);
  await writer.end();
  await lanes.settle();
}

const hexOf = (text: string, isUtf8: boolean): string => {
  if (isUtf8) return Buffer.from(text, 'utf8').toString('hex').toUpperCase();
  const bytes = Array.from(text, (character) =>
    character.length === 1 && character.charCodeAt(0) < 256
      ? Buffer.from(character, 'latin1')
      : Buffer.from(character, 'utf8'),
  );
  return Buffer.concat(bytes).toString('hex').toUpperCase();
};

const hostile = fc.constantFrom(
  '\t',
  '\n',
  '\r',
  '\\',
  "'",
  '"',
  '\0',
  '\b',
  '\f',
  '\\N',
  '\\t',
  ',',
  '[',
  ']',
  'é',
  '😀',
  'ÿ',
);
const text = fc.oneof(
  fc.array(hostile, { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', '\\N', 'NULL', '(empty)', "']", '\\'),
);
const time = fc
  .integer({ min: -2_208_988_800, max: 10_413_791_999 })
  .chain((second) => fc.integer({ min: 0, max: 999_999 }).map((micro) => ({ second, micro })))
  .map(
    ({ second, micro }) =>
      `${new Date(second * 1000).toISOString().slice(0, 19)}.${String(micro).padStart(6, '0')}Z`,
  );

const request = fc.record({
  isUtf8: fc.boolean(),
  time,
  uri: text,
  method: text,
  file_names: fc.array(text, { maxLength: 3 }),
  status: fc.option(fc.integer({ min: 0, max: 65_535 })),
  request_bytes: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  dst_port: fc.integer({ min: 0, max: 65_535 }),
});

describe('a written event', () => {
  it('comes back as it was, whatever its values', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 30 }), async (requests) => {
        await store.engine.execute('TRUNCATE TABLE http');
        await write(
          requests.map(({ isUtf8, time, ...fields }) => ({ isUtf8, event: { table: 'http', time, fields } })),
        );
        const rows = await store.engine.query(
          `SELECT record, time, hex(uri) AS uri, hex(method) AS method, arrayMap(name -> hex(name), file_names) AS file_names,
             toString(status) AS status, toString(request_bytes) AS request_bytes, dst_port FROM http ORDER BY record`,
        );
        expect(rows).toEqual(
          requests.map(({ isUtf8, ...values }, at) => ({
            record: at + 1,
            time: values.time,
            uri: hexOf(values.uri, isUtf8),
            method: hexOf(values.method, isUtf8),
            file_names: values.file_names.map((name) => hexOf(name, isUtf8)),
            status: values.status === null ? null : String(values.status),
            request_bytes: values.request_bytes === null ? null : String(values.request_bytes),
            dst_port: values.dst_port,
          })),
        );
      }),
      { numRuns: 25 },
    );
  });

  it('has the empty value of every column that is left out', async () => {
    await write([
      { isUtf8: true, event: { table: 'network', time: '2024-01-01T00:00:00.000000Z', fields: {} } },
    ]);
    expect(
      await store.engine.query(
        `SELECT event_id, evidence_id, record, sensor, uid, toString(src_ip) AS src_ip, src_port, duration_s, bytes_out, is_repeat
         FROM network`,
      ),
    ).toEqual([
      {
        event_id: 'e-1:1',
        evidence_id: 'e-1',
        record: 1,
        sensor: 'tap',
        uid: '',
        src_ip: '::',
        src_port: 0,
        duration_s: null,
        bytes_out: null,
        is_repeat: 0,
      },
    ]);
  });

  it('is of the sensor its record names', async () => {
    await write([
      {
        isUtf8: true,
        event: { table: 'network', time: '2024-01-01T00:00:00.000000Z', sensor: "o'x\t1", fields: {} },
      },
    ]);
    expect(await store.engine.query('SELECT sensor FROM network')).toEqual([{ sensor: "o'x\t1" }]);
  });

  it('keeps every address', async () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('[2001:db8::1]', 'fe80::1%eth0', '::ffff:10.0.0.1', '', 'nonsense'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(address, { minLength: 1, maxLength: 30 }), async (addresses) => {
        await store.engine.execute('TRUNCATE TABLE network');
        await write(
          addresses.map((src_ip) => ({
            isUtf8: true,
            event: { table: 'network', time: '2024-01-01T00:00:00.000000Z', fields: { src_ip } },
          })),
        );
        const rows = await store.engine.query(
          'SELECT hex(reinterpretAsFixedString(src_ip)) AS ip FROM network ORDER BY record',
        );
        expect(rows.map((row) => row['ip'])).toEqual(
          addresses.map((given) =>
            (addressNumber(given.replace(/^\[|\]$/g, '')) ?? 0n).toString(16).padStart(32, '0').toUpperCase(),
          ),
        );
      }),
      { numRuns: 10 },
    );
  });
});

describe('blocks', () => {
  const block = () => Buffer.from('e-1\t1\n');
  const columns = ['evidence_id', 'record'];

  it('are removed when they are stored', async () => {
    const lanes = new LoadLanes(store.engine, store.scratch);
    for (let at = 0; at < 5; at += 1)
      await lanes.start(block(), (path) => store.engine.loadRows({ path, table: 'network', columns }));
    await lanes.settle();
    expect(await store.engine.query('SELECT count() AS n FROM network')).toEqual([{ n: 5 }]);
    expect(readdirSync(store.scratch)).toEqual([]);
  });

  it('run side by side, never more than the engine has lanes', async () => {
    const lanes = new LoadLanes(store.engine, store.scratch);
    let running = 0;
    let most = 0;
    for (let at = 0; at < 10; at += 1) {
      await lanes.start(block(), async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
      });
    }
    await lanes.settle();
    expect(most).toBe(store.engine.loadLanes);
  });

  it('that fail are not passed over', async () => {
    const lanes = new LoadLanes(store.engine, store.scratch);
    await lanes.start(block(), () => Promise.reject(new Error('first')));
    const later = async () => {
      for (let at = 0; at < 5; at += 1) await lanes.start(block(), () => Promise.resolve());
    };
    await expect(later()).rejects.toThrow('first');
    await expect(lanes.settle()).rejects.toThrow('first');
    expect(readdirSync(store.scratch)).toEqual([]);
  });
});
