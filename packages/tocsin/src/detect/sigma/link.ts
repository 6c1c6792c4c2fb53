// Which rules a correlation refers to, and which fields it needs of their events. Takes the correlations and the rules
// that compile, gives the correlations in an order in which each comes after those it builds on.

import type { CorrelationSpec } from './correlation-spec.ts';
import { RuleProblem } from './expression.ts';
import { Projection } from './projection.ts';
import { type Refusal, refusal } from './read.ts';
import type { SigmaCorrelation } from './rule.ts';
import type { CompiledRule } from './rule-set.ts';

/** A member of a correlation: a rule by its number, or an earlier correlation by its place in the list. */
export type Member = { readonly rule: number } | { readonly correlation: number };

export interface LinkedCorrelation {
  readonly head: SigmaCorrelation;
  readonly spec: CorrelationSpec;
  readonly members: readonly Member[];
  /** For each member, the field that stands for each group-by name, and for each counted field. */
  readonly groupFields: readonly (readonly string[])[];
  readonly countFields: readonly (readonly string[])[];
  /** Reported by itself; false when only other correlations use it. */
  readonly isReported: boolean;
}

export interface Linked {
  readonly correlations: readonly LinkedCorrelation[];
  /** Fields needed of the matches of a rule, by its number. */
  readonly wanted: ReadonlyMap<number, readonly string[]>;
  /** Rules that are reported only through correlations. */
  readonly hidden: ReadonlySet<number>;
  readonly refused: readonly Refusal[];
}

/** Links correlations to the rules they name. */
export function linkCorrelations(
  correlations: readonly SigmaCorrelation[],
  rules: readonly CompiledRule[],
): Linked {
  const linker = new Linker(correlations, rules);
  for (const head of correlations) linker.link(head);
  return linker.done();
}

class Linker {
  readonly #correlations: readonly SigmaCorrelation[];
  readonly #rules = new Map<string, CompiledRule>();
  readonly #byNumber = new Map<number, CompiledRule>();
  readonly #places = new Map<SigmaCorrelation, number | RuleProblem | 'underway'>();
  readonly #linked: LinkedCorrelation[] = [];
  readonly #wanted = new Map<number, Set<string>>();
  readonly #refused: Refusal[] = [];

  constructor(correlations: readonly SigmaCorrelation[], rules: readonly CompiledRule[]) {
    this.#correlations = correlations;
    for (const compiled of rules) {
      this.#byNumber.set(compiled.number, compiled);
      for (const name of [compiled.rule.id, compiled.rule.name]) {
        if (name !== '' && !this.#rules.has(name)) this.#rules.set(name, compiled);
      }
    }
  }

  /** Place of a correlation in the list of those linked, or why it has none. */
  link(head: SigmaCorrelation): number | RuleProblem {
    const known = this.#places.get(head);
    if (known === 'underway') return new RuleProblem('correlation', 'the correlation refers to itself');
    if (known !== undefined) return known;
    this.#places.set(head, 'underway');
    let place: number | RuleProblem;
    try {
      place = this.#place(head);
    } catch (error) {
      this.#refused.push(refusal(error, head.file, head.title));
      if (!(error instanceof RuleProblem)) throw error;
      place = error;
    }
    this.#places.set(head, place);
    return place;
  }

  #place(head: SigmaCorrelation): number {
    const spec = head.correlation;
    const members = spec.rules.map((name) => this.#member(name));
    const fieldFor = (asked: string, name: string): string => spec.aliases[asked]?.[name] ?? asked;
    const fields = (asked: readonly string[]) =>
      spec.rules.map((name, at) => asked.map((field) => this.#needed(members[at], fieldFor(field, name))));
    const groupFields = fields(spec.groupBy);
    const countFields = fields(spec.fields);
    this.#linked.push({ head, spec, members, groupFields, countFields, isReported: true });
    return this.#linked.length - 1;
  }

  #member(name: string): Member {
    const rule = this.#rules.get(name);
    if (rule !== undefined) return { rule: rule.number };
    const correlation = this.#correlations.find(
      (head) => name !== '' && (head.id === name || head.name === name),
    );
    if (correlation === undefined)
      throw new RuleProblem('correlation', `no usable rule has the name or id ${name.slice(0, 80)}`);
    const place = this.link(correlation);
    if (place instanceof RuleProblem)
      throw new RuleProblem('correlation', `it builds on ${name.slice(0, 80)}, which is not usable`);
    return { correlation: place };
  }

  /** Notes that a field is needed of a member's events. @throws RuleProblem when they do not carry it */
  #needed(member: Member | undefined, field: string): string {
    if (member === undefined) return field;
    if ('correlation' in member) {
      for (const inner of this.#linked[member.correlation]?.members ?? []) this.#needed(inner, field);
      return field;
    }
    for (const { source } of this.#byNumber.get(member.rule)?.parts ?? [])
      new Projection(source).column(field);
    const wanted = this.#wanted.get(member.rule) ?? new Set();
    this.#wanted.set(member.rule, wanted.add(field));
    return field;
  }

  done(): Linked {
    const hidden = new Set<number>();
    const silent = new Set<number>();
    for (const { members, spec } of this.#linked) {
      if (spec.generates) continue;
      for (const member of members) {
        if ('rule' in member) hidden.add(member.rule);
        else silent.add(member.correlation);
      }
    }
    return {
      correlations: this.#linked.map((linked, at) => ({ ...linked, isReported: !silent.has(at) })),
      wanted: new Map([...this.#wanted].map(([number, fields]) => [number, [...fields]])),
      hidden,
      refused: this.#refused,
    };
  }
}
