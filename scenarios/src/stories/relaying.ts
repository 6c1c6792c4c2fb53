// One sitting at a hijacked server: the controller's session, and what the server does to third parties meanwhile.
import { ssh, tcp, tls } from '../conversation.ts';
import type { Sink } from '../flow.ts';
import { type Micros, minute, second } from '../moment.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../truth.ts';
import type { Host } from '../world.ts';

export type RelayUse = 'scan' | 'brute-force' | 'tunnel';

export interface SteeringVariant {
  readonly steering: 'ssh' | 'tls' | 'tcp';
  readonly steeringPort: number;
  /** `paired`: each tunnel has a connection of its own from the controller; else all run inside the session. */
  readonly tunnels: 'paired' | 'inside-session';
  readonly tunnelPorts: readonly number[];
  readonly scanPort: number;
  readonly scanned: number;
  readonly guessedPort: number;
  readonly guesses: number;
  /** Median bytes that come back through one tunnel. */
  readonly pieceBytes: number;
}

export interface Sitting {
  readonly random: Random;
  readonly variant: SteeringVariant;
  readonly controller: string;
  readonly host: Host;
  readonly uses: readonly RelayUse[];
  readonly targets: readonly string[];
  readonly ledger: Ledger;
  /** A further server through which the orders pass on. */
  readonly onward?: { readonly host: Host; readonly ledger: Ledger };
}

interface Deed {
  readonly by: Sitting;
  readonly from: Micros;
  readonly lengthUs: number;
  readonly sink: Sink;
}

interface Done {
  readonly targets: readonly string[];
  readonly out: number;
  readonly in: number;
}

/** Guesses the server's password until a login is accepted. */
export function breakIn(
  by: Pick<Sitting, 'random' | 'ledger' | 'controller' | 'host'>,
  at: Micros,
  plain: Sink,
): void {
  const { random, ledger, controller, host } = by;
  const sink = ledger.record(plain, 'initial-access');
  const ends = { src: controller, dst: host.ip, port: 22, user: 'root', client: 'SSH-2.0-libssh2_1.10.0' };
  let when = at;
  for (let left = random.integer(15, 60); left > 0; left -= 1) {
    sink.flow(ssh(random, { ...ends, at: when, isAccepted: false, attempts: random.integer(1, 3) }));
    when = Math.round(when + random.between(3, 12) * second);
  }
  sink.flow(
    ssh(random, { ...ends, at: when, isAccepted: true, out: 9000, in: 20_000, durationUs: 4 * minute }),
  );
  ledger.enter({ host: host.ip, from: controller, at: when, technique: 'T1110' });
  ledger.host(host.ip, 'entry', when);
  ledger.outsider(controller, 'controller', at);
}

function scan({ by, from, lengthUs, sink }: Deed): Done {
  const { random, variant, host } = by;
  const targets = random.sample(by.targets, variant.scanned);
  for (const dst of targets) {
    const at = from + random.between(0, lengthUs);
    const state = random.weighted(['S0', 'REJ', 'SF'] as const, [75, 20, 5]);
    sink.flow(
      tcp(random, {
        at,
        src: host.ip,
        dst,
        port: variant.scanPort,
        state,
        out: 0,
        in: 40,
        durationUs: 80_000,
      }),
    );
  }
  return { targets, out: 4000, in: targets.length * 70 };
}

function guess({ by, from, lengthUs, sink }: Deed): Done {
  const { random, variant, host } = by;
  const chosen = random.sample(by.targets, random.integer(1, 3));
  const hit = new Set<string>();
  for (let done = 0; done < variant.guesses; done += 1) {
    const ends = {
      at: from + random.between(0, lengthUs),
      src: host.ip,
      dst: random.pick(chosen),
      port: variant.guessedPort,
    };
    hit.add(ends.dst);
    if (variant.guessedPort === 22)
      sink.flow(
        ssh(random, {
          ...ends,
          user: random.pick(['root', 'admin']),
          isAccepted: false,
          attempts: 3,
          client: 'SSH-2.0-Go',
        }),
      );
    else
      sink.flow(
        tcp(random, {
          ...ends,
          service: 'rdp',
          out: random.lognormal(1500, 0.2),
          in: random.lognormal(1900, 0.2),
          durationUs: 2 * second,
        }),
      );
  }
  return { targets: [...hit], out: 3000, in: variant.guesses * 90 };
}

function tunnel({ by, from, lengthUs, sink }: Deed): Done {
  const { random, variant, host, controller } = by;
  const chosen = random.sample(by.targets, random.integer(1, 4));
  const hit = new Set<string>();
  let [out, received] = [0, 0];
  for (let left = random.integer(4, 14); left > 0; left -= 1) {
    const at = from + random.between(0, lengthUs * 0.8);
    const durationUs = Math.min(lengthUs * 0.2, random.lognormal(50, 0.9) * second);
    const bytes = { out: random.lognormal(5000, 0.9), in: random.lognormal(variant.pieceBytes, 0.8) };
    const port = random.pick(variant.tunnelPorts);
    const delayUs = random.between(15, 350) * 1000;
    const passed = {
      at: at + delayUs,
      src: host.ip,
      dst: random.pick(chosen),
      port,
      durationUs: Math.max(2000, durationUs - delayUs),
    };
    hit.add(passed.dst);
    sink.flow(tcp(random, { ...passed, ...bytes, ...(port === 443 ? { service: 'ssl' } : {}) }));
    if (variant.tunnels === 'paired') {
      const wrapped = {
        out: bytes.out * random.between(1, 1.03) + 60,
        in: bytes.in * random.between(1, 1.03) + 60,
      };
      sink.flow(
        tcp(random, {
          at,
          src: controller,
          dst: host.ip,
          port: variant.steeringPort,
          durationUs,
          ...wrapped,
        }),
      );
    } else {
      out += bytes.out * 1.02;
      received += bytes.in * 1.02;
    }
  }
  return { targets: [...hit], out, in: received };
}

const deeds = { scan, 'brute-force': guess, tunnel } as const;

/** The controller's session into a host, of the kind the variant says. */
function session(
  by: Sitting,
  given: {
    readonly at: Micros;
    readonly src: string;
    readonly dst: string;
    readonly out: number;
    readonly in: number;
    readonly durationUs: number;
  },
) {
  const { random, variant } = by;
  const ends = { ...given, port: variant.steeringPort };
  if (variant.steering === 'ssh')
    return ssh(random, { ...ends, user: 'root', isAccepted: true, method: 'publickey' });
  if (variant.steering === 'tls') return tls(random, { ...ends, serverName: null, client: 'tunnel client' });
  return tcp(random, ends);
}

/** A whole sitting that begins at the instant; everything the server does to others happens inside the session. */
export function steer(by: Sitting, at: Micros, plain: Sink): void {
  const { random, host, controller, ledger, onward } = by;
  const sink = ledger.record(plain, 'steering');
  const durationUs = Math.min(100, Math.max(12, random.lognormal(35, 0.5))) * minute;
  const actor: Sitting =
    onward === undefined ? by : { ...by, host: onward.host, controller: host.ip, ledger: onward.ledger };
  const abuse = actor.ledger.record(plain, 'use-against-others');
  let [out, received] = [random.lognormal(12_000, 0.6), random.lognormal(40_000, 0.6)];
  const hit = new Set<string>();
  for (const use of by.uses) {
    const from = at + durationUs * random.between(0.06, 0.3);
    const done = deeds[use]({
      by: actor,
      from,
      lengthUs: durationUs * random.between(0.3, 0.6),
      sink: abuse,
    });
    for (const target of done.targets) {
      hit.add(target);
      actor.ledger.outsider(target, 'target', from);
    }
    out += done.out;
    received += done.in;
  }
  const targets = [...hit];
  sink.flow(session(by, { at, src: controller, dst: host.ip, out, in: received, durationUs }));
  ledger.act(at);
  ledger.host(host.ip, 'relay', at);
  ledger.outsider(controller, 'controller', at);
  if (onward === undefined) {
    ledger.relay({ host: host.ip, controllers: [controller], targets, kinds: by.uses });
    return;
  }
  const inner = {
    at: at + random.between(5, 40) * second,
    durationUs: durationUs * 0.97,
    out: out * 0.98,
    in: received * 0.98,
  };
  sink.flow(session(by, { ...inner, src: host.ip, dst: onward.host.ip }));
  onward.ledger.host(onward.host.ip, 'relay', at);
  onward.ledger.outsider(host.ip, 'controller', at);
  onward.ledger.relay({ host: onward.host.ip, controllers: [host.ip], targets, kinds: by.uses });
  ledger.relay({ host: host.ip, controllers: [controller], targets: [onward.host.ip], kinds: ['pass-on'] });
  const hops = [
    { ip: controller, role: 'controller' },
    { ip: host.ip, role: 'relay' },
    { ip: onward.host.ip, role: 'relay' },
  ];
  ledger.chain({ hops: hops.map((hop) => ({ ...hop, is_in_evidence: true })) });
}
