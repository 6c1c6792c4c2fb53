// The energy company: its mail server is entered, mailboxes are read for weeks, then devices of the company and of a
// subsidiary are taken from the mail server and report to controllers. Modelled on a published account.
import { tcp } from '../conversation.ts';
import type { Sink, Source } from '../flow.ts';
import { atLocal, day, hour, type Micros, minute, second } from '../moment.ts';
import { element, type Random } from '../random.ts';
import { drawClockOffset } from '../recorder.ts';
import { planned } from '../source.ts';
import { browser, hostOf, hostsOf, type World } from '../world.ts';
import { type BeaconVariant, beaconing, claimControllers, drawBeacon } from './implants.ts';
import { enterMailServer, type MailFlaw, readMailboxes } from './mail-entry.ts';
import { handsOn, operatorZones, springboards } from './operator.ts';
import type { Story } from './story.ts';
import { useWebshell } from './web-entry.ts';

export interface EnergyVariant {
  readonly flaw: MailFlaw;
  readonly interface: 'ews' | 'mapi';
  /** Bytes read on one day. */
  readonly dayBytes: number;
  readonly readers: number;
  readonly devices: number;
  readonly movementPort: number;
  readonly movesAfter: number;
  readonly beacon: BeaconVariant;
  readonly controllers: number;
  readonly hops: number;
  readonly lastHops: number;
  readonly operatorZone: string;
  readonly victimZone: string;
  readonly logsZone: string;
  readonly style: 'tsv' | 'json';
}

function draw(random: Random): EnergyVariant {
  const victimZone = random.pick(['Asia/Shanghai', 'Europe/Madrid', 'America/Bogota', 'Africa/Cairo']);
  return {
    flaw: random.pick(['autodiscover', 'ecp'] as const),
    interface: random.pick(['ews', 'mapi'] as const),
    dayBytes: Math.round(Math.min(6e8, random.lognormal(80e6, 0.7))),
    readers: random.integer(1, 3),
    devices: 30,
    movementPort: random.pick([445, 5985, 3389]),
    movesAfter: random.between(0.4, 0.65),
    beacon: drawBeacon(random),
    controllers: random.integer(2, 4),
    hops: random.integer(2, 5),
    lastHops: random.integer(1, 3),
    operatorZone: random.pick(operatorZones),
    victimZone,
    logsZone: random.chance(0.75) ? 'UTC' : victimZone,
    style: random.chance(0.8) ? 'tsv' : 'json',
  };
}

function attack(
  world: World,
  variant: EnergyVariant,
  ledgerOf: Parameters<Story<EnergyVariant>['attack']>[2],
): Source[] {
  const company = element(world.organisations, 0);
  const random = world.random.fork('attack');
  const ledger = ledgerOf(company.name);
  const hours = { zone: variant.operatorZone, window: [10, 20] as const };
  ledger.keepsHours(hours.zone, hours.window);
  const mail = hostOf(company, 'mail');
  const boards = springboards(world, random, variant);
  const readers = claimControllers(world, random, variant.readers);
  const controllers = claimControllers(world, random, variant.controllers);
  const userAgent = browser(random);
  const shell = `/owa/auth/${random.pick(['errorEE', 'signin', 'outlook', 'timeout'])}${random.integer(1, 9)}.aspx`;
  const door = { port: 443, isTls: true };
  const intruder = (from: string, agent = userAgent) => ({
    from,
    userAgent: agent,
    random,
    server: mail,
    door,
    ledger,
  });
  const plan: { at: Micros; act: (at: Micros, sink: Sink) => void }[] = [];

  const entryDay = world.days >= 3 ? Math.max(1, Math.floor(world.days * 0.12)) : 0;
  const entryAt = handsOn(world, hours, random, entryDay);
  plan.push({
    at: entryAt,
    act: (at, sink) => {
      ledger.host(mail.ip, 'entry', at);
      ledger.act(at);
      const by = intruder(boards.lastHop(at));
      const done = enterMailServer(by, { at, flaw: variant.flaw, shell }, sink);
      useWebshell(by, { at: done + minute, uri: shell, commands: random.integer(4, 10) }, sink);
      ledger.chain(boards.chain(at, [{ ip: mail.ip, role: 'entry' }]));
    },
  });
  for (let date = 0; date <= world.days; date += 1) {
    const at = atLocal(variant.victimZone, world.start + date * day, random.between(0, 23));
    if (at < entryAt + 4 * hour || at > world.end - 2 * hour || !random.chance(0.8)) continue;
    const bytes = Math.round(variant.dayBytes * random.between(0.5, 1.5));
    plan.push({
      at,
      act: (when, sink) =>
        readMailboxes(
          intruder(random.pick(readers).ip, 'ExchangeServicesClient/15.0'),
          { at: when, bytes, interface: variant.interface },
          sink,
        ),
    });
  }

  const movesAt = Math.max(
    entryAt + 5 * hour,
    handsOn(world, hours, random, Math.floor(world.days * variant.movesAfter)),
  );
  const isDevice = ['workstation', 'file-server', 'app-server', 'database', 'domain-controller'] as const;
  const all = world.organisations.flatMap((organisation) =>
    hostsOf(organisation, ...isDevice).map((host) => ({ host, organisation })),
  );
  const devices = random.sample(all, Math.min(variant.devices, Math.ceil(all.length * 0.6)));
  plan.push({
    at: movesAt - 50 * minute,
    act: (at, plain) => {
      useWebshell(intruder(boards.lastHop(at)), { at, uri: shell, commands: random.integer(4, 9) }, plain);
      const sink = ledger.record(plain, 'discovery');
      random.sample(all, 80).forEach(({ host }, order) => {
        const state = random.pick(['REJ', 'S0', 'SF'] as const);
        sink.flow(
          tcp(random, {
            at: at + order * 2 * second,
            src: mail.ip,
            dst: host.ip,
            port: variant.movementPort,
            state,
            out: 200,
            in: 240,
          }),
        );
      });
    },
  });
  const service =
    { 445: 'gssapi,smb,dce_rpc', 5985: 'http', 3389: 'rdp,ssl' }[variant.movementPort] ?? 'http';
  const sources: Source[] = [];
  let at = movesAt;
  for (const { host, organisation } of devices) {
    at = Math.round(at + random.between(20, 240) * second);
    const own = ledgerOf(organisation.name);
    plan.push({
      at,
      act: (when, plain) => {
        own.host(host.ip, 'foothold', when);
        if (own !== ledger) own.enter({ host: host.ip, from: mail.ip, at: when, technique: 'T1021' });
        const volume = {
          out: random.lognormal(900_000, 0.3),
          in: random.lognormal(30_000, 0.6),
          durationUs: random.lognormal(50, 0.7) * second,
        };
        own.record(plain, 'lateral-movement').flow(
          tcp(random, {
            at: when,
            src: mail.ip,
            dst: host.ip,
            port: variant.movementPort,
            service,
            ...volume,
          }),
        );
      },
    });
    if (at < world.end) {
      sources.push(
        beaconing(world, {
          random,
          organisation,
          host,
          role: 'foothold',
          from: at + random.between(2, 40) * minute,
          variant: variant.beacon,
          controllers,
          ledger: own,
        }),
      );
    }
  }
  for (let date = entryDay + 1; date < world.days; date += 1) {
    if (!random.chance(0.6)) continue;
    plan.push({
      at: handsOn(world, hours, random, date),
      act: (when, sink) =>
        void useWebshell(
          intruder(boards.lastHop(when)),
          { at: when, uri: shell, commands: random.integer(2, 9) },
          sink,
        ),
    });
  }
  return [
    planned(
      'attack',
      plan.map((item) => ({ ...item, at: Math.round(item.at) })),
    ),
    ...sources,
  ];
}

const office = [
  'domain-controller',
  'file-server',
  'app-server',
  'database',
  'backup',
  'mail',
  'web',
  'vpn',
  'jump',
] as const;

export const energyCompany: Story<EnergyVariant> = {
  name: 'energy-company',
  draw,
  door: () => ({ port: 443, isTls: true }),
  organisations: (hosts, { victimZone }) => [
    {
      name: 'Brightfield Energy',
      sector: 'energy',
      domain: 'brightfield.example',
      zone: victimZone,
      country: 'XA',
      staff: [
        ...(
          [...office, 'update-server', 'vulnerability-scanner', 'monitor', 'proxy', 'reverse-proxy'] as const
        ).map((job) => ({ job, count: 1 })),
        { job: 'printer', count: 2 },
        { job: 'vpn-client', count: Math.max(3, Math.floor(hosts / 15)) },
        { job: 'workstation', count: Math.max(6, hosts - 30) },
      ],
    },
    {
      name: 'Brightfield Metering',
      sector: 'energy',
      domain: 'metering.example',
      zone: victimZone,
      country: 'XA',
      staff: [
        ...office.map((job) => ({ job, count: 1 })),
        { job: 'vpn-client', count: 3 },
        { job: 'workstation', count: Math.max(6, Math.floor(hosts / 4)) },
      ],
    },
  ],
  recording: (world, { style, logsZone }) => {
    const [company, subsidiary] = [element(world.organisations, 0), element(world.organisations, 1)];
    const offset = drawClockOffset(world.random.label);
    const mail = hostOf(company, 'mail');
    return {
      sensors: [
        { folder: 'company-perimeter', organisation: company, place: 'perimeter', clockOffsetUs: 0, style },
        { folder: 'company-core', organisation: company, place: 'core', clockOffsetUs: offset, style },
        { folder: 'subsidiary', organisation: subsidiary, place: 'perimeter', clockOffsetUs: -offset, style },
      ],
      hostLogs: [
        { path: 'mail-server/access.log', host: mail, kind: 'access', zone: logsZone },
        { path: 'web-server/access.log', host: hostOf(company, 'web'), kind: 'access', zone: logsZone },
        { path: 'jump-host/auth.log', host: hostOf(company, 'jump'), kind: 'sshd', zone: logsZone },
      ],
    };
  },
  attack,
};
