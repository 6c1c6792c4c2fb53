// Who played which part in a story: our machines, the outside addresses, the way in, and the stages.
import { describe, expect, it } from 'vitest';
import type { Finding } from '../vocabulary/finding.ts';
import { tactics } from './attack.ts';
import { attack, beacon, breakIn, findingOf, hour, innerScan, move, upload } from './findings.support.ts';
import { entryOf, hostRoles, outsideRoles, stagesOf } from './roles.ts';

const web = '10.0.0.1';
const desk = '10.0.0.2';
const files = '10.0.0.3';
const intruder = '192.0.2.1';
const controller = '192.0.2.2';
const drop = '192.0.2.3';
const victim = '198.51.100.1';

const relay = (host: string, more: { readonly at?: number; readonly targets?: readonly string[] } = {}) =>
  findingOf({
    host,
    peer: controller,
    technique: 'T1090',
    direction: 'inbound',
    at: more.at ?? 0,
    detail: { targets: more.targets ?? [victim], p: 0.001, signals: ['coupling'] },
  });
const push = (host: string, peers: readonly string[], at: number) =>
  findingOf({ host, peer: null, peers, technique: 'T1072', direction: 'internal', at });

describe('the way in', () => {
  it.each<[string, readonly Finding[], unknown]>([
    ['is nowhere when nothing is known', [], null],
    [
      'is the first break-in, even when control is seen earlier',
      [beacon(desk, controller), breakIn(web, intruder, { at: 2 }), breakIn(web, '192.0.2.9', { at: 5 })],
      { host: web, from: intruder, time: hour(2), technique: 'T1190' },
    ],
    [
      'is the first machine steered when no break-in is seen',
      [innerScan(files), beacon(desk, controller, { at: 3 }), beacon(web, controller, { at: 1 })],
      { host: web, from: controller, time: hour(1), technique: 'T1071.001' },
    ],
    [
      'is the first finding when neither is, without an outside address when it ran inside',
      [move(desk, files, { at: 1 }), innerScan(desk, { at: 2 })],
      { host: desk, from: null, time: hour(1), technique: 'T1021' },
    ],
    [
      'is the machine steered more than a day before any break-in was seen',
      [beacon(desk, controller), breakIn(web, intruder, { at: 30 })],
      { host: desk, from: controller, time: hour(0), technique: 'T1071.001' },
    ],
    [
      'is the machine from which the first one steered was reached',
      [push(web, [desk, files], 1), beacon(desk, controller, { at: 2 })],
      { host: web, from: null, time: hour(1), technique: 'T1072' },
    ],
    [
      'is no session by which a relay is steered',
      [relay(web), findingOf({ host: web, peer: controller, technique: 'T1021.004', direction: 'inbound' })],
      null,
    ],
    [
      'is not known of a relay that only others were attacked from',
      [relay(web), attack(web, victim, { at: 1 })],
      null,
    ],
  ])('%s', (_, findings, expected) => {
    expect(entryOf(findings)).toEqual(expected);
    expect(entryOf([...findings].reverse())).toEqual(expected);
  });
});

describe('our machines', () => {
  const rolesOf = (findings: readonly Finding[]) =>
    hostRoles(findings, entryOf(findings)).map(({ ip, role }) => `${ip} ${role}`);

  it.each<[string, readonly Finding[], readonly string[]]>([
    ['broken into is the entry', [breakIn(web, intruder)], [`${web} entry`]],
    ['steered first is the entry when no break-in is seen', [beacon(desk, controller)], [`${desk} entry`]],
    [
      'steered later holds an implant',
      [beacon(web, controller), beacon(desk, controller, { at: 1 })],
      [`${web} entry`, `${desk} implant`],
    ],
    [
      'entered by hand is a foothold, from which one goes on is a pivot',
      [breakIn(web, intruder), move(web, desk, { at: 1 }), move(desk, files, { at: 2 })],
      [`${web} entry`, `${desk} pivot`, `${files} foothold`],
    ],
    [
      'entered by hand stays a foothold whatever was put on it',
      [breakIn(web, intruder), move(web, desk, { at: 1 }), beacon(desk, controller, { at: 2 })],
      [`${web} entry`, `${desk} foothold`],
    ],
    [
      'that software was pushed to hold implants',
      [breakIn(web, intruder), push(web, [desk, files], 1), beacon(desk, controller, { at: 2 })],
      [`${web} entry`, `${desk} implant`, `${files} implant`],
    ],
    [
      'that software was pushed to and that call home hold implants, though too many others went on as before',
      [
        breakIn(web, intruder),
        { ...push(web, [desk, files], 1), detail: { hosts_reached: 20, hosts_behaving_anew: 10 } },
        { ...move(web, desk, { at: 1 }), weight: 'background' },
        beacon(desk, controller, { at: 2 }),
      ],
      [`${web} entry`, `${desk} implant`],
    ],
    [
      'that an administrator comes to as a routine and that call home hold implants',
      [
        breakIn(web, intruder),
        { ...move(web, desk, { at: 1 }), weight: 'background' },
        beacon(desk, controller, { at: 2 }),
      ],
      [`${web} entry`, `${desk} implant`],
    ],
    [
      'that data left is a foothold when nothing more is known of it',
      [breakIn(web, intruder), upload(files, drop, { at: 1 })],
      [`${web} entry`, `${files} foothold`],
    ],
    [
      'used against others is a relay and nothing besides',
      [relay(web), attack(web, victim, { at: 1 })],
      [`${web} relay`],
    ],
    [
      'broken into and used against others is both',
      [breakIn(web, intruder), relay(web, { at: 1 })],
      [`${web} entry`, `${web} relay`],
    ],
  ])('%s', (_, findings, expected) => {
    expect(rolesOf(findings)).toEqual(expected);
    expect(rolesOf([...findings].reverse())).toEqual(expected);
  });

  it('entered from another organisation are footholds, save the first', () => {
    const from = (host: string, at: number) =>
      findingOf({ host, peer: '172.16.0.1', technique: 'T1021.002', direction: 'inbound', at });
    const findings = [from(web, 0), from(desk, 1), beacon(desk, controller, { at: 2 })];
    expect(rolesOf(findings)).toEqual([`${web} entry`, `${desk} foothold`]);
  });

  it('entered, as only the evidence of another organisation tells, are footholds too', () => {
    const findings = [beacon(web, controller), beacon(desk, controller, { at: 1 })];
    const roles = hostRoles(findings, entryOf(findings), new Set([desk]));
    expect(roles.map(({ ip, role }) => `${ip} ${role}`)).toEqual([`${web} entry`, `${desk} foothold`]);
  });

  it('that call home before someone comes by hand hold an implant all the same', () => {
    const findings = [
      breakIn(web, intruder),
      beacon(desk, controller, { at: 1 }),
      move(web, desk, { at: 5 }),
    ];
    expect(rolesOf(findings)).toEqual([`${web} entry`, `${desk} implant`]);
  });

  it('begin when the first session that carried something did, where that is known', () => {
    const touched = findingOf({
      id: 't',
      host: web,
      peer: '172.16.0.1',
      technique: 'T1021.002',
      direction: 'inbound',
    });
    const entered = findingOf({
      id: 'e',
      host: desk,
      peer: '172.16.0.1',
      technique: 'T1021.002',
      direction: 'inbound',
      at: 1,
    });
    const beginnings = new Map([['t', hour(3)]]);
    expect(entryOf([touched, entered], beginnings)).toMatchObject({ host: desk, time: hour(1) });
  });

  it('name the findings that give them their part, and when it began', () => {
    const findings = [breakIn(web, intruder, { id: 'b' }), move(web, desk, { id: 'a', at: 2 })];
    expect(hostRoles(findings, entryOf(findings))).toEqual([
      { ip: web, role: 'entry', first_seen: hour(0), findings: ['a', 'b'] },
      { ip: desk, role: 'foothold', first_seen: hour(2), findings: ['a'] },
    ]);
  });
});

describe('outside addresses', () => {
  it.each<[string, Finding, readonly string[]]>([
    ['that are called steer', beacon(desk, controller), [`${controller} controller`]],
    ['that break in are hops, for nobody knows who is behind', breakIn(web, intruder), [`${intruder} hop`]],
    ['that receive are drops', upload(files, drop), [`${drop} drop`]],
    ['that are attacked are targets', attack(web, victim), [`${victim} target`]],
    [
      'of a relay are its controller and its targets',
      relay(web),
      [`${controller} controller`, `${victim} target`],
    ],
    ['are none in movement', move(web, desk), []],
  ])('%s', (_, finding, expected) => {
    expect(outsideRoles([finding]).map(({ ip, role }) => `${ip} ${role}`)).toEqual(expected);
  });

  it('that steered and received are listed in both parts', () => {
    const findings = [
      beacon(desk, controller, { id: '1' }),
      upload(desk, controller, { id: '2', at: 1 }),
      beacon(web, controller, { id: '3', at: 2 }),
    ];
    expect(outsideRoles(findings)).toEqual([
      { ip: controller, role: 'controller', first_seen: hour(0), findings: ['1', '3'] },
      { ip: controller, role: 'drop', first_seen: hour(1), findings: ['2'] },
    ]);
  });

  it('are at most two hundred of one finding', () => {
    const peers = Array.from({ length: 300 }, (_, at) => `198.51.${at >> 8}.${at & 255}`);
    expect(outsideRoles([breakIn(web, peers[0] ?? '', { peers })]).length).toBe(200);
  });
});

describe('the stages', () => {
  it('stand in the order of the matrix, each with its techniques and times', () => {
    const findings = [
      upload(files, drop, { id: 'u', at: 5 }),
      breakIn(web, intruder, { id: 'b' }),
      beacon(desk, controller, { id: 'c', at: 3 }),
      beacon(web, controller, { id: 'd', at: 1, hours: 9, technique: 'T1573' }),
    ];
    expect(stagesOf(findings, tactics)).toEqual([
      {
        tactic: 'initial-access',
        techniques: ['T1190'],
        first_seen: hour(0),
        last_seen: hour(1),
        findings: ['b'],
      },
      {
        tactic: 'command-and-control',
        techniques: ['T1071.001', 'T1573'],
        first_seen: hour(1),
        last_seen: hour(10),
        findings: ['c', 'd'],
      },
      {
        tactic: 'exfiltration',
        techniques: ['T1048'],
        first_seen: hour(5),
        last_seen: hour(6),
        findings: ['u'],
      },
    ]);
  });

  it('are none without findings', () => {
    expect(stagesOf([], tactics)).toEqual([]);
  });
});
