// Update server abuse: one machine of ours hands many others the same payload, and those begin to call new outside
// addresses that machines without the payload do not call.
import { byText } from '../../ground/ids.ts';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import { instantOfMicros, microsOf } from '../../vocabulary/instant.ts';
import {
  type Aftermath,
  type AftermathRow,
  type AftermathSettings,
  aftermathRow,
  aftermathsOf,
} from '../aftermath.ts';
import { defineDetector } from '../detector.ts';
import { logRamp, rounded } from '../statistics.ts';

const caveat =
  'A new program may by right call an address nobody called before: ask who released it. Machines that got the payload and call nobody may sleep; what left no flow between our machines is not seen.';

export const detector = defineDetector<AftermathRow>({
  id: 'update-server-abuse',
  title: 'Software handed to many machines that then behave anew',
  technique: 'T1072',
  tables: ['network'],
  parameters: {
    min_payload_bytes: {
      type: 'UInt64',
      value: 20_000,
      unit: 'bytes',
      meaning: 'Smallest payload that may be a program.',
    },
    min_hosts: {
      type: 'UInt32',
      value: 5,
      unit: 'hosts',
      meaning: 'Least machines that got a payload of one size.',
    },
    min_peak: {
      type: 'Float64',
      value: 3,
      unit: 'times',
      meaning: 'How many times more machines got that size than got a twentieth more or less.',
    },
    max_repeats: {
      type: 'Float64',
      value: 3,
      unit: 'flows per host',
      meaning: 'What each machine gets more often than this is routine.',
    },
    early_share: {
      type: 'Float64',
      value: 0.05,
      unit: 'share',
      meaning: 'An outside address called in this first part of the period is not new.',
    },
    min_callers: {
      type: 'UInt32',
      value: 3,
      unit: 'hosts',
      meaning: 'Least machines that share the new behaviour.',
    },
    min_calls: {
      type: 'UInt32',
      value: 4,
      unit: 'flows',
      meaning: 'Least calls of a machine that returns to a new address ...',
    },
    min_call_span_s: {
      type: 'UInt32',
      value: 3600,
      unit: 'seconds',
      meaning: '... and least time between its first and its last.',
    },
    min_touched_share: {
      type: 'Float64',
      value: 0.8,
      unit: 'share',
      meaning: 'Least part of the callers of a new address that had been reached before.',
    },
    window_s: {
      type: 'UInt32',
      value: 86_400,
      unit: 'seconds',
      meaning: 'How long after the payload a first call counts as its consequence.',
    },
    wave_gap_s: {
      type: 'UInt32',
      value: 3600,
      unit: 'seconds',
      meaning: 'Deliveries further apart than this are different waves.',
    },
    max_p: {
      type: 'Float64',
      value: 0.01,
      unit: 'probability',
      meaning: 'Greatest probability, corrected for all that was tried, that chance gives as much.',
    },
    max_reaches: { type: 'UInt32', value: 500, unit: 'payloads', meaning: 'Most payloads looked at.' },
    max_destinations: {
      type: 'UInt32',
      value: 1000,
      unit: 'addresses',
      meaning: 'Most new outside addresses looked at, those with most callers.',
    },
  },
  row: aftermathRow,
  scoreMeaning: 'From 0.6 at three machines that behave anew to 1 at a hundred; less what chance leaves.',
  caveat,
  judge: (rows, { parameters }) => aftermathsOf(rows, settingsOf(parameters)).map(findingOf),
});

function settingsOf(parameters: Readonly<Record<string, unknown>>): AftermathSettings {
  const value = (name: string) => Number(parameters[name]);
  return {
    windowS: value('window_s'),
    waveGapS: value('wave_gap_s'),
    minHosts: value('min_callers'),
    minTouchedShare: value('min_touched_share'),
    maxP: value('max_p'),
  };
}

const mostPeers = 1000;

function findingOf(found: Aftermath): FindingDraft {
  const { reach, callers, destinations } = found;
  const at = (seconds: number) => instantOfMicros(microsOf(reach.began) + BigInt(Math.round(seconds * 1e6)));
  const hosts = found.hosts.slice(0, mostPeers);
  const times = found.touches.map(({ from }) => from);
  const sizes = found.touches.map(({ amount }) => amount);
  const span = { first: Math.min(...times), last: Math.max(...times) };
  const size = { least: Math.min(...sizes), most: Math.max(...sizes) };
  const deliveries = reach.items.filter(
    ({ host, from, amount }) =>
      hosts.includes(host) &&
      from >= span.first &&
      from <= span.last &&
      amount >= size.least &&
      amount <= size.most,
  );
  const shownCallers = callers.slice(0, mostPeers);
  const calls = destinations.flatMap(({ items }) => items).filter(({ host }) => shownCallers.includes(host));
  const isPush = reach.way === 'push';
  const addresses = destinations.map(({ address }) => address).sort(byText);
  return {
    detector: 'update-server-abuse',
    technique: 'T1072',
    weight: 'incident',
    direction: 'internal',
    host: reach.address,
    peer: null,
    peers: hosts,
    score: rounded((0.6 + 0.4 * logRamp(callers.length, 3, 100)) * (1 - found.p)),
    first_seen: at(span.first),
    last_seen: at(found.lastCall),
    event_count: deliveries.length + calls.reduce((sum, { amount }) => sum + amount, 0),
    detail: {
      way: reach.way,
      port: reach.port,
      payload_least_bytes: size.least,
      payload_most_bytes: size.most,
      deliveries: deliveries.length,
      days: [...new Set(times.map((time) => at(time).slice(0, 10)))].sort(byText),
      waves: found.waves,
      hosts_reached: found.hosts.length,
      hosts_behaving_anew: callers.length,
      new_destinations: addresses,
      callers_of_new_destinations: found.exposure.callers,
      reached_callers: found.exposure.touchedCallers.length,
      reached_callers_by_chance: Math.round(found.exposure.expected * 100) / 100,
      p: Number(found.p.toPrecision(3)),
    },
    selectors: [
      {
        table: 'network',
        where: [
          { column: isPush ? 'src_ip' : 'dst_ip', op: 'in', values: [reach.address] },
          { column: isPush ? 'dst_ip' : 'src_ip', op: 'in', values: hosts },
          { column: 'dst_port', op: 'in', values: [reach.port] },
          { column: isPush ? 'bytes_out' : 'bytes_in', op: 'range', from: size.least, to: size.most },
          { column: 'time', op: 'range', from: at(span.first), to: at(span.last) },
        ],
      },
      {
        table: 'network',
        where: [
          { column: 'src_ip', op: 'in', values: shownCallers },
          { column: 'dst_ip', op: 'in', values: addresses },
        ],
      },
    ],
    caveat,
  };
}
