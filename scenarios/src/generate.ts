// Generates a whole scenario: the evidence folder, the two tables beside it, and the true answer apart from both.
// Takes a story, a seed and sizes; the same ones always give the same bytes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { benignSources } from './benign/all.ts';
import type { Sink, Source } from './flow.ts';
import { day, hour, instantText } from './moment.ts';
import { createRandom } from './random.ts';
import { openRecorder } from './recorder.ts';
import { energyCompany } from './stories/energy-company.ts';
import { hostingProvider } from './stories/hosting-provider.ts';
import { materialsInstitute } from './stories/materials-institute.ts';
import type { Story } from './stories/story.ts';
import { createLedger, type Ledger, type Truth } from './truth.ts';
import { createWorld } from './world.ts';
import { constituencyCsv, networksCsv } from './writers/tables.ts';

export type StoryName = 'materials-institute' | 'energy-company' | 'hosting-provider';

export const storyNames: readonly StoryName[] = ['materials-institute', 'energy-company', 'hosting-provider'];

export interface ScenarioRequest {
  readonly story: StoryName;
  readonly seed: number;
  /** Whole days of evidence, at least 1; stories need 3 to unfold. */
  readonly days: number;
  /** Hosts of the main organisation, about. */
  readonly hosts: number;
  readonly attack: boolean;
  /** Choices that replace the drawn ones, by name; see the story's Variant. */
  readonly variant?: Readonly<Record<string, unknown>>;
  /** Multiplies the rates of benign traffic; 1 unless given. */
  readonly intensity?: number;
  /** First UTC day, `2024-08-05` unless given. */
  readonly start?: string;
  /** Compress the sensors' logs; false unless given. */
  readonly isCompressed?: boolean;
}

const tradeRelays = ['mail', 'vpn', 'proxy', 'reverse-proxy', 'jump'];

async function act<Variant extends object>(
  story: Story<Variant>,
  given: ScenarioRequest,
  folder: string,
): Promise<Truth> {
  const drawn = story.draw(createRandom(`${story.name}/${given.seed}/variant`));
  const variant: Variant = { ...drawn, ...given.variant };
  const start = Date.parse(`${given.start ?? '2024-08-05'}T00:00:00Z`) * 1000;
  const world = createWorld({
    seed: given.seed,
    story: story.name,
    start,
    end: start + given.days * day,
    days: given.days,
    intensity: given.intensity ?? 1,
    plans: story.organisations(given.hosts, variant),
  });
  const ledgers = new Map<string, Ledger>();
  const ledgerOf = (organisation: string) => {
    const ledger = ledgers.get(organisation) ?? createLedger(world, organisation);
    ledgers.set(organisation, ledger);
    return ledger;
  };
  const sources: Source[] = world.organisations.flatMap((organisation) =>
    benignSources(world, organisation, story.door(variant)),
  );
  // Innocent traffic draws from generators of its own, so it is the same with and without the attack.
  if (given.attack) sources.push(...story.attack(world, variant, ledgerOf));
  mkdirSync(folder, { recursive: true });
  const plan = story.recording(world, variant);
  const recorder = openRecorder(
    world,
    { ...plan, isCompressed: given.isCompressed ?? false },
    `${folder}/evidence`,
  );
  let total = 0;
  const sink: Sink = {
    flow: (flow) => {
      total += 1;
      recorder.flow(flow);
    },
  };
  for (let from = world.start; from < world.end; from += hour) {
    const window = { from, to: Math.min(from + hour, world.end) };
    for (const source of sources) source.emit(window, sink);
    await recorder.advance(window.to);
  }
  const files = await recorder.close();
  const books = [...ledgers.values()];
  const truth: Truth = {
    schema: 'tocsin-scenario-truth/1',
    note: 'Synthetic. Addresses are private, documentation or benchmark ones; networks, countries and names are invented.',
    story: story.name,
    seed: given.seed,
    start: instantText(world.start),
    days: given.days,
    hosts: world.organisations.reduce((sum, { hosts }) => sum + hosts.length, 0),
    attack: given.attack,
    variant: Object.fromEntries(Object.entries(variant)),
    sensors: plan.sensors.map((sensor) => ({
      folder: sensor.folder,
      place: sensor.place,
      clock_offset_us: sensor.clockOffsetUs,
    })),
    benign_relays: world.organisations.flatMap(({ hosts }) =>
      hosts.filter(({ job }) => tradeRelays.includes(job)).map(({ ip }) => ip),
    ),
    incidents: books.flatMap((ledger) => ledger.incident() ?? []),
    flows: { total, attack: books.reduce((sum, ledger) => sum + ledger.flowCount(), 0) },
    files,
  };
  writeFileSync(`${folder}/networks.csv`, networksCsv(world));
  writeFileSync(`${folder}/constituency.csv`, constituencyCsv(world));
  writeFileSync(`${folder}/truth.json`, `${JSON.stringify(truth, null, 2)}\n`);
  return truth;
}

/**
 * Writes `evidence/`, `networks.csv`, `constituency.csv` and `truth.json` into the folder, which should be empty.
 * Gives the truth.
 */
export function generateScenario(given: ScenarioRequest, folder: string): Promise<Truth> {
  if (given.story === 'materials-institute') return act(materialsInstitute, given, folder);
  if (given.story === 'energy-company') return act(energyCompany, given, folder);
  return act(hostingProvider, given, folder);
}
