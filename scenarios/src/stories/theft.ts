// Goods are gathered on one server by night and sent out to a drop in pieces.
import { http, request, ssh, tcp, tls } from '../conversation.ts';
import type { Flow, Sink } from '../flow.ts';
import { hour, type Micros, minute, second } from '../moment.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../truth.ts';
import type { Host } from '../world.ts';

export interface TheftVariant {
  readonly protocol: 'tls' | 'ssh' | 'http' | 'tcp';
  readonly port: number;
  /** Size of one piece before its protocol's own bytes. */
  readonly pieceBytes: number;
  /** Bytes gathered for one night. */
  readonly nightBytes: number;
  readonly bytesPerSecond: number;
}

/** Draws how goods leave. */
export function drawTheft(random: Random): TheftVariant {
  const protocol = random.weighted(['tls', 'ssh', 'http', 'tcp'] as const, [5, 2, 2, 1]);
  return {
    protocol,
    port: { tls: 443, ssh: 22, http: 80, tcp: random.pick([21, 8081, 53413]) }[protocol],
    pieceBytes: Math.round(random.pick([4, 10, 25, 50]) * 1e6 * random.between(0.9, 1.1)),
    nightBytes: Math.round(Math.min(2e9, random.lognormal(250e6, 0.6))),
    bytesPerSecond: random.pick([300_000, 900_000, 3_000_000]),
  };
}

/** Copies files from the hosts onto the gathering server. Gives the bytes gathered. */
export function gather(
  random: Random,
  given: {
    readonly at: Micros;
    readonly from: readonly Host[];
    readonly to: Host;
    readonly bytes: number;
    readonly ledger: Ledger;
  },
  plain: Sink,
): number {
  const sink = given.ledger.record(plain, 'collection');
  const shares = given.from.map(() => random.lognormal(1, 0.8));
  const total = shares.reduce((sum, share) => sum + share, 0);
  let gathered = 0;
  given.from.forEach((host, order) => {
    const bytes = Math.round((given.bytes * (shares[order] ?? 0)) / total);
    const at = given.at + order * random.between(2, 7) * minute;
    const flow = tcp(random, {
      at,
      src: host.ip,
      dst: given.to.ip,
      port: 445,
      service: 'gssapi,smb',
      out: bytes,
      in: bytes / 400 + 3000,
    });
    sink.flow(flow);
    given.ledger.collect(host.ip, flow.out ?? 0);
    gathered += flow.out ?? 0;
  });
  return gathered;
}

/** Sends the bytes from the host to the drop in pieces of about the same size. */
export function sendOut(
  random: Random,
  given: {
    readonly at: Micros;
    readonly from: Host;
    readonly drop: { readonly ip: string; readonly name: string };
    readonly bytes: number;
    readonly variant: TheftVariant;
    readonly ledger: Ledger;
  },
  plain: Sink,
): void {
  const { variant, from, drop, ledger } = given;
  const sink = ledger.record(plain, 'exfiltration');
  let at = given.at;
  for (let left = given.bytes; left > 0; ) {
    const bytes = Math.min(left, variant.pieceBytes);
    left -= bytes;
    const durationUs = (bytes / variant.bytesPerSecond) * random.between(0.9, 1.3) * second;
    const ends = { at, src: from.ip, dst: drop.ip, port: variant.port, durationUs };
    let flow: Flow;
    if (variant.protocol === 'tls')
      flow = tls(random, { ...ends, serverName: drop.name, client: 'transfer', out: bytes, in: bytes / 600 });
    else if (variant.protocol === 'ssh') {
      flow = ssh(random, {
        ...ends,
        user: 'data',
        isAccepted: true,
        method: 'publickey',
        out: bytes,
        in: bytes / 500,
      });
    } else if (variant.protocol === 'http') {
      const uri = `/upload/${random.integer(1e6, 9e6)}.bin`;
      const put = request({
        at: at + durationUs / 2,
        method: 'PUT',
        host: drop.name,
        uri,
        userAgent: 'curl/8.5.0',
        status: 201,
        requestBytes: bytes,
        responseBytes: 12,
        mimeType: 'text/plain',
      });
      flow = http(random, { ...ends, requests: [put] });
    } else flow = tcp(random, { ...ends, out: bytes, in: bytes / 600 });
    sink.flow(flow);
    ledger.steal(flow);
    ledger.outsider(drop.ip, 'drop', flow.start);
    at += durationUs + random.between(3, 240) * second;
    // Nothing goes on into the morning: what is left stays behind.
    if (at > given.at + 5 * hour) return;
  }
}
