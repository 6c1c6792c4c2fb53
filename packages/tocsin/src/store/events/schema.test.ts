// The migration that is shipped and the field dictionary say the same.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { eventTables } from '../../vocabulary/dictionary.ts';
import { shippedMigrations } from './migrations.ts';
import { eventsDdl } from './schema.ts';

it('the first migration is the DDL of the dictionary', () => {
  expect(readFileSync(new URL('./migrations/0001-events.sql', import.meta.url), 'utf8')).toBe(eventsDdl());
});

it('migrations are numbered without a gap and cut into whole statements', () => {
  const shipped = shippedMigrations();
  expect(shipped.map((migration) => Number(migration.name.slice(0, 4)))).toEqual(
    shipped.map((_, at) => at + 1),
  );
  for (const { name, statements } of shipped) {
    expect(statements.length, name).toBeGreaterThan(0);
    for (const statement of statements) expect(statement, name).toMatch(/^(CREATE|ALTER|DROP|INSERT|--)/);
  }
  expect(shipped[0]?.statements.length).toBe(eventTables.length);
});
