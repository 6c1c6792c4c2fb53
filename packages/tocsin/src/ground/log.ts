// The log: JSON lines on standard error, {time, level, event, ...fields}. Fields are counts, flags and ids only, held
// to it by type and again when written, so that no line can carry evidence.
import { isIP } from 'node:net';
import type { Clock } from './clock.ts';

/** From the most serious to the least. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

declare const idMark: unique symbol;
/** Text known to be an id or a fixed word; made by `idText`. */
export type IdText = string & { readonly [idMark]: true };

export type LogFields = Readonly<Record<string, number | boolean | IdText>>;

export interface Log {
  /** Writes a line when `level` is at or above the level of the log. @param event fixed words in kebab case */
  readonly write: (level: LogLevel, event: string, fields?: LogFields) => void;
}

export interface LogSettings {
  readonly level: LogLevel;
  readonly clock: Clock;
  /** Receives each line with its line end; standard error unless given. */
  readonly out?: (line: string) => void;
}

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const isId = (text: string): text is IdText => idPattern.test(text) && isIP(text) === 0;

// The one text that is an id by definition.
const withheld = 'withheld' as IdText;

/** Marks text as an id; what does not look like one, or is an address, becomes `withheld`. At most 64 characters. */
export function idText(text: string): IdText {
  return isId(text) ? text : withheld;
}

/** Opens the log. Lines go out in the order written; nothing is held back. */
export function openLog(settings: LogSettings): Log {
  const least = logLevels.indexOf(settings.level);
  const out = settings.out ?? ((line: string) => void process.stderr.write(line));
  return {
    write(level, event, fields = {}) {
      if (logLevels.indexOf(level) > least) return;
      const line: Record<string, unknown> = {
        time: new Date(settings.clock.nowMs()).toISOString(),
        level,
        event: idText(event),
      };
      for (const [name, value] of Object.entries(fields)) {
        // A field cannot take the place of one of the three.
        if (!(name in line) && /^[a-z][a-z0-9_]{0,63}$/.test(name)) line[name] = safeValue(value);
      }
      out(`${JSON.stringify(line)}\n`);
    },
  };
}

/** Callers that got past the type still write no text that is no id. */
function safeValue(value: unknown): number | boolean | string | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' ? idText(value) : withheld;
}
