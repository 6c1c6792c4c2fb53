// The short summary on standard output: what happened, in the words of the report, and where the report lies.
import type { FigureValue } from '@tocsin/verify';
import { plain } from '../publish/exporters/html/text.ts';
import type { Investigation } from '../vocabulary/investigation.ts';
import type { Outcome } from './investigate.ts';

/** Bytes for people; exact numbers are in the report. */
function shown(value: FigureValue | undefined, unit: string): string {
  // Beyond 2^53 a figure is decimal text.
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\d{1,40}$/.test(value));
  if (!isNumber) return value === undefined ? '?' : JSON.stringify(value);
  if (unit !== 'bytes' || Number(value) < 1000) return BigInt(value).toLocaleString('en-US');
  const units = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let scaled = Number(value) / 1000;
  let at = 0;
  while (scaled >= 1000 && at < units.length - 1) {
    scaled /= 1000;
    at += 1;
  }
  return `${scaled.toFixed(2)} ${units[at] ?? ''}`;
}

/** Lines for a terminal; names from the evidence have their control characters made visible. */
export function summaryLines(outcome: Outcome): readonly string[] {
  const { investigation } = outcome;
  const figures = new Map(investigation.figures.map((figure) => [figure.id, figure]));
  const fill = (sentence: string) =>
    sentence.replace(/\{figure:([^}]+)\}/g, (_, id: string) => {
      const figure = figures.get(id);
      return shown(figure?.value, figure?.unit ?? '');
    });
  return [
    evidenceLine(investigation),
    ...investigation.evidence
      .filter((item) => item.note !== null)
      .map((item) => `  ${plain(item.path)}: ${item.note ?? ''}`),
    ...investigation.evidence
      .filter((item) => item.rejects > 0)
      .map(
        (item) =>
          `  ${plain(item.path)}: ${item.rejects} of ${item.records} records rejected (${item.rejected.map((reject) => `${reject.code} from record ${reject.first_record}`).join(', ')})`,
      ),
    ...outcome.notes,
    '',
    ...(investigation.incidents.length === 0
      ? ['No incident. What was seen and why it does not amount to one is in the report.']
      : investigation.incidents.flatMap((incident) => [
          `${plain(incident.title)}${incident.organisation === null ? '' : ` (${plain(incident.organisation)})`}`,
          ...incident.summary.map((sentence) => `  ${plain(fill(sentence))}`),
        ])),
    '',
    `Report: ${outcome.report}`,
    outcome.pdf === null
      ? 'On paper: not written, Typst has no program for this machine'
      : `On paper: ${outcome.pdf}`,
    `Bundle: ${outcome.bundle} (check it with: npx tocsin verify ${outcome.bundle})`,
  ];
}

function evidenceLine({ evidence }: Investigation): string {
  const sum = (key: 'records' | 'events' | 'rejects' | 'headers') =>
    evidence.reduce((total, item) => total + item[key], 0);
  const count = (value: number) => value.toLocaleString('en-US');
  return `${count(evidence.length)} files: ${count(sum('records'))} records = ${count(sum('events'))} events + ${count(sum('rejects'))} rejects + ${count(sum('headers'))} header lines`;
}
