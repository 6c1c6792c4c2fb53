// All exchange formats at once, for a publication.
import type { Investigation } from '../../vocabulary/investigation.ts';
import { exporters } from '../exporters/registry.generated.ts';
import type { ExportSettings } from './exporter.ts';

/**
 * Every format of an investigation, by file name; without a publisher those are left out that need one. The label is the
 * caller's: whoever gives RED has it confirmed.
 */
export function exportAll(
  investigation: Investigation,
  settings: ExportSettings,
): ReadonlyMap<string, Uint8Array> {
  return new Map(
    exporters
      .filter(({ needsPublisher }) => !needsPublisher || settings.publisher !== null)
      .map(({ write }) => {
        const { name, text } = write(investigation, settings);
        return [name, new TextEncoder().encode(text)];
      }),
  );
}
