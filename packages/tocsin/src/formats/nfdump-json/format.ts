// JSON of nfdump: `-o json` (one pretty-printed array) and `-o ndjson`, old (`t_first`) and new (`first`) names.
// One flow per JSON object; gives `network` events. Flows of other kinds (NSEL and NAT events) are kept as base events.
import type { Instant } from '../../vocabulary/instant.ts';
import type { Outcome, ParseSettings, RecordFormat, RecordParser, Sample } from '../format.ts';
import { openFlows } from '../nfdump/flow.ts';

/** A name every nfdump flow has and no other format uses together with a NetFlow count. */
const mark = /"(?:src4_addr|src6_addr)"\s*:/;
const count = /"(?:in_packets|in_bytes|t_first|first|export_sysid)"\s*:/;

function recognise(sample: Sample): number {
  const start = sample.text.slice(0, 8192).trimStart();
  if (!start.startsWith('{') && !start.startsWith('[')) return 0;
  return mark.test(start) && count.test(start) ? 0.95 : 0;
}

/** Some versions write the TLS version without quotes, which is no JSON. */
const bareTls = /("(?:in|out)_tls"\s?:\s?)((?:SSL|TLS1\.)\w|0x[0-9a-f ]{1,4})(?=,|\s)/g;

/** The object in a record's text, or null. */
function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  for (const candidate of [text, text.replace(bareTls, '$1"$2"')]) {
    try {
      const value: unknown = JSON.parse(candidate);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
      return Object.fromEntries(Object.entries(value));
    } catch {
      // Not JSON as it stands: the second candidate, then the caller's reject.
    }
  }
  return null;
}

function open(_sample: Sample, settings: ParseSettings): RecordParser {
  const flows = openFlows(settings);

  const record = (text: string): Outcome => {
    if (text.trim() === '') return { header: true };
    const flow = objectOf(text);
    if (flow === null) return { reject: { code: 'not-json', reason: 'no JSON object' } };
    const value = (...names: readonly string[]): string => {
      for (const name of names) {
        const held = flow[name];
        if (typeof held === 'string') return held.trim();
        if (typeof held === 'number') return String(held);
      }
      return '';
    };
    const first = value('first', 't_first');
    if (first === '' && value('t_event') !== '')
      return natEvent(text, value, flows.instant(value('t_event')));
    return flows.read({
      first,
      last: value('last', 't_last'),
      duration: value('duration'),
      protocol: value('proto', 'protocol'),
      src: value('src4_addr', 'src6_addr', 'src_addr'),
      dst: value('dst4_addr', 'dst6_addr', 'dst_addr'),
      srcPort: value('src_port'),
      dstPort: value('dst_port'),
      icmpType: value('icmp_type'),
      icmpCode: value('icmp_code'),
      flags: value('tcp_flags'),
      packets: value('in_packets', 'packets'),
      bytes: value('in_bytes', 'bytes'),
      reversePackets: value('out_packets'),
      reverseBytes: value('out_bytes'),
      router: value('ip4_router', 'ip6_router', 'ip_router'),
      isSampled: flow.sampled === 1 || flow.sampled === true,
    });
  };
  return { record, assumptions: flows.assumptions };
}

/** A NAT or firewall event carries no counts: it is kept whole. */
function natEvent(
  text: string,
  value: (...names: readonly string[]) => string,
  time: Instant | null,
): Outcome {
  if (time === null) return { reject: { code: 'bad-time', reason: 't_event' } };
  const code = value('event_id', 'nat_event_id', 'nat_event');
  return {
    event: {
      table: 'base_event',
      time,
      fields: { stream: 'nfdump-event', code, message: value('event'), raw: text },
    },
  };
}

export const format: RecordFormat = {
  id: 'nfdump-json',
  title: 'NetFlow/IPFIX as JSON of nfdump',
  definedBy: 'https://github.com/phaag/nfdump',
  kind: 'records',
  framing: 'json-values',
  recognise,
  open,
};
