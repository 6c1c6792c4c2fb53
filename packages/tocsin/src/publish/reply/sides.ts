// A publication and what stands against it, as rows that a reader sees side by side: the same shape whether the other
// side is an answer in words or another publication.
import { canonicalJson, type FigureDefinition, type FigureValue, type Filter } from '@tocsin/verify';
import { byText } from '../../ground/ids.ts';
import type { Figure, Incident } from '../../vocabulary/investigation.ts';
import type { Changed, Comparison } from './comparison.ts';
import type { ReplyDocument, Stance } from './reply.ts';

/** One thing both sides speak of, or only one. */
export interface SideRow {
  readonly what: string;
  /** Figure, finding or incident id. */
  readonly id: string;
  readonly first: SideValue | null;
  readonly second: SideValue | null;
  readonly says: Stance | null;
  readonly reason: string | null;
}

export type SideValue =
  | {
      readonly kind: 'figure';
      readonly value: FigureValue;
      readonly unit: string;
      /** How it is counted, where the sides count in different ways. */
      readonly counted: string | null;
    }
  | { readonly kind: 'text'; readonly text: string };

export interface SideGroup {
  readonly title: string;
  readonly about: string;
  readonly rows: readonly SideRow[];
}

const text = (words: string): SideValue => ({ kind: 'text', text: words });

/** What an answer says, by what it is about; what it accepts comes last. */
export function groupsOfReply({ responses }: ReplyDocument): readonly SideGroup[] {
  const rows = responses.map((response): SideRow & { readonly kind: string } => {
    const { kind, id, says, reason } = response;
    const base = { kind, id, says, reason } as const;
    if (response.kind === 'figure') {
      const { label, value, unit, own } = response;
      return {
        ...base,
        what: label,
        first: {
          kind: 'figure',
          value,
          unit,
          counted: own === null ? null : wayOf(response.definition, own.definition),
        },
        second:
          own === null
            ? null
            : { kind: 'figure', value: own.value, unit, counted: wayOf(own.definition, response.definition) },
      };
    }
    if (response.kind === 'finding') {
      const { detector, host, peer, weight, own_weight: own } = response;
      const what = `${detector}: ${host}${peer === null ? '' : ` and ${peer}`}`;
      return {
        ...base,
        what,
        first: text(`weighs as ${weight}`),
        second: own === null ? null : text(`weighs as ${own}`),
      };
    }
    return { ...base, what: response.title, first: text('an incident'), second: null };
  });
  const group = (title: string, about: string, says: Stance): SideGroup => ({
    title,
    about,
    rows: rows.filter((row) => row.says === says),
  });
  return [
    group('Disputed', 'The answer says that these do not hold.', 'disputed'),
    group('Qualified', 'The answer says that these hold only with what it adds.', 'qualified'),
    group('Accepted', 'Both sides say the same.', 'accepted'),
  ].filter(({ rows: of }) => of.length > 0);
}

/** What two publications say differently; what they say alike is only counted. */
export function groupsOfComparison({
  evidence,
  findings,
  incidents,
  figures,
}: Comparison): readonly SideGroup[] {
  const there = text('there');
  const only = <T>(
    items: readonly T[],
    side: 'first' | 'second',
    nameOf: (item: T) => readonly [string, string],
  ) =>
    items.map((item): SideRow => {
      const [what, id] = nameOf(item);
      return {
        what,
        id,
        first: side === 'first' ? there : null,
        second: side === 'second' ? there : null,
        says: null,
        reason: null,
      };
    });
  const groups: readonly SideGroup[] = [
    {
      title: 'Incidents',
      about: 'What happened, as each side tells it.',
      rows: [
        ...incidents.changed.flatMap(incidentRows),
        ...only(incidents.onlyFirst, 'first', ({ title, id }) => [title, id]),
        ...only(incidents.onlySecond, 'second', ({ title, id }) => [title, id]),
      ],
    },
    {
      title: 'Figures',
      about: 'Figures whose value or definition is not the same.',
      rows: [
        ...figures.changed.map(
          ({ first, second, properties }): SideRow => ({
            what: first.label,
            id: first.id,
            first: {
              kind: 'figure',
              value: first.value,
              unit: first.unit,
              counted: wayOf(first.definition, second.definition),
            },
            second: {
              kind: 'figure',
              value: second.value,
              unit: second.unit,
              counted: wayOf(second.definition, first.definition),
            },
            says: null,
            reason: reasonOf({ first, second, properties }),
          }),
        ),
        ...only(figures.onlyFirst, 'first', ({ label, id }) => [label, id]),
        ...only(figures.onlySecond, 'second', ({ label, id }) => [label, id]),
      ],
    },
    {
      title: 'Findings',
      about: 'What the detectors found.',
      rows: [
        ...findings.changed.map(
          ({ first, properties }): SideRow => ({
            what: `${first.detector}: ${first.host}`,
            id: first.id,
            first: there,
            second: there,
            says: null,
            reason: `Not the same in ${properties.join(', ')}.`,
          }),
        ),
        ...only(findings.onlyFirst, 'first', ({ detector, host, id }) => [`${detector}: ${host}`, id]),
        ...only(findings.onlySecond, 'second', ({ detector, host, id }) => [`${detector}: ${host}`, id]),
      ],
    },
    {
      title: 'Evidence',
      about: 'Files, by their content.',
      rows: [
        ...evidence.changed.map(
          ({ first, properties }): SideRow => ({
            what: first.path,
            id: first.id,
            first: there,
            second: there,
            says: null,
            reason: `Read differently: ${properties.join(', ')}.`,
          }),
        ),
        ...only(evidence.onlyFirst, 'first', ({ path, id }) => [path, id]),
        ...only(evidence.onlySecond, 'second', ({ path, id }) => [path, id]),
      ],
    },
  ];
  return groups.filter(({ rows }) => rows.length > 0);
}

function incidentRows({ first, second, properties }: Changed<Incident>): readonly SideRow[] {
  const row = (what: string, left: string, right: string): SideRow => ({
    what: `${first.title}: ${what}`,
    id: first.id,
    first: text(left),
    second: text(right),
    says: null,
    reason: null,
  });
  const theft = ({ theft: taken }: Incident) =>
    taken === null
      ? 'none'
      : `${taken.best_bytes} bytes, between ${taken.minimum_bytes} and ${taken.maximum_bytes}, to ${taken.to.map(({ ip }) => ip).join(', ')}`;
  const entry = ({ entry: by }: Incident) =>
    by === null ? 'not known' : `${by.host}${by.from === null ? '' : ` from ${by.from}`}, ${by.technique}`;
  const members = (list: readonly { readonly ip: string; readonly role: string }[]) =>
    list.length === 0
      ? 'none'
      : [...list]
          .sort((left, right) => byText(left.role, right.role) || byText(left.ip, right.ip))
          .map(({ ip, role }) => `${ip} (${role})`)
          .join(', ');
  const told: Readonly<Record<string, SideRow>> = {
    title: row('title', first.title, second.title),
    entry: row('entry', entry(first), entry(second)),
    hosts: row('machines', members(first.hosts), members(second.hosts)),
    outside: row('outside parties', members(first.outside), members(second.outside)),
    theft: row('taken', theft(first), theft(second)),
    first_seen: row('first seen', first.first_seen, second.first_seen),
    last_seen: row('last seen', first.last_seen, second.last_seen),
  };
  return properties.map((property) => told[property] ?? row(property, 'as published', 'different'));
}

/** What is not the same of two figures besides their values; null when the values say it. */
function reasonOf({ first, second, properties }: Changed<Figure>): string | null {
  if (properties.includes('label')) return `Called ${second.label} by the second.`;
  if (properties.includes('value')) return null;
  const way = ({ definition }: Figure, { definition: other }: Figure) =>
    wayOf(definition, other) ?? 'in another way';
  return properties.includes('definition')
    ? `The same value: the first ${way(first, second)}, the second ${way(second, first)}.`
    : `Not the same in ${properties.join(', ')}.`;
}

/** In words, the filters of a definition that another does not have; null when it has all. */
function wayOf(definition: FigureDefinition, other: FigureDefinition): string | null {
  const known = new Set(other.where.map((filter) => canonicalJson(filter)));
  const own = definition.where.filter((filter) => !known.has(canonicalJson(filter)));
  if (own.length > 0) return `counted where ${own.map(filterText).join(', and ')}`;
  return definition.where.length < other.where.length ? 'counted without that condition' : null;
}

function filterText(filter: Filter): string {
  switch (filter.op) {
    case '=':
      return `${filter.column} is ${String(filter.value)}`;
    case 'in':
      return `${filter.column} is one of ${filter.values.slice(0, 10).map(String).join(', ')}${filter.values.length > 10 ? ' …' : ''}`;
    case 'range':
      return `${filter.column} is ${[
        ...(filter.from === undefined ? [] : [`from ${String(filter.from)} on`]),
        ...(filter.to === undefined ? [] : [`below ${String(filter.to)}`]),
      ].join(' and ')}`;
    case 'cidr':
      return `${filter.column} is in ${filter.prefix}`;
    case 'prefix':
      return `${filter.column} begins with ${filter.text}`;
  }
}
