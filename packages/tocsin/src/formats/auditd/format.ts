// Logs of the Linux audit daemon as lines. Programs started and logins go to their tables; all else is kept whole.
import type { Outcome, RecordFormat, RecordParser, Sample } from '../format.ts';
import { auditRecord, isAuditRecord, openAudit } from '../syslog-messages/audit.ts';

const judgedLines = 40;

function recognise(sample: Sample): number {
  const lines = sample.lines.filter((line) => line.trim() !== '').slice(0, judgedLines);
  const known = lines.filter((line) => isAuditRecord(line)).length;
  return known > 0 && known >= lines.length * 0.5 ? 0.95 : 0;
}

function open(): RecordParser {
  const audit = openAudit();
  const record = (line: string): Outcome => {
    const found = auditRecord(line);
    if (found === null)
      return { reject: { code: 'pattern-mismatch', reason: 'no record of the audit system' } };
    const { time, type, node } = found;
    if (time === null)
      return { reject: { code: 'bad-time', reason: 'the time in audit(...) cannot be read' } };
    const { table, fields } = audit.read(found, node) ?? {
      table: 'base_event' as const,
      fields: { stream: 'auditd', code: type, host: node, raw: line },
    };
    return { event: { table, time, ...(node === '' ? {} : { sensor: node }), fields } };
  };
  return { record, assumptions: () => [] };
}

export const format: RecordFormat = {
  id: 'auditd',
  title: 'Linux audit log',
  definedBy: 'https://github.com/linux-audit/audit-documentation/wiki',
  kind: 'records',
  framing: 'lines',
  recognise,
  open,
};
