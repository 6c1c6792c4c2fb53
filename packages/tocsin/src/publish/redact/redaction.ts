// The investigation as a publication shows it. What is withheld is replaced in every text, lists whose order would tell
// the order of the names are ordered anew, and rows keep their number.
import { type Cell, type Column, canonicalJson, type Row } from '@tocsin/verify';
import { byText } from '../../ground/ids.ts';
import { addressNumber, parsePrefix } from '../../vocabulary/address.ts';
import type { Finding } from '../../vocabulary/finding.ts';
import type { Incident, Investigation, OutsideParty } from '../../vocabulary/investigation.ts';
import type { Unfigured } from '../catalogue/tables.ts';
import type { Policy } from './policy.ts';
import { Pseudonyms } from './pseudonyms.ts';

/** The pseudonyms of a publication. */
export function pseudonymsOf(policy: Policy, investigation: Investigation, secret: Uint8Array): Pseudonyms {
  const prefixes = investigation.constituency.organisations
    .flatMap(({ organisation, prefixes: texts }) =>
      texts.flatMap((text) => {
        const prefix = parsePrefix(text);
        return prefix === null ? [] : [{ organisation, prefix }];
      }),
    )
    .sort((left, right) => right.prefix.bits - left.prefix.bits);
  return new Pseudonyms(policy, investigation, secret, {
    organisationOf: (ip) => {
      const number = addressNumber(ip);
      const found =
        number === null
          ? undefined
          : prefixes.find(({ prefix }) => number >= prefix.first && number <= prefix.last);
      return found?.organisation ?? null;
    },
  });
}

/** The investigation without figures, as the policy shows it; its lists still in the order of the original ones. */
export function redacted(investigation: Unfigured, policy: Policy, names: Pseudonyms): Unfigured {
  const inside = policy.details === 'withheld' ? withoutDetails(investigation) : investigation;
  const grouped = withoutSmallGroups(inside, policy);
  const shown = { ...grouped, constituency: shownConstituency(investigation, names) };
  // The shape stays: only texts are replaced.
  return replacedIn(shown, names) as Unfigured;
}

/** The same with every list in an order that the names it shows give. */
export function ordered(investigation: Unfigured, policy: Policy): Unfigured {
  return {
    ...investigation,
    evidence: inOrder(investigation.evidence, ({ path, id }) => [path, id]),
    constituency: {
      ...investigation.constituency,
      organisations: inOrder(
        investigation.constituency.organisations.map((entry) => ({
          ...entry,
          prefixes: [...entry.prefixes].sort(byText),
        })),
        ({ organisation }) => [organisation],
      ),
    },
    findings: [...investigation.findings]
      .map((finding) => ({ ...finding, peers: [...finding.peers].sort(byText) }))
      .sort((left, right) => byText(left.first_seen, right.first_seen) || byText(left.id, right.id)),
    incidents: investigation.incidents.map((incident) => reordered(incident, policy)),
  };
}

/** Every text in a value replaced; names of properties stay. */
function replacedIn(value: unknown, names: Pseudonyms): unknown {
  if (typeof value === 'string') return names.text(value);
  if (Array.isArray(value)) return value.map((item) => replacedIn(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replacedIn(item, names)]));
}

/** Texts that findings quote from the logs, and the selectors that repeat them, left out; numbers stay. */
function withoutDetails(investigation: Unfigured): Unfigured {
  const isTold = (value: Finding['detail'][string]) =>
    typeof value === 'number' || typeof value === 'boolean';
  return {
    ...investigation,
    findings: investigation.findings.map((finding) => ({
      ...finding,
      detail: Object.fromEntries(Object.entries(finding.detail).filter(([, value]) => isTold(value))),
      selectors: [],
    })),
  };
}

function shownConstituency({ constituency }: Unfigured, names: Pseudonyms): Investigation['constituency'] {
  return {
    ...constituency,
    organisations: constituency.organisations.map(({ organisation, sector, prefixes }) => ({
      organisation,
      sector: names.disclosureOf(organisation) === 'withheld' ? '' : sector,
      prefixes,
    })),
  };
}

/** Countries and networks that few outside addresses share say who these are: they are not stated. */
function withoutSmallGroups(investigation: Unfigured, { outside, smallest_group: least }: Policy): Unfigured {
  const sizes = new Map<string, Set<string>>();
  const keyOf = (kind: 'country' | 'asn', party: OutsideParty) => `${kind} ${String(party[kind])}`;
  for (const party of investigation.incidents.flatMap((incident) => incident.outside))
    for (const kind of ['country', 'asn'] as const) {
      const key = keyOf(kind, party);
      sizes.set(key, (sizes.get(key) ?? new Set()).add(party.ip));
    }
  const isLarge = (kind: 'country' | 'asn', party: OutsideParty) =>
    (sizes.get(keyOf(kind, party))?.size ?? 0) >= least;
  return {
    ...investigation,
    incidents: investigation.incidents.map((incident) => ({
      ...incident,
      outside: incident.outside.map((party) => {
        // The network of a withheld address would name its owner.
        const isNamed = outside === 'full' && isLarge('asn', party);
        return {
          ...party,
          country: isLarge('country', party) ? party.country : null,
          asn: isNamed ? party.asn : null,
          as_name: isNamed ? party.as_name : null,
        };
      }),
    })),
  };
}

function reordered(incident: Incident, { files }: Policy): Incident {
  const theft = incident.theft;
  return {
    ...incident,
    findings: [...incident.findings].sort(byText),
    hosts: inOrder(incident.hosts, ({ role, ip }) => [role, ip]),
    outside: inOrder(incident.outside, ({ role, ip }) => [role, ip]),
    edges: inOrder(incident.edges, ({ kind, from, to }) => [kind, from, to]),
    relays: inOrder(
      incident.relays.map((relay) => ({
        ...relay,
        controllers: [...relay.controllers].sort(byText),
        targets: [...relay.targets].sort(byText),
      })),
      ({ host }) => [host],
    ),
    theft:
      theft === null
        ? null
        : {
            ...theft,
            to: [...theft.to].sort((left, right) => right.bytes - left.bytes || byText(left.ip, right.ip)),
            ledger: inOrder(theft.ledger, ({ day, victim, destination }) => [day, victim, destination]),
            files: files === 'withheld' ? [] : theft.files,
          },
  };
}

function inOrder<T>(items: readonly T[], keyOf: (item: T) => readonly string[]): readonly T[] {
  return [...items].sort((left, right) => byText(keyOf(left).join('\u0000'), keyOf(right).join('\u0000')));
}

export interface ShownTable {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Withheld columns by the column of pseudonyms that stands for them. */
  readonly standsFor: Readonly<Record<string, string>>;
}

/**
 * A table as the policy shows it: a column in which anything is replaced becomes two, what is shown and, withheld, what
 * it stands for. Takes the rows as they are and as they are shown, in one order; gives them ordered by what is shown.
 */
export function shownTable(
  columns: readonly Column[],
  rows: readonly Row[],
  shownRows: readonly Row[],
): ShownTable {
  const isChanged = (name: string) =>
    rows.some((row, at) => canonicalJson(row[name] ?? null) !== canonicalJson(shownRows[at]?.[name] ?? null));
  const changed = columns.filter(({ name }) => isChanged(name));
  const names = new Set(changed.map(({ name }) => name));
  const orderOf = (row: Row) => canonicalJson(columns.map(({ name }) => row[name] ?? null));
  return {
    columns: [
      ...columns.map((column) =>
        names.has(column.name) && column.type === 'address' ? { ...column, type: 'text' as const } : column,
      ),
      ...changed.map((column) => ({ ...column, name: withheldName(column.name) })),
    ],
    rows: rows
      .map((row, at) => {
        const shown = shownRows[at] ?? row;
        const hidden = changed.map(({ name }): [string, Cell] => [withheldName(name), row[name] ?? null]);
        return { order: orderOf(shown), row: { ...shown, ...Object.fromEntries(hidden) } };
      })
      .sort((left, right) => byText(left.order, right.order))
      .map(({ row }) => row),
    standsFor: Object.fromEntries(changed.map(({ name }) => [name, withheldName(name)])),
  };
}

function withheldName(column: string): string {
  return `${column}_withheld`;
}

/** A row with its texts replaced. */
export function shownRow(row: Row, names: Pseudonyms): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, cell]): [string, Cell] => [
      name,
      typeof cell === 'string' ? names.text(cell) : cell,
    ]),
  );
}
