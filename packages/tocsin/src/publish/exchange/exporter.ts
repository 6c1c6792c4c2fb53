// What an exchange format is: it takes an investigation, whole or redacted, and settings, and gives one text file. The
// same investigation and settings give the same bytes.
import type { Investigation } from '../../vocabulary/investigation.ts';
import type { TlpLabel } from '../redact/policy.ts';
import type { Publisher } from './publisher.ts';

export interface ExportSettings {
  /** TLP 2.0 label that every file carries. Whoever gives RED has confirmed it. */
  readonly tlp: TlpLabel;
  /** Who speaks; null where it is not stated. */
  readonly publisher: Publisher | null;
}

export interface ExportFile {
  /** File name without a folder: lower-case letters, digits, `-`, `_` and `.`. */
  readonly name: string;
  readonly text: string;
}

export interface Exporter {
  /** The word for it on the command line. */
  readonly id: string;
  readonly about: string;
  /** True for formats whose documents are nothing without a publisher. */
  readonly needsPublisher: boolean;
  readonly write: (investigation: Investigation, settings: ExportSettings) => ExportFile;
}

/** What a reader cannot see, and what reorders what he sees. */
const invisible = /[\p{Cf}\u007f-\u009f\u2028\u2029]/gu;

/** JSON as files carry it: indented by one, with a last line end, invisible characters escaped. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 1).replace(invisible, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
  return `${text}\n`;
}
