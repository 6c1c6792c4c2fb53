// The command line of the generator:
//   node --import tsx scenarios/src/main.ts --story materials-institute --seed 1 --days 5 --hosts 60 --out DIR
//   node --import tsx scenarios/src/main.ts --example --out scenarios/example
// Options: --no-attack, --intensity 1, --start 2024-08-05, --gzip, --variant '{"entry":"exploit"}'.
import { parseArgs } from 'node:util';
import { exampleRequest } from './example.ts';
import { generateScenario, storyNames } from './generate.ts';

const { values } = parseArgs({
  options: {
    story: { type: 'string', default: 'materials-institute' },
    seed: { type: 'string', default: '1' },
    days: { type: 'string', default: '5' },
    hosts: { type: 'string', default: '60' },
    intensity: { type: 'string', default: '1' },
    start: { type: 'string', default: '2024-08-05' },
    variant: { type: 'string', default: '{}' },
    'no-attack': { type: 'boolean', default: false },
    example: { type: 'boolean', default: false },
    gzip: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const story = storyNames.find((name) => name === values.story);
if (story === undefined || values.out === undefined) {
  console.error(`--out DIR is needed, and --story one of ${storyNames.join(', ')}`);
  process.exit(1);
}
const variant: unknown = JSON.parse(values.variant);
const asked = {
  story,
  seed: Number(values.seed),
  days: Number(values.days),
  hosts: Number(values.hosts),
  intensity: Number(values.intensity),
  start: values.start,
  attack: !values['no-attack'],
  isCompressed: values.gzip,
  ...(typeof variant === 'object' && variant !== null ? { variant: { ...variant } } : {}),
};
const truth = await generateScenario(values.example ? exampleRequest : asked, values.out);
const theft = truth.incidents.reduce((sum, incident) => sum + (incident.theft?.bytes ?? 0), 0);
console.log(
  `${truth.story} seed ${truth.seed}: ${truth.flows.total} flows, ${truth.flows.attack} of the attack, ${theft} bytes stolen`,
);
for (const { path, records } of truth.files) console.log(`${String(records).padStart(9)} ${path}`);
