// Opens the events store the configuration names, with its schema in place.
import { mkdirSync } from 'node:fs';
import { openCluster } from './cluster.ts';
import { openEmbedded } from './embedded.ts';
import type { EngineSettings, EventsEngine } from './engine.ts';
import { migrate } from './migrations.ts';

export interface EventsStoreSettings extends EngineSettings {
  /** A ClickHouse server's URL; null for the embedded engine. */
  readonly url: string | null;
  /** Directory of the embedded engine's data; made when missing. */
  readonly directory: string;
}

/** Opens the store. @throws TocsinError engine-gone, engine-failed, migration-changed */
export async function openEventsStore(settings: EventsStoreSettings): Promise<EventsEngine> {
  let engine: EventsEngine;
  if (settings.url === null) {
    mkdirSync(settings.directory, { recursive: true });
    engine = await openEmbedded(settings.directory, settings);
  } else {
    engine = await openCluster(settings.url, settings);
  }
  await migrate(engine);
  return engine;
}
