// The command line: words in, exit status out (0 done or verified, 1 bad input or a mismatch, 130 interrupted).
import { parseArgs } from 'node:util';
import { systemClock } from '../ground/clock.ts';
import { type Config, loadConfig } from '../ground/config.ts';
import { TocsinError } from '../ground/errors.ts';
import { openLog } from '../ground/log.ts';
import { type Command, commands, help } from './commands.ts';
import { openProgress } from './progress.ts';

/** Runs one command line. Never throws: what goes wrong is said on standard error. */
export async function run(args: readonly string[]): Promise<number> {
  const [word = 'help', ...rest] = args;
  if (word === 'help' || word === '--help' || word === '-h') {
    process.stdout.write(help());
    return 0;
  }
  const progress = openProgress(process.stderr);
  let endWork: () => void = () => undefined;
  const interrupted = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        endWork();
        progress.end();
        process.stderr.write('Interrupted. Nothing outside the output folder was changed.\n');
        resolve(130);
      });
    }
  });
  try {
    const command = commands.get(word);
    if (command === undefined) throw new TocsinError('usage', { detail: `there is no command ${word}` });
    const { values, positionals } = parse(command, rest);
    if (values['help'] === true) {
      process.stdout.write(help(word));
      return 0;
    }
    const config = configFrom(values);
    const log = openLog({ level: config.log_level, clock: systemClock });
    const around = {
      config,
      clock: systemClock,
      log,
      progress,
      onInterrupt: (end: () => void) => {
        endWork = end;
      },
    };
    const status = await Promise.race([command.run({ values, positionals, around }), interrupted]);
    if (status === 130) process.exit(130);
    return status;
  } catch (error) {
    progress.end();
    if (!(error instanceof TocsinError)) throw error;
    process.stderr.write(`tocsin: ${error.message}\n${error.remedy}\n`);
    return error.exitCode;
  }
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function parse(
  command: Command,
  args: readonly string[],
): { readonly values: Values; readonly positionals: readonly string[] } {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, ...sharedOptions }).map(([name, option]) => [
      name,
      { type: option.type },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    });
    return { values: { ...values } as Values, positionals };
  } catch (error) {
    const detail =
      error instanceof Error ? (error.message.split('. ')[0] ?? 'unknown option') : 'unknown option';
    throw new TocsinError('usage', { detail }, error);
  }
}

const sharedOptions = {
  help: { type: 'boolean' },
  config: { type: 'string' },
  'assume-zone': { type: 'string' },
  'assume-year': { type: 'string' },
} as const;

function configFrom(values: Values): Config {
  const text = (name: string) => (typeof values[name] === 'string' ? String(values[name]) : undefined);
  const file = text('config');
  return loadConfig({
    ...(file === undefined ? {} : { file }),
    overrides: {
      assumed_zone_minutes: zoneMinutes(text('assume-zone')),
      assumed_year: wholeNumber(text('assume-year')),
    },
  });
}

function zoneMinutes(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(text);
  if (text === 'Z' || text === 'UTC') return 0;
  if (!match) throw new TocsinError('usage', { detail: '--assume-zone takes an offset such as +08:00' });
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{4}$/.test(text))
    throw new TocsinError('usage', { detail: '--assume-year takes a year such as 2024' });
  return Number(text);
}
