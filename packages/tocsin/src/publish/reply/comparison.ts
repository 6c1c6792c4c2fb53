// Two accounts of an attack, side by side: what both say, what only one says, and what they say differently. Takes two
// investigations (a publication and its correction, a rerun, a counter-report's own), gives every difference by name.
import { canonicalJson } from '@tocsin/verify';
import { byText } from '../../ground/ids.ts';
import type { Finding } from '../../vocabulary/finding.ts';
import type { EvidenceItem, Figure, Incident, Investigation } from '../../vocabulary/investigation.ts';

/** What one or both of two accounts hold under one name. */
export interface Sides<T> {
  readonly onlyFirst: readonly T[];
  readonly onlySecond: readonly T[];
  readonly changed: readonly Changed<T>[];
  readonly same: number;
}

export interface Changed<T> {
  readonly first: T;
  readonly second: T;
  /** Names of the properties that differ, in byte order. */
  readonly properties: readonly string[];
}

export interface Comparison {
  /** Files, by their content. */
  readonly evidence: Sides<EvidenceItem>;
  readonly findings: Sides<Finding>;
  readonly incidents: Sides<Incident>;
  readonly figures: Sides<Figure>;
}

/** Compares two investigations; what is named in both is the same when every property is. */
export function compareInvestigations(first: Investigation, second: Investigation): Comparison {
  return {
    evidence: sides(first.evidence, second.evidence, (item) => item.sha256, [
      'format',
      'records',
      'events',
      'rejects',
      'headers',
      'first',
      'last',
    ]),
    findings: sides(first.findings, second.findings, (finding) => finding.id, [
      'weight',
      'score',
      'event_count',
      'events',
      'detail',
      'peers',
      'organisation',
      'sql_sha256',
    ]),
    incidents: sides(first.incidents, second.incidents, incidentKeys(first, second), [
      'title',
      'organisation',
      'sector',
      'first_seen',
      'last_seen',
      'findings',
      'entry',
      'hosts',
      'outside',
      'theft',
      'rhythm',
      'relays',
      'chains',
    ]),
    figures: sides(first.figures, second.figures, (figure) => figure.id, [
      'value',
      'definition',
      'unit',
      'label',
    ]),
  };
}

/** Whether two accounts say the same of everything. */
export function isSame({ evidence, findings, incidents, figures }: Comparison): boolean {
  return [evidence, findings, incidents, figures].every(
    ({ onlyFirst, onlySecond, changed }) =>
      onlyFirst.length === 0 && onlySecond.length === 0 && changed.length === 0,
  );
}

/**
 * Incidents are the same one when their ids are; those of one account only are matched by the findings they share, the
 * largest overlap first, so that an incident that gained a finding is a changed one and not two others.
 */
function incidentKeys(first: Investigation, second: Investigation): (incident: Incident) => string {
  const known = new Set(first.incidents.map(({ id }) => id));
  const taken = new Set(second.incidents.map(({ id }) => id).filter((id) => known.has(id)));
  const pairs = second.incidents
    .filter(({ id }) => !known.has(id))
    .flatMap((incident) =>
      first.incidents
        .filter(({ id }) => !taken.has(id))
        .map((candidate) => ({
          id: incident.id,
          of: candidate.id,
          shared: incident.findings.filter((finding) => candidate.findings.includes(finding)).length,
        })),
    )
    .filter(({ shared }) => shared > 0)
    .sort(
      (left, right) => right.shared - left.shared || byText(left.id, right.id) || byText(left.of, right.of),
    );
  const keys = new Map<string, string>();
  for (const { id, of } of pairs) {
    if (keys.has(id) || taken.has(of)) continue;
    keys.set(id, of);
    taken.add(of);
  }
  return ({ id }) => keys.get(id) ?? id;
}

function sides<T extends object>(
  first: readonly T[],
  second: readonly T[],
  keyOf: (item: T) => string,
  properties: readonly (keyof T & string)[],
): Sides<T> {
  const ofFirst = byKey(first, keyOf);
  const ofSecond = byKey(second, keyOf);
  const changed: Changed<T>[] = [];
  let same = 0;
  for (const [key, left] of ofFirst) {
    const right = ofSecond.get(key);
    if (right === undefined) continue;
    const differing = properties
      .filter((property) => canonicalJson(left[property]) !== canonicalJson(right[property]))
      .sort(byText);
    if (differing.length === 0) same += 1;
    else changed.push({ first: left, second: right, properties: differing });
  }
  return {
    onlyFirst: [...ofFirst].filter(([key]) => !ofSecond.has(key)).map(([, item]) => item),
    onlySecond: [...ofSecond].filter(([key]) => !ofFirst.has(key)).map(([, item]) => item),
    changed,
    same,
  };
}

/** In order of the keys; of several items of one key the first. */
function byKey<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const item of items) if (!found.has(keyOf(item))) found.set(keyOf(item), item);
  return new Map([...found].sort(([left], [right]) => byText(left, right)));
}
