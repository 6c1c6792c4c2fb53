// Credential dumping: a program reads the memory in which Windows keeps credentials.
import { z } from 'zod';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import { defineDetector } from '../detector.ts';
import { rounded } from '../statistics.ts';

const row = z.object({
  host: z.string(),
  program: z.string(),
  reads: z.number(),
  rights: z.array(z.string()),
  places: z.array(z.tuple([z.string(), z.number()])),
  first_seen: z.string(),
  last_seen: z.string(),
});
type Row = z.infer<typeof row>;

const caveat =
  'Security products and diagnostic tools read this memory too; a program in a folder of the system may also have been put there.';

/** Folders only an administrator writes to. */
const systemFolder =
  /^[a-z]:\\(?:windows\\(?!temp\\|tasks\\)|program files(?: \(x86\))?\\|programdata\\microsoft\\windows defender\\)/i;
/** Tools of the system that dump memory for whoever asks. */
const dumpingTool =
  /\\(?:procdump(?:64)?|rundll32|taskmgr|werfault|processhacker|createdump|dumpert|mimikatz)\.exe$/i;

type Place = 'system' | 'tool' | 'elsewhere';

/** Where a program that reads credentials lies: the folder says more than the name. */
export function placeOf(program: string): Place {
  if (dumpingTool.test(program)) return 'tool';
  return systemFolder.test(program) ? 'system' : 'elsewhere';
}

const judgement: Readonly<
  Record<Place, { readonly weight: FindingDraft['weight']; readonly score: number }>
> = {
  elsewhere: { weight: 'incident', score: 0.9 },
  tool: { weight: 'supporting', score: 0.6 },
  system: { weight: 'background', score: 0.1 },
};

/** The very records, by evidence item: what else was recorded then is not what it stands on. */
function selectorsOf(entry: Row): FindingDraft['selectors'] {
  const items = [...new Set(entry.places.map(([item]) => item))];
  return items.map((item) => ({
    table: 'base_event' as const,
    where: [
      { column: 'evidence_id', op: 'in', values: [item] },
      { column: 'record', op: 'in', values: entry.places.filter(([of]) => of === item).map(([, at]) => at) },
    ],
  }));
}

export const detector = defineDetector<Row>({
  id: 'credential-dumping',
  title: 'Program that reads the credentials in memory',
  technique: 'T1003.001',
  tables: ['base_event'],
  parameters: {
    stream: {
      type: 'String',
      value: 'windows-sysmon-10',
      unit: 'stream',
      meaning: 'Where one process opening another is recorded.',
    },
    code: { type: 'String', value: '10', unit: 'event number', meaning: 'Sysmon: ProcessAccess.' },
    max_rows: { type: 'UInt32', value: 1000, unit: 'rows', meaning: 'Most programs looked at.' },
  },
  row,
  scoreMeaning:
    'High for a program outside the folders of the system, middling for a tool that dumps memory, low for a program of the system.',
  caveat,
  judge: (rows) =>
    rows.map((entry) => {
      const place = placeOf(entry.program);
      const { weight, score } = judgement[place];
      return {
        detector: 'credential-dumping',
        technique: 'T1003.001',
        weight,
        direction: 'local',
        host: entry.host,
        peer: null,
        peers: [],
        score: rounded(score),
        first_seen: entry.first_seen,
        last_seen: entry.last_seen,
        event_count: entry.reads,
        detail: { program: entry.program, lies: place, rights: entry.rights },
        selectors: selectorsOf(entry),
        caveat,
      };
    }),
});
