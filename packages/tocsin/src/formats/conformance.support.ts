// What the conformance suites of formats check an outcome against: the dictionary's columns and the closed list of
// rejects. Takes an outcome, gives what is wrong with it in words; nothing when it conforms.
import { canonicalAddress } from '../vocabulary/address.ts';
import { type ColumnType, eventTables } from '../vocabulary/dictionary.ts';
import { type Event, type FieldValue, type Reject, rejectCodes } from '../vocabulary/event.ts';
import type { Assumption, Outcome } from './format.ts';

const columns = new Map(
  eventTables.map((table) => [table.name, new Map(table.fields.map((field) => [field.name, field.type]))]),
);

/** What is wrong with an outcome; empty when it conforms. */
export function faultsOfOutcome(outcome: Outcome): readonly string[] {
  const kinds = Object.keys(outcome);
  if (kinds.length !== 1) return [`an outcome of ${kinds.length} kinds: ${kinds.join(', ')}`];
  if ('event' in outcome) return faultsOfEvent(outcome.event);
  if ('reject' in outcome) return faultsOfReject(outcome.reject);
  return outcome.header === true ? [] : ['a header that is not true'];
}

function faultsOfEvent({ table, time, sensor, fields }: Event): readonly string[] {
  const own = columns.get(table);
  if (own === undefined) return [`no table ${table}`];
  const faults: string[] = [];
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(time)) faults.push(`time ${time}`);
  if (sensor !== undefined && typeof sensor !== 'string') faults.push('a sensor that is no text');
  for (const [name, value] of Object.entries(fields)) {
    const type = own.get(name);
    if (type === undefined) faults.push(`no column ${table}.${name}`);
    else if (!fits(type, value))
      faults.push(`${table}.${name} is ${type}, not ${typeof value}: ${String(value)}`);
  }
  return faults;
}

const isText = (value: FieldValue): boolean => typeof value === 'string';

/** True when a value is one the column holds; null stands for the column's empty value. */
function fits(type: ColumnType, value: FieldValue | undefined): boolean {
  if (value === null || value === undefined) return true;
  switch (type) {
    case 'String':
    case 'LowCardinality(String)':
    case "DateTime64(6, 'UTC')":
      return isText(value);
    case 'Array(String)':
      return Array.isArray(value) && value.every(isText);
    case 'IPv6':
      return typeof value === 'string' && (value === '' || canonicalAddress(value) !== null);
    case 'Nullable(Float64)':
      return typeof value === 'number' && Number.isFinite(value);
    default:
      return isWholeUpTo(value, 2n ** BigInt(/UInt(\d+)/.exec(type)?.[1] ?? '0') - 1n);
  }
}

function isWholeUpTo(value: FieldValue, most: bigint): boolean {
  if (typeof value === 'boolean') return true;
  if (typeof value === 'bigint') return value >= 0n && value <= most;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && BigInt(value) <= most;
}

/** What is wrong with a reject: an unknown code, or a reason that is none. */
export function faultsOfReject({ code, reason }: Readonly<Record<keyof Reject, string>>): readonly string[] {
  const faults: string[] = [];
  if (!Object.hasOwn(rejectCodes, code)) faults.push(`no reject code ${code}`);
  if (reason.trim() === '' || reason.length > 200) faults.push(`a reason of ${reason.length} characters`);
  return faults;
}

/** What is wrong with an assumption: each of its parts must say something. */
export function faultsOfAssumption({ about, value, text }: Assumption): readonly string[] {
  return [about, value, text].some((part) => part.trim() === '')
    ? [`an assumption about '${about}' with an empty part`]
    : [];
}
