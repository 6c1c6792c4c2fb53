// The condition language, by what it lets through when each search is known to hold or not.
import { describe, expect, it } from 'vitest';
import { conditionExpression } from './condition.ts';
import { type Expression, RuleProblem } from './expression.ts';
import { holds } from './rules.support.ts';

/** Searches that hold by name: those in the list. */
const searches = (names: readonly string[], holding: readonly string[]): ReadonlyMap<string, Expression> =>
  new Map(names.map((name) => [name, { kind: 'constant', holds: holding.includes(name) }]));

const names = ['selection', 'selection_cmd', 'filter_main', 'filter_opt', '_hidden', 'keywords'];

describe('a condition', () => {
  it.each<readonly [string, readonly string[], boolean]>([
    ['selection', ['selection'], true],
    ['selection and keywords', ['selection'], false],
    ['selection or keywords', ['keywords'], true],
    ['selection and not keywords', ['selection'], true],
    ['selection and not keywords', ['selection', 'keywords'], false],
    ['not selection', [], true],
    ['not not selection', ['selection'], true],
    ['selection or keywords and filter_main', ['selection'], true],
    ['(selection or keywords) and filter_main', ['selection'], false],
    ['not selection and keywords', ['keywords'], true],
    ['not (selection and keywords)', ['keywords'], true],
    ['1 of selection*', ['selection_cmd'], true],
    ['1 of selection_*', ['selection'], false],
    ['all of selection*', ['selection'], false],
    ['all of selection*', ['selection', 'selection_cmd'], true],
    ['any of filter_*', ['filter_opt'], true],
    ['1 of *_opt', ['filter_opt'], true],
    ['1 of f*_o*t', ['filter_opt'], true],
    ['1 of f*main*', ['filter_opt'], false],
    ['1 of them', ['_hidden'], false],
    ['1 of them', ['keywords'], true],
    ['all of them', ['selection', 'selection_cmd', 'filter_main', 'filter_opt', 'keywords'], true],
    ['1 of _hid*', ['_hidden'], true],
    ['1 of selection', ['selection_cmd'], false],
    ['selection and not 1 of filter_* and not keywords', ['selection'], true],
    ['selection AND NOT 1 OF filter_*', ['selection', 'filter_opt'], false],
    ['(((selection)))', ['selection'], true],
  ])('%s, with %j holding, is %j', (condition, holding, expected) => {
    expect(holds(conditionExpression(condition, searches(names, holding)), {})).toBe(expected);
  });

  it.each<readonly [string, string, RegExp]>([
    ['an aggregation', 'selection | count() by Image > 5', /aggregations.*count.*correlation/],
    ['near', 'selection | near keywords', /near/],
    ['an unknown search', 'selection and nothing', /"nothing", which the rule does not define/],
    ['a pattern that fits no search', '1 of other*', /"other\*", which the rule does not define/],
    ['a number beyond one', '2 of selection*', /"2" of its searches/],
    ['an open bracket', '(selection and keywords', /bracket/],
    ['a closing bracket too many', 'selection) and keywords', /goes on/],
    ['two searches without a word between', 'selection keywords', /goes on/],
    ['an end after and', 'selection and', /ends too early/],
    ['nothing', '  ', /empty/],
    ['nesting without end', `${'('.repeat(60)}selection${')'.repeat(60)}`, /too deeply/],
    ['negation without end', `${'not '.repeat(60)}selection`, /too deeply/],
  ])('refuses %s with its reason', (_, condition, reason) => {
    expect(() => conditionExpression(condition, searches(names, []))).toThrow(reason);
    expect(() => conditionExpression(condition, searches(names, []))).toThrow(RuleProblem);
  });
});
