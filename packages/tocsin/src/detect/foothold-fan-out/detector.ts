// Foothold that fans out: one machine of ours begins to administer many it never reached before, and those begin to call
// new outside addresses that the others do not call.
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
  'A new management server or a day of patches also reaches many machines for the first time; what they then call tells them apart only as far as it is new. Machines reached that call nobody may be taken too.';

/** ATT&CK technique of a service. */
const techniques: ReadonlyMap<number, string> = new Map([
  [5985, 'T1021.006'],
  [5986, 'T1021.006'],
  [3389, 'T1021.001'],
  [5900, 'T1021.005'],
  [445, 'T1021.002'],
  [139, 'T1021.002'],
  [135, 'T1021.003'],
  [22, 'T1021.004'],
]);

export const detector = defineDetector<AftermathRow>({
  id: 'foothold-fan-out',
  title: 'Machine that takes others in hand, which then behave anew',
  technique: 'T1021',
  tables: ['network'],
  parameters: {
    admin_ports: {
      type: 'Array(UInt16)',
      value: [22, 23, 135, 139, 445, 3389, 5900, 5985, 5986],
      unit: 'ports',
      meaning: 'Services by which a machine is administered.',
    },
    min_session_bytes: {
      type: 'UInt64',
      value: 1500,
      unit: 'bytes',
      meaning: 'Bytes of a flow below which a service was only touched, as a scanner does, not used.',
    },
    min_hosts: {
      type: 'UInt32',
      value: 5,
      unit: 'hosts',
      meaning: 'Least machines one machine newly administers.',
    },
    early_share: {
      type: 'Float64',
      value: 0.05,
      unit: 'share',
      meaning: 'What was reached or called in this first part of the period is not new.',
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
      meaning: 'How long after the first session a first call counts as its consequence.',
    },
    wave_gap_s: {
      type: 'UInt32',
      value: 3600,
      unit: 'seconds',
      meaning: 'First sessions further apart than this are different waves.',
    },
    max_p: {
      type: 'Float64',
      value: 0.01,
      unit: 'probability',
      meaning: 'Greatest probability, corrected for all that was tried, that chance gives as much.',
    },
    max_reaches: { type: 'UInt32', value: 500, unit: 'hosts', meaning: 'Most machines looked at.' },
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
  judge: (rows, { parameters }) => {
    const ports = parameters['admin_ports'];
    return aftermathsOf(rows, settingsOf(parameters)).map((found) =>
      findingOf(found, Array.isArray(ports) ? ports.map(Number) : []),
    );
  },
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

function findingOf(found: Aftermath, ports: readonly number[]): FindingDraft {
  const { reach, callers, destinations } = found;
  const at = (seconds: number) => instantOfMicros(microsOf(reach.began) + BigInt(Math.round(seconds * 1e6)));
  const hosts = found.hosts.slice(0, mostPeers);
  const sessions = found.touches.filter(({ host }) => hosts.includes(host));
  const times = found.touches.map(({ from }) => from);
  const shownCallers = callers.slice(0, mostPeers);
  const calls = destinations.flatMap(({ items }) => items).filter(({ host }) => shownCallers.includes(host));
  const addresses = destinations.map(({ address }) => address).sort(byText);
  const total = (items: readonly { readonly amount: number }[]) =>
    items.reduce((sum, { amount }) => sum + amount, 0);
  return {
    detector: 'foothold-fan-out',
    technique: techniques.get(reach.port) ?? 'T1021',
    weight: 'incident',
    direction: 'internal',
    host: reach.address,
    peer: null,
    peers: hosts,
    score: rounded((0.6 + 0.4 * logRamp(callers.length, 3, 100)) * (1 - found.p)),
    first_seen: at(Math.min(...times)),
    last_seen: at(found.lastCall),
    event_count: total(sessions) + total(calls),
    detail: {
      port: reach.port,
      days: [...new Set(times.map((time) => at(time).slice(0, 10)))].sort(byText),
      waves: found.waves,
      hosts_newly_reached_in_all: reach.items.length,
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
          { column: 'src_ip', op: 'in', values: [reach.address] },
          { column: 'dst_ip', op: 'in', values: hosts },
          { column: 'dst_port', op: 'in', values: ports },
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
