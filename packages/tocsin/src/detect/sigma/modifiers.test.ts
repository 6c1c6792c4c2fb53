// Field modifiers, by what they let through in a plain reading, and the texts they refuse.
import { describe, expect, it } from 'vitest';
import { fieldExpression, type SigmaScalar } from './modifiers.ts';
import { patternOf } from './pattern.ts';
import { requiredLiterals } from './regex-literals.ts';
import { holds } from './rules.support.ts';

const utf16 = (text: string) => Buffer.from(text, 'utf16le').toString('base64');

describe('a field with modifiers', () => {
  it.each<readonly [string, readonly SigmaScalar[], string, boolean]>([
    ['F', ['Cmd.EXE'], 'cmd.exe', true],
    ['F', ['cmd'], 'cmd.exe', false],
    ['F', ['a', 'b'], 'b', true],
    ['F', [4624], '4624', true],
    ['F', [true], 'true', true],
    ['F', ['*.exe'], 'a.exe', true],
    ['F', ['prog?.exe'], 'progA.exe', true],
    ['F', ['prog?.exe'], 'prog12.exe', false],
    ['F', ['a*c*e'], 'abcde', true],
    ['F', ['100\\%'], '100\\%', true],
    ['F', ['a_b'], 'axb', false],
    ['F', ['\\*'], '*', true],
    ['F', ['\\*'], 'x', false],
    ['F', ['c:\\x\\\\*'], 'c:\\x\\any', true],
    ['F', ['a\\\\\\*'], 'a\\*', true],
    ['F', [''], '', true],
    ['F', [null], '', true],
    ['F', [null], 'x', false],
    ['F|contains', ['\\Temp\\'], 'C:\\TEMP\\x', true],
    ['F|startswith', ['C:'], 'c:\\x', true],
    ['F|endswith', ['\\cmd.exe'], 'C:\\cmd.exe', true],
    ['F|endswith', ['\\cmd.exe'], '\\cmd.exe.txt', false],
    ['F|contains|all', ['b', 'a'], 'xaxb', true],
    ['F|contains|all', ['b', 'a'], 'xa', false],
    ['F|contains|cased', ['Abc'], 'xabc', false],
    ['F|cased', ['Abc'], 'Abc', true],
    ['F|neq', ['a'], 'b', true],
    ['F|neq', ['a', 'b'], 'B', false],
    ['F|re', ['^a\\d+$'], 'a12', true],
    ['F|re', ['^a\\d+$'], 'A12', false],
    ['F|re|i', ['^a\\d+$'], 'A12', true],
    ['F|re', ['a.b'], 'a\nb', false],
    ['F|re|s', ['a.b'], 'a\nb', true],
    ['F|re|m', ['^b$'], 'a\nb', true],
    ['F|lt', [5], '4', true],
    ['F|lte', [5], '5', true],
    ['F|gt', [5], '5', false],
    ['F|gte', ['5'], '5.0', true],
    ['F|gt', [5], 'many', false],
    ['F|cidr', ['10.0.0.0/8'], '10.255.0.1', true],
    ['F|cidr', ['10.0.0.0/8'], '11.0.0.1', false],
    ['F|cidr', ['fe80::/10'], 'fe80::1', true],
    ['F|cidr', ['10.0.0.0/8'], 'printer', false],
    ['F|exists', [true], 'x', true],
    ['F|exists', [false], 'x', false],
    ['F|windash|contains', [' -enc'], 'ps /enc x', true],
    ['F|windash|contains', [' -enc'], 'ps \u2013enc x', true],
    ['F|windash|contains', [' -enc'], 'ps \u2015enc x', true],
    ['F|windash|contains', ['a-b'], 'a/b', false],
    ['F|windash|contains|all', [' -a', ' /b'], 'x /a -b', true],
    ['F|base64', ['foobar'], 'Zm9vYmFy', true],
    ['F|base64offset|contains', ['foobar'], Buffer.from('foobar').toString('base64'), true],
    ['F|base64offset|contains', ['foobar'], Buffer.from('x foobar y').toString('base64'), true],
    ['F|base64offset|contains', ['foobar'], Buffer.from('xyfoobary').toString('base64'), true],
    ['F|base64offset|contains', ['foobar'], Buffer.from('fooba').toString('base64'), false],
    ['F|utf16le|base64offset|contains', ['IEX'], utf16('; IEX (x)'), true],
    ['F|wide|base64offset|contains', ['IEX'], utf16('a;IEX (x)'), true],
    ['F|utf16|base64offset|contains', ['ab'], Buffer.from('\ufeffab', 'utf16le').toString('base64'), true],
    ['F|utf16be|base64offset|contains', ['ab'], Buffer.from([0, 97, 0, 98]).toString('base64'), true],
    ['F|wide', ['ab'], 'a\0b\0', true],
  ])('%s: %j meets %j: %j', (key, values, value, expected) => {
    expect(holds(fieldExpression(key, values), { F: value })).toBe(expected);
  });

  it('searches keywords in the whole event', () => {
    expect(holds(fieldExpression('', ['evil']), { A: 'x', B: 'an EVIL thing' })).toBe(true);
    expect(holds(fieldExpression('|all', ['evil', 'x']), { A: 'x', B: 'an EVIL thing' })).toBe(true);
    expect(holds(fieldExpression('|all', ['evil', 'y']), { A: 'x', B: 'an EVIL' })).toBe(false);
  });

  it.each<readonly [string, string, readonly SigmaScalar[], RegExp]>([
    ['placeholders', 'F|expand', ['%servers%'], /placeholders/],
    ['a modifier nobody knows', 'F|contians', ['x'], /no modifier contians/],
    ['parts of a date', 'F|hour', [3], /parts of a date/],
    ['an empty list', 'F', [], /empty list/],
    ['looking ahead', 'F|re', ['a(?!b)'], /looks around/],
    ['looking behind', 'F|re', ['(?<=a)b'], /looks around/],
    ['a back reference', 'F|re', ['(a)\\1'], /looks around or back/],
    ['a possessive quantifier', 'F|re', ['a++b'], /looks around or back/],
    ['a prefix that is none', 'F|cidr', ['10.0.0.0/99'], /network prefix/],
    ['a number that is none', 'F|lt', ['x'], /takes a number/],
    ['a text where yes or no is meant', 'F|exists', ['x'], /true or false/],
    ['wildcards in base64', 'F|base64', ['a*b'], /no wildcards/],
    ['a byte order mark in text', 'F|utf16', ['ab'], /no text/],
    ['five dashes to vary', 'F|windash', [' -a -b -c -d -e'], /four dashes/],
    ['an empty keyword', '', [''], /keyword is empty/],
    ['nothing to encode', 'F|base64', [null], /needs text/],
  ])('refuses %s with its reason', (_, key, values, reason) => {
    expect(() => fieldExpression(key, values)).toThrow(reason);
  });

  it('takes an escaped backslash before a digit for no reference', () => {
    expect(holds(fieldExpression('F|re', ['a\\\\1']), { F: 'a\\1' })).toBe(true);
  });
});

describe('escapes of a pattern', () => {
  // The five cases of the specification.
  it.each<readonly [string, readonly unknown[]]>([
    ['a\\b', ['a\\b']],
    ['a\\\\b', ['a\\b']],
    ['\\*', ['*']],
    ['\\\\*', ['\\', { wildcard: '*' }]],
    ['\\\\\\*', ['\\*']],
    ['\\\\\\\\', ['\\\\']],
    ['**a', [{ wildcard: '*' }, 'a']],
    ['??', [{ wildcard: '?' }, { wildcard: '?' }]],
  ])('%s', (text, expected) => {
    expect(patternOf(text)).toEqual(expected);
  });
});

describe('literals a regular expression requires', () => {
  it.each<readonly [string, readonly string[]]>([
    ['cmd.{0,5}(?:/c|/r)x+ echo', ['cmd', 'x', ' echo']],
    ['(?i)invoke-(expression|web)', ['invoke-']],
    ['ab?c', ['a', 'c']],
    ['a|b', []],
    ['\\\\Temp\\\\[0-9]{3}\\.exe$', ['\\Temp\\', '.exe']],
    ['a[|]b', ['a', 'b']],
    ['(a|b)', []],
    ['x\\d+y', ['x', 'y']],
    ['[]a]b', ['b']],
    ['a\\x41b', []],
  ])('%s', (pattern, expected) => {
    expect(requiredLiterals(pattern)).toEqual(expected);
  });
});
