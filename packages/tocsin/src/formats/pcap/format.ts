// Packet captures (pcap of either byte order, micro- or nanoseconds, and pcapng), read by Zeek or tshark where one is
// installed. Gives flows, HTTP requests, DNS questions and TLS handshakes: each is one record; frames are only counted.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Assumption, Outcome, Sample } from '../format.ts';
import type { Conversion, ToolFormat, ToolRequest } from '../tool.ts';
import { openFlows } from './flows.ts';
import { frameFields, readFrame, separator } from './frame.ts';

const magics = new Set(['d4c3b2a1', 'a1b2c3d4', '4d3cb2a1', 'a1b23c4d', '34cdb2a1', 'a1b2cd34']);
const sectionHeader = '0a0d0d0a';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function recognise(sample: Sample): number {
  const magic = hex(sample.bytes.subarray(0, 4));
  if (magic === sectionHeader) {
    const order = hex(sample.bytes.subarray(8, 12));
    return order === '1a2b3c4d' || order === '4d3c2b1a' ? 1 : 0;
  }
  if (!magics.has(magic) || sample.bytes.length < 24) return 0;
  // Version 2.x in either byte order.
  const version = hex(sample.bytes.subarray(4, 6));
  return version === '0200' || version === '0002' ? 1 : 0;
}

/** A reject for what the tool could not read; none when it read all. */
function damage(result: { readonly status: number | null; readonly stderr: string }): readonly Outcome[] {
  if (result.status === 0 && !/cut short|damaged|truncated/i.test(result.stderr)) return [];
  return [{ reject: { code: 'cut-off', reason: 'the capture breaks off or is damaged from here on' } }];
}

const safePath = (path: string): string =>
  isAbsolute(path) ? path : join('.', path).replace(/^(?!\.{0,2}\/)/, './');

async function byZeek(zeek: string, request: ToolRequest): Promise<Conversion> {
  const args = ['-C', '-r', safePath(request.path), 'LogAscii::use_json=F'];
  const result = await request.run(zeek, args, { cwd: request.scratch });
  const names = (await readdir(request.scratch)).filter((name) => name.endsWith('.log'));
  const logs = names.sort().map((name) => join(request.scratch, name));
  return { kind: 'logs', tool: 'zeek', logs, outcomes: damage(result), assumptions: () => [] };
}

/** tshark forgets its own state after this many frames, or its memory would grow by the size of the capture. */
const framesHeld = 200_000;

/** Arguments of the one pass over the capture: no names looked up, no preferences of the user's, first to last field. */
function tsharkArguments(path: string): readonly string[] {
  const columns = frameFields.flatMap((field) => ['-e', field]);
  const layout = ['separator=/t', 'occurrence=a', `aggregator=${separator}`, 'quote=n', 'header=n'];
  return [
    '-n',
    '-M',
    String(framesHeld),
    '-r',
    safePath(path),
    '-T',
    'fields',
    ...layout.flatMap((option) => ['-E', option]),
    ...columns,
  ];
}

async function byTshark(tshark: string, request: ToolRequest): Promise<Conversion> {
  const stdoutPath = join(request.scratch, 'frames.tsv');
  const result = await request.run(tshark, tsharkArguments(request.path), { stdoutPath });
  const seen = { frames: 0, withoutIp: 0, turned: 0 };
  async function* outcomes(): AsyncGenerator<Outcome> {
    const flows = openFlows();
    const lines = createInterface({
      input: createReadStream(stdoutPath, 'utf8'),
      crlfDelay: Number.POSITIVE_INFINITY,
    });
    for await (const line of lines) {
      if (line === '') continue;
      const read = readFrame(line);
      if (read === null) {
        yield {
          reject: {
            code: 'not-delimited',
            reason: 'a frame tshark reported with other fields than asked for',
          },
        };
        continue;
      }
      seen.frames += 1;
      if ('isWithoutIp' in read) seen.withoutIp += 1;
      else for (const event of flows.add(read.frame)) yield { event };
    }
    for (const event of flows.end()) yield { event };
    seen.turned = flows.turned();
    yield* damage(result);
  }
  return { kind: 'outcomes', tool: 'tshark', outcomes: outcomes(), assumptions: () => assumptionsOf(seen) };
}

function assumptionsOf(seen: {
  readonly frames: number;
  readonly withoutIp: number;
  readonly turned: number;
}): readonly Assumption[] {
  const frames: Assumption = {
    about: 'frames',
    value: `${seen.frames} frames, ${seen.withoutIp} without an IP address`,
    text: 'A record of a capture is a flow, a request, a DNS question or a handshake that was put together from its frames; frames without an IP address belong to none.',
  };
  const direction: Assumption = {
    about: 'direction',
    value: `${seen.turned} flows`,
    text: 'Where the capture does not hold the beginning of a flow, the low port is taken as the server.',
  };
  return seen.turned > 0 ? [frames, direction] : [frames];
}

async function convert(request: ToolRequest): Promise<Conversion> {
  const zeek = request.find('zeek');
  if (zeek !== null) return byZeek(zeek, request);
  const tshark = request.find('tshark');
  if (tshark !== null) return byTshark(tshark, request);
  return {
    kind: 'no-tool',
    note: 'Reading a packet capture needs zeek or tshark, and neither is installed: install the Debian package tshark.',
  };
}

export const format: ToolFormat = {
  id: 'pcap',
  title: 'Packet capture (pcap, pcapng)',
  definedBy: 'https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html',
  recognise,
  kind: 'tool',
  tools: ['zeek', 'tshark'],
  convert,
};
