// Which parameters leave the request line, and what they look like in the query's text.
import { describe, expect, it } from 'vitest';
import { withLongValues } from './long-values.ts';

const long = 'x'.repeat(20_000);

describe('long values', () => {
  it('stay parameters while they are short', () => {
    const asked = withLongValues('SELECT {a:String}', { a: 'x' });
    expect(asked).toEqual({ query: 'SELECT {a:String}', parameters: { a: 'x' }, settings: {} });
  });

  it('become literals of their type, wherever they are named', () => {
    const asked = withLongValues("SELECT {a:String}, {b:UInt8}, {a: DateTime64(6, 'UTC')}", {
      a: long,
      b: 1,
    });
    expect(asked.query).toBe(
      `SELECT CAST('${long}', 'String'), {b:UInt8}, CAST('${long}', 'DateTime64(6, \\'UTC\\')')`,
    );
    expect(asked.parameters).toEqual({ b: 1 });
    expect(asked.settings.max_query_size).toBeGreaterThan(asked.query.length);
  });

  it('cannot end their literal', () => {
    const { query } = withLongValues('SELECT {a:Array(String)}', {
      a: ["'); DROP TABLE x --", '\\', '\0', long],
    });
    expect(query).toBe(
      `SELECT CAST('[\\'\\\\\\'); DROP TABLE x --\\',\\'\\\\\\\\\\',\\'\\\\0\\',\\'${long}\\']', 'Array(String)')`,
    );
  });

  it('are told by what they are together', () => {
    const half = 'x'.repeat(10_000);
    const { parameters } = withLongValues('SELECT {a:String}, {b:String}, {c:String}', {
      a: half,
      b: half,
      c: 'c',
    });
    expect(Object.keys(parameters)).toEqual(['a', 'c']);
  });

  it('leave alone what only looks like a parameter', () => {
    const query = "SELECT '{a}', {other:String}, {a:String}";
    expect(withLongValues(query, { a: long }).query).toContain("SELECT '{a}', {other:String}, CAST(");
  });
});
