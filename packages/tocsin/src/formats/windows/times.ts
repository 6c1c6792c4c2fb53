// When a Windows event happened. Takes a WindowsRecord's several times and the zone known for the file; gives an
// Instant, and counts what had to be assumed so that the report can say it.
import { type Instant, instantOfEpochText, instantOfIso } from '../../vocabulary/instant.ts';
import type { Assumption, ParseSettings } from '../format.ts';
import type { WindowsRecord } from './shapes.ts';

/** Beyond this, Sysmon's own time and the event log's contradict each other. */
const agreementMs = 10 * 60_000;
/** A derived zone must explain the difference of two times to this. */
const residualMs = 2 * 60_000;
const quarterMs = 15 * 60_000;

/** Milliseconds since the epoch of an Instant, for comparing only. */
const msOf = (instant: Instant): number => Date.parse(`${instant.slice(0, 23)}Z`);

interface ReadTime {
  readonly time: Instant;
  readonly isZoneless: boolean;
}

/** ISO, epoch seconds or milliseconds, or `/Date(ms)/`; without a zone, `zoneMinutes` is taken. */
function readTime(text: string, zoneMinutes: number): ReadTime | null {
  const dated = /^\/Date\((\d{9,14})(?:[+-]\d{4})?\)\/$/.exec(text);
  const epoch = dated?.[1] ?? text;
  if (/^\d{12,14}$/.test(epoch)) return known(instantOfEpochText(`${epoch.slice(0, -3)}.${epoch.slice(-3)}`));
  if (/^\d{9,11}(?:\.\d{1,9})?$/.test(epoch)) return known(instantOfEpochText(epoch));
  const longFraction = /^(.{19}\.\d{1,30}) ?(UTC)?$/.exec(text);
  const bare = longFraction?.[1] === undefined ? text : longFraction[1].slice(0, 29);
  if (longFraction?.[2] === 'UTC') return known(instantOfIso(bare, 0));
  const zoned = instantOfIso(text);
  if (zoned !== null) return { time: zoned, isZoneless: false };
  const assumed = instantOfIso(bare, zoneMinutes) ?? instantOfIso(text, zoneMinutes);
  return assumed === null ? null : { time: assumed, isZoneless: true };
}

const known = (time: Instant | null): ReadTime | null => (time === null ? null : { time, isZoneless: false });

/**
 * Minutes east of UTC of zoneless local times, from records that carry a time in UTC beside it; null when the sample
 * has none or they disagree.
 */
export function derivedZone(records: readonly WindowsRecord[]): number | null {
  for (const reference of [
    (record: WindowsRecord) => record.data.get('UtcTime') ?? '',
    (record: WindowsRecord) => record.received,
  ]) {
    const offsets = new Set<number>();
    let hasMisfit = false;
    for (const record of records) {
      const local = record.logged === '' ? readTime(record.local, 0) : null;
      const utc = reference(record) === '' ? null : readTime(reference(record), 0);
      if (!local?.isZoneless || !utc) continue;
      const difference = msOf(local.time) - msOf(utc.time);
      const quarters = Math.round(difference / quarterMs);
      if (Math.abs(difference - quarters * quarterMs) > residualMs || Math.abs(quarters) > 56)
        hasMisfit = true;
      offsets.add(quarters * 15);
    }
    const [only] = offsets;
    if (offsets.size === 1 && !hasMisfit && only !== undefined) return only;
  }
  return null;
}

export interface EventTimes {
  /** When it happened; null when no time can be read. */
  readonly of: (record: WindowsRecord) => Instant | null;
  readonly assumptions: () => readonly Assumption[];
}

/** Opens the reading of one file's times; `derived` is the zone its sample gives, null for none. */
export function openTimes(settings: ParseSettings, derived: number | null): EventTimes {
  const zoneMinutes = settings.isZoneSet
    ? settings.assumedZoneMinutes
    : (derived ?? settings.assumedZoneMinutes);
  let zoneless = 0;
  let conflicts = 0;
  let leastS = Number.POSITIVE_INFINITY;
  let mostS = Number.NEGATIVE_INFINITY;

  const of = (record: WindowsRecord): Instant | null => {
    const logged = readTime(record.logged, 0);
    const local = logged ? null : readTime(record.local, zoneMinutes);
    const base = logged ?? local ?? readTime(record.received, 0);
    const act = readTime(record.data.get('UtcTime') ?? '', 0);
    if (!base) return act?.time ?? null;
    const isGuess = local?.isZoneless === true && !settings.isZoneSet && derived === null;
    if (act) {
      const differenceMs = msOf(act.time) - msOf(base.time);
      if (isGuess || Math.abs(differenceMs) <= agreementMs) return act.time;
      conflicts += 1;
      leastS = Math.min(leastS, Math.round(differenceMs / 1000));
      mostS = Math.max(mostS, Math.round(differenceMs / 1000));
    }
    if (local?.isZoneless === true) zoneless += 1;
    return base.time;
  };

  const assumptions = (): readonly Assumption[] => {
    const made: Assumption[] = [];
    if (zoneless > 0) {
      const origin = settings.isZoneSet
        ? 'the zone that was set is taken'
        : derived === null
          ? 'UTC is taken unless a zone is set'
          : 'their zone follows from the times in UTC in the same records';
      made.push({ about: 'zone', value: zoneText(zoneMinutes), text: `Times without a zone: ${origin}.` });
    }
    if (conflicts > 0) {
      made.push({
        about: 'clock',
        value: `${conflicts} events, UtcTime ${leastS} to ${mostS} s from the event log`,
        text: 'Sysmon and the event log disagree about the time by more than ten minutes; the time of the event log, one clock for all channels, is taken.',
      });
    }
    return made;
  };
  return { of, assumptions };
}

function zoneText(minutes: number): string {
  const size = Math.abs(minutes);
  const two = (number: number) => String(number).padStart(2, '0');
  return `UTC${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
