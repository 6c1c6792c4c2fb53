// What counts as done by hand, and so tells of the hours people keep.
import { expect, it } from 'vitest';
import type { EventSelector } from '../vocabulary/finding.ts';
import { findingOf, type Sketch } from './findings.support.ts';
import { byHand } from './hands-on.ts';

const host = '10.0.0.5';
const flows = (src: string, dst: string): EventSelector => ({
  table: 'network',
  where: [
    { column: 'src_ip', op: 'in', values: [src] },
    { column: 'dst_ip', op: 'in', values: [dst] },
  ],
});
const requests: EventSelector = {
  table: 'http',
  where: [{ column: 'record', op: 'in', values: [7, 9] }],
};
const [taken, controller, outsider] = ['10.0.0.9', '198.51.100.66', '203.0.113.5'];

it.each<
  [string, Pick<Sketch, 'technique' | 'direction'>, readonly EventSelector[], readonly EventSelector[]]
>([
  ['attacks on a web server', { technique: 'T1190', direction: 'inbound' }, [requests], [requests]],
  ['calls of a web shell', { technique: 'T1505.003', direction: 'inbound' }, [requests], [requests]],
  [
    'sessions that steer a relay, not what the relay then does',
    { technique: 'T1090', direction: 'inbound' },
    [flows(outsider, host), flows(host, '192.0.2.1')],
    [flows(outsider, host)],
  ],
  [
    'sessions from a machine to another it takes, not the calls of what was left there',
    { technique: 'T1021.006', direction: 'internal' },
    [flows(host, taken), flows(taken, controller)],
    [flows(host, taken)],
  ],
  [
    'nothing of machines that fetch their software from an update server',
    { technique: 'T1072', direction: 'internal' },
    [flows(taken, host), flows(taken, controller)],
    [],
  ],
  ['no beacon', { technique: 'T1071.001', direction: 'outbound' }, [flows(host, controller)], []],
  ['no guessing of passwords', { technique: 'T1110.001', direction: 'inbound' }, [flows(outsider, host)], []],
])('%s', (_, kind, selectors, expected) => {
  expect(byHand({ ...findingOf({ host, ...kind }), selectors })).toEqual(expected);
});
