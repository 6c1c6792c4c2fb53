// The materials institute: its document server is entered, its update server taken over to push implants, files are
// gathered on a server and sent out by night. Modelled on a published account; every choice is drawn from the seed.
import { tcp, tls } from '../conversation.ts';
import type { Sink, Source } from '../flow.ts';
import { atLocal, day, hour, type Micros, minute, second } from '../moment.ts';
import { element, type Random } from '../random.ts';
import { drawClockOffset } from '../recorder.ts';
import { planned } from '../source.ts';
import { browser, type Host, hostOf, hostsOf, type World } from '../world.ts';
import { beaconing, claimControllers } from './implants.ts';
import { drawMaterials, type MaterialsVariant } from './materials-variant.ts';
import { handsOn, spreadDays, springboards } from './operator.ts';
import type { Story } from './story.ts';
import { gather, sendOut } from './theft.ts';
import * as web from './web-entry.ts';

const staffBesidesDesks = 18;

interface Plot {
  readonly at: Micros;
  readonly act: (at: Micros, sink: Sink) => void;
}

/** Nights (by the victim's clock) between the first push and the end of the evidence. */
function nights(world: World, variant: MaterialsVariant, random: Random, after: Micros): Micros[] {
  const found: Micros[] = [];
  for (let date = 0; date <= world.days + 1; date += 1) {
    const at = atLocal(variant.victimZone, world.start + date * day, random.between(0.2, 1.9));
    if (at > after + 10 * hour && at < world.end - 5 * hour) found.push(at);
  }
  return random.sample(found, Math.min(10, Math.max(2, Math.ceil(found.length * 0.7)))).sort((a, b) => a - b);
}

function attack(
  world: World,
  variant: MaterialsVariant,
  ledgerOf: Parameters<Story<MaterialsVariant>['attack']>[2],
): Source[] {
  const institute = element(world.organisations, 0);
  const random = world.random.fork('attack');
  const ledger = ledgerOf(institute.name);
  const hours = { zone: variant.operatorZone, window: [10, 20] as const };
  ledger.keepsHours(hours.zone, hours.window);
  const document = hostOf(institute, 'document');
  const update = hostOf(institute, 'update-server');
  const desks = hostsOf(institute, 'workstation');
  const victims = random.sample(desks, Math.min(variant.implants, Math.ceil(desks.length * 0.8)));
  const boards = springboards(world, random, variant);
  const controllers = claimControllers(world, random, variant.controllers);
  const drops = claimControllers(world, random, variant.drops);
  const userAgent = browser(random);
  const shell = `/docs/static/img/${random.pick(['thumb', 'icon', 'cache', 'err'])}_${random.integer(10, 99)}.${random.pick(['jsp', 'php', 'aspx'])}`;
  const intruder = (at: Micros) => ({
    from: boards.lastHop(at),
    userAgent,
    random,
    server: document,
    door: variant.door,
    ledger,
  });
  const plots: Plot[] = [];

  const entryDay = world.days >= 3 ? Math.max(1, Math.floor(world.days * 0.2)) : 0;
  const entryAt = handsOn(world, hours, random, entryDay);
  if (variant.isSearchedBefore) {
    const at = Math.max(world.start + hour, entryAt - random.between(1, 12) * hour);
    plots.push({ at, act: (when, sink) => void web.lookAround(intruder(when), when, sink) });
  }
  plots.push({
    at: entryAt,
    act: (at, sink) => {
      const by = intruder(at);
      ledger.host(document.ip, 'entry', at);
      ledger.act(at);
      let done = at;
      if (variant.entry === 'exploit') done = web.exploit(by, at, sink);
      if (variant.entry === 'ssh-login')
        done = web.sshLogin(by, { at, failures: random.integer(15, 60) }, sink);
      else
        done = web.adminLogin(
          by,
          {
            at: done + minute,
            failures: variant.entry === 'guessed-login' ? random.integer(20, 80) : random.integer(0, 2),
          },
          sink,
        );
      done = web.uploadWebshell(by, { at: done + 2 * minute, uri: shell }, sink);
      web.useWebshell(by, { at: done + minute, uri: shell, commands: random.integer(5, 14) }, sink);
      ledger.chain(
        boards.chain(at, [
          { ip: document.ip, role: 'entry' },
          { ip: update.ip, role: 'pivot' },
        ]),
      );
    },
  });

  // From the document server to the update server, first searching for it, then again at each sitting.
  const pivot = (at: Micros, plain: Sink) => {
    const sink = ledger.record(plain, 'lateral-movement');
    ledger.host(update.ip, 'pivot', at);
    const service = { 22: 'ssh', 445: 'gssapi,smb', 3389: 'rdp,ssl' }[variant.pivotPort];
    const bytes = {
      out: random.lognormal(70_000, 0.5),
      in: random.lognormal(200_000, 0.6),
      durationUs: random.lognormal(12, 0.5) * minute,
    };
    sink.flow(
      tcp(random, {
        at,
        src: document.ip,
        dst: update.ip,
        port: variant.pivotPort,
        ...(service === undefined ? {} : { service }),
        ...bytes,
      }),
    );
  };
  const pushDays = spreadDays(
    entryDay + (world.days < 6 ? 0 : 1),
    Math.min(world.days - 1, Math.max(entryDay, Math.ceil(world.days * 0.75))),
    variant.pushDays,
  );
  const firstPush = Math.max(entryAt + 3 * hour, handsOn(world, hours, random, element(pushDays, 0)));
  plots.push({
    at: firstPush - 80 * minute,
    act: (at, plain) => {
      const sink = ledger.record(plain, 'discovery');
      const servers = institute.hosts.filter(
        ({ job, ip }) => job !== 'workstation' && job !== 'vpn-client' && ip !== document.ip,
      );
      for (const [order, { ip }] of servers.entries()) {
        const state = ip === update.ip ? 'SF' : random.pick(['REJ', 'S0'] as const);
        sink.flow(
          tcp(random, {
            at: at + order * 1.5 * second,
            src: document.ip,
            dst: ip,
            port: variant.pivotPort,
            state,
            out: 200,
            in: 200,
          }),
        );
      }
      pivot(at + 10 * minute, plain);
    },
  });

  const deliver = (host: Host, at: Micros, plain: Sink) => {
    const sink = ledger.record(plain, 'deployment');
    const bytes = variant.implantBytes * random.between(0.995, 1.02);
    ledger.host(host.ip, 'implant', at);
    if (variant.delivery === 'pull') {
      sink.flow(
        tls(random, {
          at,
          src: host.ip,
          dst: update.ip,
          port: 8531,
          serverName: update.name,
          client: 'update agent',
          out: 2600,
          in: bytes,
        }),
      );
    } else
      sink.flow(
        tcp(random, { at, src: update.ip, dst: host.ip, port: variant.pushPort, out: bytes, in: 5200 }),
      );
  };
  const sources: Source[] = [];
  pushDays.forEach((date, wave) => {
    const at =
      wave === 0 ? firstPush : Math.max(firstPush + wave * 2 * hour, handsOn(world, hours, random, date));
    plots.push({
      at: at - 15 * minute,
      act: (when, sink) =>
        void web.useWebshell(intruder(when), { at: when, uri: shell, commands: random.integer(3, 9) }, sink),
    });
    plots.push({ at: at - 8 * minute, act: pivot });
    let when = at;
    for (const host of victims.filter((_, order) => order % pushDays.length === wave)) {
      when = Math.round(when + random.between(3, 40) * second);
      plots.push({ at: when, act: (time, sink) => deliver(host, time, sink) });
      const from = when + random.between(3, 60) * minute;
      if (when < world.end) {
        sources.push(
          beaconing(world, {
            random,
            organisation: institute,
            host,
            role: 'implant',
            from,
            variant: variant.beacon,
            controllers,
            ledger,
          }),
        );
      }
    }
  });

  const store = variant.gatheredOn === 'document' ? document : update;
  const rich = [hostOf(institute, 'file-server'), ...random.sample(victims, Math.min(6, victims.length))];
  for (const [order, night] of nights(world, variant, random, firstPush).entries()) {
    const from = random.sample(rich, random.integer(2, rich.length));
    const bytes = variant.theft.nightBytes * random.between(0.6, 1.4);
    let gathered = 0;
    plots.push({
      at: night - random.between(1.5, 3) * hour,
      act: (at, sink) => {
        gathered = gather(random, { at, from, to: store, bytes, ledger }, sink);
      },
    });
    const drop = element(drops, order % drops.length);
    plots.push({
      at: night,
      act: (at, sink) =>
        sendOut(
          random,
          { at, from: store, drop, bytes: Math.round(gathered * 0.6), variant: variant.theft, ledger },
          sink,
        ),
    });
  }

  // Sittings at the webshell on working days until the end.
  for (let date = entryDay + 1; date < world.days; date += 1) {
    if (!random.chance(0.6)) continue;
    plots.push({
      at: handsOn(world, hours, random, date),
      act: (at, sink) =>
        void web.useWebshell(intruder(at), { at, uri: shell, commands: random.integer(2, 10) }, sink),
    });
  }
  return [
    planned(
      'attack',
      plots.map(({ at, act }) => ({ at: Math.round(at), act })),
    ),
    ...sources,
  ];
}

export const materialsInstitute: Story<MaterialsVariant> = {
  name: 'materials-institute',
  draw: drawMaterials,
  door: ({ door }) => door,
  organisations: (hosts, variant) => [
    {
      name: 'Institute of Advanced Materials',
      sector: 'research',
      domain: 'materials.example',
      zone: variant.victimZone,
      country: 'XA',
      staff: [
        ...(
          [
            'domain-controller',
            'file-server',
            'app-server',
            'database',
            'backup',
            'update-server',
            'vulnerability-scanner',
            'monitor',
            'mail',
            'web',
            'document',
            'vpn',
            'proxy',
            'reverse-proxy',
            'jump',
            'instrument',
          ] as const
        ).map((job) => ({ job, count: 1 })),
        { job: 'printer', count: 2 },
        { job: 'vpn-client', count: Math.max(3, Math.floor(hosts / 15)) },
        {
          job: 'workstation',
          count: Math.max(6, hosts - staffBesidesDesks - Math.max(3, Math.floor(hosts / 15))),
        },
      ],
    },
  ],
  recording: (world, variant) => {
    const organisation = element(world.organisations, 0);
    const perimeter = {
      folder: 'perimeter',
      organisation,
      place: 'perimeter' as const,
      clockOffsetUs: 0,
      style: variant.style,
    };
    const core = {
      ...perimeter,
      folder: 'core',
      place: 'core' as const,
      clockOffsetUs: drawClockOffset(world.random.label),
    };
    const zone = variant.logsZone;
    return {
      sensors: variant.sensors === 2 ? [perimeter, core] : [perimeter],
      hostLogs: [
        { path: 'document-server/access.log', host: hostOf(organisation, 'document'), kind: 'access', zone },
        { path: 'web-server/access.log', host: hostOf(organisation, 'web'), kind: 'access', zone },
        { path: 'jump-host/auth.log', host: hostOf(organisation, 'jump'), kind: 'sshd', zone },
        { path: 'document-server/auth.log', host: hostOf(organisation, 'document'), kind: 'sshd', zone },
      ],
    };
  },
  attack,
};
