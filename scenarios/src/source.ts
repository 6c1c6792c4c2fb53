// Three ways to act over time, from which every source is composed: at planned instants, again and again,
// and at random with a rate.
import type { Sink, Source } from './flow.ts';
import { hour, type Micros } from './moment.ts';
import type { Random } from './random.ts';

/** What happens at an instant. */
export type Act = (at: Micros, sink: Sink) => void;

/** Acts at planned instants. Plans before the first window are skipped, those after the last never happen. */
export function planned(name: string, plan: readonly { readonly at: Micros; readonly act: Act }[]): Source {
  const queue = plan
    .map((item, order) => ({ ...item, order }))
    .sort((a, b) => a.at - b.at || a.order - b.order);
  let next = 0;
  return {
    name,
    emit: ({ from, to }, sink) => {
      for (let item = queue[next]; item !== undefined && item.at < to; item = queue[next]) {
        next += 1;
        if (item.at >= from) item.act(item.at, sink);
      }
    },
  };
}

/** Acts at `first` and then after each gap (microseconds, at least 1). */
export function recurring(
  name: string,
  given: {
    readonly first: Micros;
    readonly gap: (at: Micros) => number;
    readonly act: Act;
    readonly until?: Micros;
  },
): Source {
  let next = Math.round(given.first);
  const until = given.until ?? Number.POSITIVE_INFINITY;
  return {
    name,
    emit: ({ from, to }, sink) => {
      for (; next < to && next < until; next += Math.max(1, Math.round(given.gap(next)))) {
        if (next >= from) given.act(next, sink);
      }
    },
  };
}

/** Acts at random with a mean number per hour that may change with the time of day. */
export function random(
  name: string,
  given: { readonly random: Random; readonly perHour: (at: Micros) => number; readonly act: Act },
): Source {
  return {
    name,
    emit: ({ from, to }, sink) => {
      const count = given.random.poisson((given.perHour((from + to) / 2) * (to - from)) / hour);
      for (let done = 0; done < count; done += 1) {
        given.act(Math.floor(given.random.between(from, to)), sink);
      }
    },
  };
}
