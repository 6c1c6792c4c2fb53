// Indicators against events of every table: which machines of ours are found with what, and what stays silent.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { establishIndicators } from '../../feeds/indicators.ts';
import { rebuildConversations } from '../conversations.ts';
import type { GivenFinding } from '../given.ts';
import { selectionSql } from '../selection.ts';
import { openRuleBench, type Rows, type RuleBench } from '../sigma/rules.support.ts';
import { matchIndicators } from './match.ts';

let bench: RuleBench;
let folder: string;
beforeAll(async () => {
  bench = await openRuleBench();
  folder = mkdtempSync(join(tmpdir(), 'tocsin-match-'));
});
afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true, force: true });
});

async function findings(indicators: readonly string[], tables: Rows): Promise<readonly GivenFinding[]> {
  await bench.load(tables);
  await rebuildConversations(bench.engine);
  const path = join(folder, 'list.csv');
  writeFileSync(path, indicators.join('\n'));
  await establishIndicators(bench.engine, path, folder);
  return matchIndicators(bench.engine);
}

/** `host direction indicator xN` of each finding, in order. */
const shortly = (found: readonly GivenFinding[]): readonly string[] =>
  found
    .map(
      ({ draft }) =>
        `${draft.host} ${draft.direction} ${String(draft.detail['indicator'])} x${draft.event_count}`,
    )
    .sort();

const flow = (src_ip: string, dst_ip: string) => ({
  src_ip,
  dst_ip,
  dst_port: 443,
  protocol: 'tcp',
  bytes_out: 10,
  bytes_in: 20,
});
const md5 = '0123456789abcdef0123456789abcdef';

describe('indicators', () => {
  it.each<readonly [string, readonly string[], Rows, readonly string[]]>([
    [
      'address that was called',
      ['192.0.2.1'],
      {
        network: [
          flow('10.0.0.1', '192.0.2.1'),
          flow('10.0.0.1', '192.0.2.1'),
          flow('10.0.0.1', '192.0.2.2'),
        ],
      },
      ['10.0.0.1 outbound 192.0.2.1 x2'],
    ],
    [
      'address that called',
      ['192.0.2.1'],
      { network: [flow('192.0.2.1', '10.0.0.1')] },
      ['10.0.0.1 inbound 192.0.2.1 x1'],
    ],
    [
      'IPv6 address',
      ['2001:db8::1'],
      { network: [flow('10.0.0.1', '2001:db8::1')] },
      ['10.0.0.1 outbound 2001:db8::1 x1'],
    ],
    [
      'address in a network, and in a narrower one',
      ['192.0.2.0/24', '192.0.2.128/25', '198.51.100.0/24'],
      { network: [flow('10.0.0.1', '192.0.2.200')] },
      ['10.0.0.1 outbound 192.0.2.0/24 x1', '10.0.0.1 outbound 192.0.2.128/25 x1'],
    ],
    [
      'flow that another sensor saw too',
      ['192.0.2.1'],
      { network: [flow('10.0.0.1', '192.0.2.1'), { ...flow('10.0.0.1', '192.0.2.1'), is_repeat: 1 }] },
      ['10.0.0.1 outbound 192.0.2.1 x1'],
    ],
    [
      'address in the answer to a question',
      ['192.0.2.1'],
      {
        dns: [
          {
            src_ip: '10.0.0.1',
            dst_ip: '10.0.0.53',
            query: 'a.example',
            answers: ['b.example', '192.0.2.1'],
          },
        ],
      },
      ['10.0.0.1 internal 192.0.2.1 x1'],
    ],
    [
      'address behind a proxy',
      ['192.0.2.1'],
      { http: [{ src_ip: '10.0.0.1', dst_ip: '10.0.0.9', host: '192.0.2.1:8080', uri: '/' }] },
      ['10.0.0.1 internal 192.0.2.1 x1'],
    ],
    [
      'address in a log of a machine',
      ['192.0.2.1'],
      { authentication: [{ src_ip: '192.0.2.1', dst_ip: '::', host: 'SRV1', username: 'a' }] },
      ['SRV1 inbound 192.0.2.1 x1'],
    ],
    [
      'name that was asked, whatever its case',
      ['evil.example'],
      { dns: [{ src_ip: '10.0.0.1', dst_ip: '10.0.0.53', query: 'EVIL.example.' }] },
      ['10.0.0.1 internal evil.example x1'],
    ],
    [
      'name below a listed one',
      ['evil.example'],
      { dns: [{ src_ip: '10.0.0.1', dst_ip: '192.0.2.53', query: 'a.b.evil.example' }] },
      ['10.0.0.1 outbound evil.example x1'],
    ],
    [
      'name that only ends alike',
      ['evil.example'],
      {
        dns: [
          { src_ip: '10.0.0.1', dst_ip: '192.0.2.53', query: 'notevil.example' },
          { src_ip: '10.0.0.1', dst_ip: '192.0.2.53', query: 'example' },
        ],
      },
      [],
    ],
    [
      'name above a listed one',
      ['www.evil.example'],
      { dns: [{ src_ip: '10.0.0.1', dst_ip: '192.0.2.53', query: 'evil.example' }] },
      [],
    ],
    [
      'host of a request',
      ['evil.example'],
      { http: [{ src_ip: '10.0.0.1', dst_ip: '192.0.2.9', host: 'evil.example:8080', uri: '/' }] },
      ['10.0.0.1 outbound evil.example x1'],
    ],
    [
      'server of a handshake',
      ['evil.example'],
      { tls: [{ src_ip: '10.0.0.1', dst_ip: '192.0.2.9', server_name: 'cdn.evil.example' }] },
      ['10.0.0.1 outbound evil.example x1'],
    ],
    [
      'domain of a sender',
      ['evil.example'],
      {
        email: [
          {
            src_ip: '192.0.2.25',
            dst_ip: '10.0.0.25',
            mail_from: 'a@Evil.Example',
            rcpt_to: ['b@ours.example'],
          },
        ],
      },
      ['10.0.0.25 inbound evil.example x1'],
    ],
    [
      'mail address',
      ['email,A@evil.example'].map((line) => line),
      { email: [{ src_ip: '192.0.2.25', dst_ip: '10.0.0.25', mail_from: 'a@EVIL.example', rcpt_to: [] }] },
      ['10.0.0.25 inbound a@evil.example x1'],
    ],
    [
      'URL',
      ['http://evil.example/x?y=1'],
      {
        http: [
          { src_ip: '10.0.0.1', dst_ip: '192.0.2.9', host: 'Evil.Example:80', uri: '/x?y=1' },
          { src_ip: '10.0.0.1', dst_ip: '192.0.2.9', host: 'evil.example', uri: '/x' },
        ],
      },
      ['10.0.0.1 outbound evil.example/x?y=1 x1'],
    ],
    [
      'URL as a proxy logs it',
      ['http://evil.example/x?y=1'],
      {
        http: [
          { src_ip: '10.0.0.1', dst_ip: '192.0.2.9', host: 'proxy', uri: 'http://evil.example:80/x?y=1#z' },
        ],
      },
      ['10.0.0.1 outbound evil.example/x?y=1 x1'],
    ],
    [
      'URL of another port',
      ['http://evil.example:8080/x'],
      {
        http: [
          { src_ip: '10.0.0.1', dst_ip: '192.0.2.9', host: 'evil.example', uri: '/x' },
          { src_ip: '10.0.0.1', dst_ip: '192.0.2.9', host: 'evil.example:8080', uri: '/x' },
        ],
      },
      ['10.0.0.1 outbound evil.example:8080/x x1'],
    ],
    [
      'file in transfer',
      [md5],
      { file: [{ src_ip: '192.0.2.9', dst_ip: '10.0.0.1', hashes: [`MD5=${md5.toUpperCase()}`] }] },
      [`10.0.0.1 inbound ${md5} x1`],
    ],
    [
      'program that ran',
      [md5],
      { process: [{ host: 'WS1', executable: 'a', hashes: ['SHA1=00', `MD5=${md5}`] }] },
      [`WS1 local ${md5} x1`],
    ],
    [
      'fingerprint of a client',
      [`ja3,${md5}`],
      { tls: [{ src_ip: '10.0.0.1', dst_ip: '192.0.2.9', ja3: md5 }] },
      [`10.0.0.1 outbound ${md5} x1`],
    ],
    ['between strangers', ['192.0.2.1'], { network: [flow('198.51.100.1', '192.0.2.1')] }, []],
    ['nothing listed', [], { network: [flow('10.0.0.1', '192.0.2.1')] }, []],
    ['nothing in the evidence', ['192.0.2.1'], {}, []],
  ])('%s', async (_, indicators, tables, expected) => {
    expect(shortly(await findings(indicators, tables))).toEqual(expected);
  });

  it('become one finding per machine and indicator, with what the list says and the events behind', async () => {
    const [found, ...others] = await findings(
      ['type,value,note', 'ip,192.0.2.1,Group 7', 'ip,192.0.2.1,again'],
      {
        network: [flow('10.0.0.1', '192.0.2.1')],
        http: [
          {
            src_ip: '10.0.0.1',
            dst_ip: '192.0.2.1',
            host: 'x.example',
            uri: '/',
            request_bytes: 1,
            response_bytes: 2,
          },
        ],
      },
    );
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      draft: {
        detector: 'indicator-match',
        host: '10.0.0.1',
        peer: '192.0.2.1',
        weight: 'supporting',
        event_count: 2,
        detail: {
          indicator_type: 'ip',
          listed_in: 'list.csv',
          listed_record: 2,
          listings: 2,
          note: 'Group 7',
          tables: ['http', 'network'],
          bytes_out: 11,
          bytes_in: 22,
        },
      },
      events: ['e-http:1', 'e-network:1'],
    });
    let selected = 0;
    for (const selector of found?.draft.selectors ?? []) {
      const { where, parameters } = selectionSql(selector);
      const [row] = await bench.engine.query(
        `SELECT count() AS n FROM ${selector.table} WHERE ${where}`,
        parameters,
      );
      selected += Number(row?.['n']);
    }
    expect(selected).toBe(2);
  });

  it.each<readonly [string, readonly string[], Rows, string, string]>([
    [
      'a program by its hash opens an incident',
      [md5],
      { process: [{ host: 'WS1', hashes: [`MD5=${md5}`] }] },
      'incident',
      'T1204',
    ],
    [
      'a whole URL opens one',
      ['http://evil.example/x'],
      { http: [{ src_ip: '10.0.0.1', dst_ip: '192.0.2.9', host: 'evil.example', uri: '/x' }] },
      'incident',
      'T1071',
    ],
    [
      'a name that was asked joins one',
      ['evil.example'],
      { dns: [{ src_ip: '10.0.0.1', dst_ip: '192.0.2.53', query: 'evil.example' }] },
      'supporting',
      'T1071.004',
    ],
    [
      'who knocks from outside is background',
      ['192.0.2.1'],
      { network: [flow('192.0.2.1', '10.0.0.1')] },
      'background',
      'T1595',
    ],
  ])('%s', async (_, indicators, tables, weight, technique) => {
    const found = await findings(indicators, tables);
    expect(found.map(({ draft }) => [draft.weight, draft.technique])).toEqual([[weight, technique]]);
  });
});
