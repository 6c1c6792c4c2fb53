// Captures that nobody here wrote, with what is known of them (their own notes say how): each answer is a check on an
// investigation. They lie beside the project, not in it; one that is absent is listed as skipped.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Investigation } from '../../../packages/tocsin/src/vocabulary/investigation.ts';
import { tocsin } from '../end-to-end/tocsin.ts';

const evidence = fileURLToPath(new URL('../../../../shared/evidence/', import.meta.url));

interface Answer {
  readonly says: string;
  readonly holds: (investigation: Investigation) => boolean;
}

interface Capture {
  readonly folder: string;
  /** The constituency; null where it must be assumed. */
  readonly cidr: string | null;
  readonly answers: readonly Answer[];
}

export interface CaptureResult {
  readonly folder: string;
  /** Null when the capture is absent. */
  readonly answers: readonly { readonly says: string; readonly isRight: boolean }[] | null;
}

const outsideOf = (investigation: Investigation, role?: string) =>
  investigation.incidents
    .flatMap(({ outside }) => outside.filter((party) => role === undefined || party.role === role))
    .map(({ ip }) => ip);
const hostsOf = (investigation: Investigation) =>
  [...new Set(investigation.incidents.flatMap(({ hosts }) => hosts.map(({ ip }) => ip)))].sort();
const findingsOf = (investigation: Investigation, detector: string) =>
  investigation.findings.filter((finding) => finding.detector === detector);
const isReconciled = ({ evidence: items }: Investigation) =>
  items.every(({ records, events, rejects, headers }) => records === events + rejects + headers);

const whole: Answer = { says: 'every record is an event, a header or a reject', holds: isReconciled };
const noRelay: Answer = {
  says: 'no relay is found',
  holds: (investigation) => findingsOf(investigation, 'relay').length === 0,
};
const noIncident: Answer = {
  says: 'no incident is made of it',
  holds: ({ incidents }) => incidents.length === 0,
};

const captures: readonly Capture[] = [
  {
    folder: 'apt29-day1',
    cidr: '10.0.0.0/16',
    answers: [
      { says: 'one incident', holds: ({ incidents }) => incidents.length === 1 },
      {
        says: 'entry host 10.0.1.4',
        holds: ({ incidents }) => incidents[0]?.entry?.host === '10.0.1.4',
      },
      {
        says: 'hosts 10.0.1.4 and 10.0.1.6, no others',
        holds: (investigation) => hostsOf(investigation).join(' ') === '10.0.1.4 10.0.1.6',
      },
      {
        says: 'controller 192.168.0.5',
        holds: (investigation) => outsideOf(investigation, 'controller').includes('192.168.0.5'),
      },
      {
        says: 'drop 192.168.0.4',
        holds: (investigation) => outsideOf(investigation, 'drop').includes('192.168.0.4'),
      },
      {
        says: 'movement from 10.0.1.4 to 10.0.1.6',
        holds: ({ incidents }) =>
          incidents.some(({ edges }) =>
            edges.some(
              ({ from, to, kind }) => from === '10.0.1.4' && to === '10.0.1.6' && kind === 'movement',
            ),
          ),
      },
      {
        says: '2,187,099 stolen bytes inside the bounds',
        holds: ({ incidents }) =>
          incidents.some(
            ({ theft }) =>
              theft !== null && theft.minimum_bytes <= 2_187_099 && theft.maximum_bytes >= 2_187_099,
          ),
      },
      {
        says: 'best within 10 % of it',
        holds: ({ incidents }) =>
          incidents.some(({ theft }) => theft !== null && Math.abs(theft.best_bytes / 2_187_099 - 1) <= 0.1),
      },
      noRelay,
      whole,
    ],
  },
  {
    folder: 'ctu-sme-11',
    cidr: '192.168.1.0/24',
    answers: [
      {
        says: 'controller 66.63.168.35 and no other outside address',
        holds: (investigation) => [...new Set(outsideOf(investigation))].join(' ') === '66.63.168.35',
      },
      {
        says: 'host 192.168.1.107 and no other',
        holds: (investigation) => hostsOf(investigation).join(' ') === '192.168.1.107',
      },
      noRelay,
      whole,
    ],
  },
  {
    folder: 'suricata',
    cidr: '192.168.1.0/24',
    answers: [
      {
        says: 'alerts from all over make no incident of hundreds of intruders',
        holds: (investigation) => outsideOf(investigation).length < 5,
      },
      noRelay,
      whole,
    ],
  },
  ...['horizontal', 'vertical'].map(
    (name): Capture => ({
      folder: `scan/${name}`,
      cidr: null,
      answers: [
        {
          says: 'one scan',
          holds: (investigation) => findingsOf(investigation, 'scan').length === 1,
        },
        noRelay,
        whole,
      ],
    }),
  ),
  {
    folder: 'ssh',
    cidr: null,
    answers: [
      {
        says: 'guessing from 183.62.140.253 and 103.99.0.122',
        holds: (investigation) => {
          const peers = findingsOf(investigation, 'brute-force').flatMap((finding) => finding.peers);
          return peers.includes('183.62.140.253') && peers.includes('103.99.0.122');
        },
      },
      noIncident,
      whole,
    ],
  },
  {
    folder: 'windows',
    cidr: null,
    answers: [
      {
        says: 'credentials dumped',
        holds: ({ findings }) => findings.some(({ technique }) => technique.startsWith('T1003')),
      },
      whole,
    ],
  },
  { folder: 'log4shell', cidr: null, answers: [whole] },
  { folder: 'mixed-capture', cidr: null, answers: [noRelay, whole] },
];

/** Investigates each capture as a user would and checks what is known of it. @throws Error when a run fails */
export async function evaluateCaptures(): Promise<readonly CaptureResult[]> {
  const results: CaptureResult[] = [];
  for (const { folder, cidr, answers } of captures) {
    const path = join(evidence, folder);
    if (!existsSync(path)) {
      results.push({ folder, answers: null });
      continue;
    }
    process.stderr.write(`${folder}\n`);
    const work = mkdtempSync(join(tmpdir(), 'tocsin-evaluate-'));
    try {
      const table = join(work, 'constituency.csv');
      if (cidr !== null)
        writeFileSync(table, `organisation,sector,cidr,contact\nThe organisation,test,${cidr},\n`);
      const out = join(work, 'out');
      const given = cidr === null ? [] : ['--constituency', table];
      const run = await tocsin(['investigate', path, '--out', out, ...given]);
      if (run.status !== 0) throw new Error(`${folder}: ${run.stderr.slice(-500)}`);
      const investigation: Investigation = JSON.parse(readFileSync(join(out, 'investigation.json'), 'utf8'));
      results.push({
        folder,
        answers: answers.map(({ says, holds }) => ({ says, isRight: holds(investigation) })),
      });
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  return results;
}
