// Brings a database to the present schema: numbered SQL files, each applied once and known by its SHA-256.
import { readdirSync, readFileSync } from 'node:fs';
import { TocsinError } from '../../ground/errors.ts';
import { byText, sha256 } from '../../ground/ids.ts';
import type { EventsEngine } from './engine.ts';

interface Migration {
  readonly name: string;
  readonly sha256: string;
  readonly statements: readonly string[];
}

/** The migrations that ship with this version, in order. */
export function shippedMigrations(): readonly Migration[] {
  const folder = new URL('./migrations/', import.meta.url);
  return readdirSync(folder)
    .filter((name) => /^\d{4}-.+\.sql$/.test(name))
    .sort(byText)
    .map((name) => {
      const sql = readFileSync(new URL(name, folder), 'utf8');
      const statements = sql
        .split(/;\s*(?:\n|$)/)
        .map((statement) => statement.trim())
        .filter((statement) => statement !== '');
      return { name, sha256: sha256(sql), statements };
    });
}

/**
 * Applies what has not been applied.
 * @throws TocsinError migration-changed when an applied migration has another checksum now
 */
export async function migrate(engine: EventsEngine): Promise<void> {
  await engine.execute(
    'CREATE TABLE IF NOT EXISTS migration (name String, sha256 String) ENGINE = MergeTree ORDER BY name',
  );
  const applied = new Map(
    (await engine.query('SELECT name, sha256 FROM migration')).map((row) => [
      String(row['name']),
      String(row['sha256']),
    ]),
  );
  for (const migration of shippedMigrations()) {
    const before = applied.get(migration.name);
    if (before !== undefined && before !== migration.sha256) {
      throw new TocsinError('migration-changed', { name: migration.name });
    }
    if (before !== undefined) continue;
    for (const statement of migration.statements) await engine.execute(statement);
    await engine.execute('INSERT INTO migration SELECT {name:String}, {sha256:String}', {
      name: migration.name,
      sha256: migration.sha256,
    });
  }
}
