// The sensors and servers that record: each conversation is written by whoever saw it, on its own clock.
// Takes flows in any order within a window; writes each log in the order its writer would have had.
import type { Flow, Sink } from './flow.ts';
import { type Micros, second } from './moment.ts';
import { createRandom, hashWords } from './random.ts';
import type { Host, Organisation, World } from './world.ts';
import { accessLine, sshdLines } from './writers/host-logs.ts';
import { type LogFile, openLogFile } from './writers/log-file.ts';
import { startZeekLog, type ZeekLog, type ZeekStyle } from './writers/zeek.ts';
import * as zeek from './writers/zeek-tables.ts';

export interface SensorPlan {
  readonly folder: string;
  readonly organisation: Organisation;
  /** A perimeter sees what crosses the border; a core sees the inside, and the servers' traffic with outside too. */
  readonly place: 'perimeter' | 'core';
  readonly clockOffsetUs: Micros;
  readonly style: ZeekStyle;
}

export interface HostLogPlan {
  readonly path: string;
  readonly host: Host;
  readonly kind: 'access' | 'sshd';
  readonly zone: string;
}

export interface RecorderPlan {
  readonly sensors: readonly SensorPlan[];
  readonly hostLogs: readonly HostLogPlan[];
  /** Compress the sensors' logs. */
  readonly isCompressed: boolean;
}

export interface Recorder extends Sink {
  /** Writes everything whose turn came before the instant. */
  readonly advance: (to: Micros) => Promise<void>;
  readonly close: () => Promise<readonly { readonly path: string; readonly records: number }[]>;
}

interface Waiting {
  readonly at: Micros;
  readonly tie: string;
  readonly write: () => void;
}

/** Holds records back until no earlier one can come. */
function createQueue() {
  let waiting: Waiting[] = [];
  return {
    add: (item: Waiting) => {
      waiting.push(item);
    },
    release: (to: Micros) => {
      const ready = waiting.filter(({ at }) => at < to);
      waiting = waiting.filter(({ at }) => at >= to);
      ready.sort((a, b) => a.at - b.at || (a.tie < b.tie ? -1 : a.tie > b.tie ? 1 : 0));
      for (const item of ready) item.write();
    },
  };
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Zeek's kind of id, derived from the flow so that other traffic does not change it. */
function uidOf(sensor: string, flow: Flow): { readonly uid: string; readonly noise: number } {
  const words = hashWords(`${sensor} ${flow.start} ${flow.src} ${flow.sport} ${flow.dst} ${flow.dport}`);
  let uid = 'C';
  for (const word of words) {
    for (let rest = word, at = 0; at < 4; at += 1, rest = Math.floor(rest / 62))
      uid += letters[rest % 62] ?? '';
  }
  return { uid: `${uid}${letters[words[0] % 61] ?? ''}`, noise: words[3] };
}

function openSensor(world: World, plan: SensorPlan, folder: string, isCompressed: boolean) {
  const tables = [zeek.connTable, zeek.httpTable, zeek.dnsTable, zeek.sslTable, zeek.sshTable];
  const queue = createQueue();
  const files: LogFile[] = [];
  const logs = new Map<string, ZeekLog>();
  for (const table of tables) {
    const file = openLogFile(folder, `${plan.folder}/${table.name}.log${isCompressed ? '.gz' : ''}`);
    files.push(file);
    logs.set(
      table.name,
      startZeekLog({ file, table, style: plan.style, opened: world.start, closed: world.end }),
    );
  }
  const isOurs = (ip: string) => world.hostAt(ip)?.organisation === plan.organisation.name;
  const isServer = (ip: string) => {
    const job = world.hostAt(ip)?.job;
    return isOurs(ip) && job !== 'workstation' && job !== 'printer' && job !== 'vpn-client';
  };
  const add = (log: string, at: Micros, tie: string, cells: zeek.Cell[] | null) => {
    if (cells !== null) queue.add({ at, tie, write: () => logs.get(log)?.row(cells) });
  };
  return {
    files,
    queue,
    see: (flow: Flow) => {
      const isLocalSource = isOurs(flow.src);
      const isLocalDestination = isOurs(flow.dst);
      if (!isLocalSource && !isLocalDestination) return;
      const isInside = isLocalSource && isLocalDestination;
      const isSeen =
        plan.place === 'perimeter' ? !isInside : isInside || isServer(flow.src) || isServer(flow.dst);
      if (!isSeen) return;
      const { uid, noise } = uidOf(plan.folder, flow);
      const shiftUs = plan.clockOffsetUs + (noise % 600) - 300;
      const stretched = flow.durationUs === null ? null : flow.durationUs + (noise % 151);
      const seen = {
        flow: { ...flow, durationUs: stretched },
        uid,
        shiftUs,
        isLocalSource,
        isLocalDestination,
      };
      const end = flow.start + (stretched ?? 0);
      add('conn', end, uid, zeek.connCells(seen));
      add('dns', end, uid, zeek.dnsCells(seen));
      add('ssl', flow.start + 40_000, uid, zeek.sslCells(seen));
      add('ssh', Math.min(end, flow.start + 6 * second), uid, zeek.sshCells(seen));
      if (flow.tls === undefined) {
        flow.requests?.forEach((request, at) => {
          add('http', request.at + 5_000, `${uid}${at}`, zeek.httpCells(seen, request, at + 1));
        });
      }
    },
    finish: () => {
      for (const log of logs.values()) log.finish();
    },
  };
}

function openHostLog(plan: HostLogPlan, folder: string, isCompressed: boolean) {
  const queue = createQueue();
  // A public web server's log is the only long one.
  const ending = isCompressed && plan.host.job === 'web' ? '.gz' : '';
  const file = openLogFile(folder, `${plan.path}${ending}`);
  const name = plan.host.name.split('.')[0] ?? '';
  const add = (at: Micros, tie: string, text: string) => queue.add({ at, tie, write: () => file.line(text) });
  return {
    files: [file],
    queue,
    see: (flow: Flow) => {
      if (flow.dst !== plan.host.ip && flow.dst !== plan.host.ip6) return;
      if (plan.kind === 'access') {
        for (const request of flow.requests ?? []) {
          add(request.at, `${flow.src} ${flow.sport}`, accessLine(flow.src, request, plan.zone));
        }
        return;
      }
      sshdLines(flow, name, plan.zone).forEach(({ at, text }, order) => {
        add(at, `${flow.src} ${flow.sport} ${String(order).padStart(3, '0')}`, text);
      });
    },
    finish: () => {},
  };
}

/** Opens every log of the plan below the folder. */
export function openRecorder(world: World, plan: RecorderPlan, folder: string): Recorder {
  const writers = [
    ...plan.sensors.map((sensor) => openSensor(world, sensor, folder, plan.isCompressed)),
    ...plan.hostLogs.map((log) => openHostLog(log, folder, plan.isCompressed)),
  ];
  let written = world.start - 1;
  const advance = async (to: Micros) => {
    written = to;
    for (const { queue, files } of writers) {
      queue.release(to);
      for (const file of files) await file.flush();
    }
  };
  return {
    flow: (flow) => {
      if (flow.start < written)
        throw new Error(`A flow to port ${flow.dport} begins before what is already written`);
      for (const writer of writers) writer.see(flow);
    },
    advance,
    close: async () => {
      await advance(Number.POSITIVE_INFINITY);
      const counts = [];
      for (const writer of writers) {
        writer.finish();
        for (const file of writer.files) {
          await file.close();
          counts.push({ path: file.path, records: file.records() });
        }
      }
      return counts;
    },
  };
}

/** Clock offset of a second sensor in microseconds: some seconds, either way. */
export function drawClockOffset(seedLabel: string): Micros {
  const random = createRandom(`${seedLabel}/clock`);
  return Math.round((random.chance(0.5) ? 1 : -1) * random.between(0.8, 4.5) * second);
}
