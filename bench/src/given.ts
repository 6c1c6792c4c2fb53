// What `investigate` may be given, measured: Sigma rules over program starts, a list of indicators over flows.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rebuildConversations } from '../../packages/tocsin/src/detect/conversations.ts';
import { matchIndicators } from '../../packages/tocsin/src/detect/indicator-match/match.ts';
import { sigmaDetection } from '../../packages/tocsin/src/detect/sigma/detection.ts';
import { establishConstituency } from '../../packages/tocsin/src/feeds/constituency.ts';
import { establishIndicators } from '../../packages/tocsin/src/feeds/indicators.ts';
import type { EventsEngine } from '../../packages/tocsin/src/store/events/engine.ts';
import { createNumbers } from './flows.ts';
import { programStartsSql } from './programs.ts';
import { writeRules } from './rules.ts';
import { type Lap, startWatch } from './stopwatch.ts';
import type { Timing } from './timing.ts';
import { withEngine, withLoaded } from './tocsin.ts';

/** Rules asked one by one to know what a single rule's scan takes. */
const singleRules = 7;

/** Single rules, then all of them at once, over the same program starts. */
export async function rulesRun(
  scratch: string,
  { rules, events }: { readonly rules: number; readonly events: number },
): Promise<Timing> {
  return withEngine(scratch, async (engine) => {
    await engine.execute(programStartsSql, { events });
    await establishConstituency(engine, null);
    const steps: Record<string, Lap> = {};
    const asked = async (name: string, numbers: readonly number[]) => {
      const folder = join(scratch, name);
      mkdirSync(folder);
      writeRules(folder, numbers);
      const detection = sigmaDetection(folder);
      const watch = startWatch();
      await detection.find(engine);
      steps[name] = watch();
      if (detection.account()?.usable !== numbers.length)
        throw new Error('a rule of the benchmark is not usable');
    };
    for (let at = 0; at < singleRules; at += 1)
      await asked(`${singleRule} ${at + 1}`, [Math.floor((at * rules) / singleRules)]);
    const watch = startWatch();
    await asked(
      allRules,
      Array.from({ length: rules }, (_, at) => at),
    );
    return { rows: events, ...watch(), steps };
  });
}

/** Names of the steps. */
export const singleRule = 'one rule';
export const allRules = 'all rules';

/** Reading a list of indicators and matching it, after the load of the flows they are held against. */
export async function indicatorsRun(path: string, scratch: string, indicators: number): Promise<Timing> {
  const list = join(scratch, 'indicators.csv');
  writeIndicators(list, indicators);
  return withLoaded(path, scratch, async (engine: EventsEngine) => {
    await establishConstituency(engine, null);
    await rebuildConversations(engine);
    const reading = startWatch();
    await establishIndicators(engine, list, scratch);
    const read = reading();
    const matching = startWatch();
    await matchIndicators(engine);
    return { [readList]: read, [matchList]: matching() };
  });
}

export const readList = 'list read';
export const matchList = 'list matched';

const letters = 'abcdefghijklmnopqrstuvwxyz';

/** Half addresses, the rest names, digests and URLs, as feeds have them. */
function writeIndicators(path: string, count: number): void {
  const next = createNumbers(count);
  const below = (bound: number) => Math.floor(next() * bound);
  const word = (length: number) => Array.from({ length }, () => letters[below(26)]).join('');
  const lines = ['type,value'];
  for (let at = 0; at < count; at += 1) {
    const kind = at % 10;
    if (kind < 5) lines.push(`ip,${1 + below(222)}.${below(256)}.${below(256)}.${1 + below(254)}`);
    else if (kind < 8) lines.push(`domain,${word(12)}.${word(2)}`);
    else if (kind < 9)
      lines.push(`sha256,${Array.from({ length: 64 }, () => below(16).toString(16)).join('')}`);
    else lines.push(`url,http://${word(10)}.${word(3)}/${word(8)}?id=${below(1e6)}`);
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
}
