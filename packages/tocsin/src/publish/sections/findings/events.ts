// The events behind a finding as a short list: per evidence item the records, runs of them joined. Event ids are
// `<evidence id>:<record>`. Pure.

export interface EventRun {
  readonly evidence: string;
  /** `12`, `15–18`, in order. */
  readonly records: readonly string[];
}

/** Event ids grouped by evidence item; items in order of first mention, records in order of position. */
export function eventRuns(ids: readonly string[]): readonly EventRun[] {
  const byItem = new Map<string, Set<number>>();
  const odd: EventRun[] = [];
  for (const id of ids) {
    const at = id.lastIndexOf(':');
    const record = Number(id.slice(at + 1));
    if (at <= 0 || !Number.isSafeInteger(record)) {
      odd.push({ evidence: id, records: [] });
      continue;
    }
    const item = id.slice(0, at);
    byItem.set(item, (byItem.get(item) ?? new Set()).add(record));
  }
  const runs = [...byItem].map(([evidence, records]) => ({
    evidence,
    records: joinedRuns([...records].sort((left, right) => left - right)),
  }));
  return [...runs, ...odd];
}

function joinedRuns(sorted: readonly number[]): readonly string[] {
  const runs: { first: number; last: number }[] = [];
  for (const record of sorted) {
    const run = runs.at(-1);
    if (run && record === run.last + 1) run.last = record;
    else runs.push({ first: record, last: record });
  }
  return runs.map(({ first, last }) => {
    if (first === last) return String(first);
    return `${first}${last === first + 1 ? ', ' : '–'}${last}`;
  });
}
