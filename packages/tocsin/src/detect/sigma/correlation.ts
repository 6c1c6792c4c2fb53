// What correlation rules find among the matches of other rules: so many events, so many values, or several rules
// together, within a timespan that slides and belongs to no clock. Pure code over events in order of time.
import type { Comparison, CorrelationSpec } from './correlation-spec.ts';

/** A match of a rule a correlation refers to. */
export interface CorrelatedEvent {
  /** Position of that rule in the correlation's list. */
  readonly member: number;
  /** Microseconds since the epoch; a safe integer. */
  readonly micros: number;
  /** Values of the group-by fields, in their order. */
  readonly group: readonly string[];
  /** Values of the counted fields; empty unless values are counted. */
  readonly value: string;
  /** The events it stands on. */
  readonly events: readonly EventReference[];
}

export interface EventReference {
  readonly table: string;
  readonly evidenceId: string;
  readonly record: number;
  readonly micros: number;
  /** Values of fields other correlations need of it. */
  readonly values: Readonly<Record<string, string>>;
  readonly place: Place;
}

/** Whose event it is. */
export interface Place {
  readonly host: string;
  readonly direction: string;
  readonly peer: string;
}

/** A stretch of time in which a correlation held. */
export interface CorrelationMatch {
  readonly group: readonly string[];
  readonly firstMicros: number;
  readonly lastMicros: number;
  /** The first of its events; `eventCount` has them all. */
  readonly events: readonly EventReference[];
  readonly eventCount: number;
}

/** Events kept with a match. */
const maxEvents = 1000;

interface Group {
  readonly values: readonly string[];
  readonly window: CorrelatedEvent[];
  /** Matches of each member, or events with each value, in the window. */
  readonly counts: Map<string, number>;
  episode: {
    readonly events: CorrelatedEvent[];
    firstMicros: number;
    lastMicros: number;
    count: number;
  } | null;
  /** For ordered correlations: latest beginning of a chain that has come so far. */
  readonly begun: (number | null)[];
}

/**
 * The matches of a correlation, in order of their first event. Events must come in order of time. While the condition
 * holds from one event to the next, it is one match.
 */
export class Correlator {
  readonly #spec: CorrelationSpec;
  readonly #spanMicros: number;
  readonly #groups = new Map<string, Group>();
  readonly #found: CorrelationMatch[] = [];

  constructor(spec: CorrelationSpec) {
    this.#spec = spec;
    this.#spanMicros = spec.timespanS * 1e6;
  }

  /** Takes the next event. */
  add(event: CorrelatedEvent): void {
    const group = this.#group(event.group);
    const oldest = event.micros - this.#spanMicros;
    let gone = 0;
    while (gone < group.window.length && (group.window[gone]?.micros ?? 0) < oldest) gone += 1;
    for (const old of group.window.splice(0, gone)) this.#count(group, old, -1);
    group.window.push(event);
    this.#count(group, event, 1);
    if (this.#spec.type === 'temporal_ordered') this.#advance(group, event, oldest);
    else this.#judge(group, event);
  }

  /** The matches, once all events have been taken. */
  end(): readonly CorrelationMatch[] {
    for (const group of this.#groups.values()) this.#close(group);
    return [...this.#found].sort(
      (left, right) => left.firstMicros - right.firstMicros || left.lastMicros - right.lastMicros,
    );
  }

  #group(values: readonly string[]): Group {
    const key = JSON.stringify(values);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const begun = this.#spec.rules.map(() => null);
    const group: Group = { values, window: [], counts: new Map(), episode: null, begun };
    this.#groups.set(key, group);
    return group;
  }

  #count({ counts }: Group, event: CorrelatedEvent, by: number): void {
    if (this.#spec.type === 'event_count') return;
    const key = this.#spec.type === 'value_count' ? event.value : String(event.member);
    if (key === '' && this.#spec.type === 'value_count') return;
    const left = (counts.get(key) ?? 0) + by;
    if (left === 0) counts.delete(key);
    else counts.set(key, left);
  }

  #judge(group: Group, event: CorrelatedEvent): void {
    const count = this.#spec.type === 'event_count' ? group.window.length : group.counts.size;
    const holds =
      this.#spec.condition.length === 0
        ? count >= new Set(this.#spec.rules).size
        : this.#spec.condition.every(({ compare, value }) => isSo(count, compare, value));
    if (!holds) {
      this.#close(group);
      return;
    }
    if (group.episode === null) {
      group.episode = {
        events: group.window.slice(0, maxEvents),
        firstMicros: group.window[0]?.micros ?? event.micros,
        lastMicros: event.micros,
        count: group.window.length,
      };
      return;
    }
    group.episode.count += 1;
    group.episode.lastMicros = event.micros;
    if (group.episode.events.length < maxEvents) group.episode.events.push(event);
  }

  /** Every member after the one before it, all within the span. */
  #advance(group: Group, event: CorrelatedEvent, oldest: number): void {
    const last = this.#spec.rules.length - 1;
    // From the end, so that one event is not two steps of a chain.
    for (let step = last; step >= 0; step -= 1) {
      if (!this.#isMember(event, step)) continue;
      const begun = step === 0 ? event.micros : (group.begun[step - 1] ?? null);
      if (begun === null || begun < oldest) continue;
      const before = group.begun[step] ?? null;
      group.begun[step] = before === null ? begun : Math.max(before, begun);
    }
    const begun = group.begun[last] ?? null;
    if (begun === null) return;
    const chain = group.window.filter(({ micros }) => micros >= begun);
    this.#found.push(matchOf(group, chain, chain.length, begun, event.micros));
    group.begun.fill(null);
  }

  #isMember(event: CorrelatedEvent, step: number): boolean {
    return this.#spec.rules[event.member] === this.#spec.rules[step];
  }

  #close(group: Group): void {
    const { episode } = group;
    if (episode === null) return;
    this.#found.push(matchOf(group, episode.events, episode.count, episode.firstMicros, episode.lastMicros));
    group.episode = null;
  }
}

function matchOf(
  group: Group,
  events: readonly CorrelatedEvent[],
  count: number,
  firstMicros: number,
  lastMicros: number,
): CorrelationMatch {
  return {
    group: group.values,
    firstMicros,
    lastMicros,
    events: events.flatMap((event) => event.events).slice(0, maxEvents),
    eventCount:
      events.reduce((sum, event) => sum + event.events.length, 0) + Math.max(0, count - events.length),
  };
}

function isSo(count: number, compare: Comparison, value: number): boolean {
  switch (compare) {
    case 'gt':
      return count > value;
    case 'gte':
      return count >= value;
    case 'lt':
      return count < value;
    case 'lte':
      return count <= value;
    case 'eq':
      return count === value;
    case 'neq':
      return count !== value;
    default:
      return compare satisfies never;
  }
}
