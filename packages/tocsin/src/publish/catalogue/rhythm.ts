// Which zones the report speaks of one by one, and by which clocks it shows the week. Takes a rhythm and the number of
// rows shown per table, gives names of zones.
import { byText } from '../../ground/ids.ts';
import type { Rhythm, ZoneRhythm } from '../../vocabulary/investigation.ts';

const mostShown = 8;
/** With fewer rows than this per incident there are several incidents, and the clocks nobody asked for are left out. */
const rowsOfFew = 33;

/** Zones whose offset is no whole number of hours, from west to east. */
const brokenOffsets = [
  'Pacific/Marquesas',
  'America/St_Johns',
  'Asia/Tehran',
  'Asia/Kabul',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Yangon',
  'Australia/Eucla',
  'Australia/Darwin',
  'Australia/Adelaide',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
] as const;

/** One zone of each clock that is consistent, the most likely clocks first; and before them the rival. */
export function shownZones({ zones }: Rhythm): readonly ZoneRhythm[] {
  const rival = zones.filter(({ clock }) => clock === null);
  const clocks = new Map<string, ZoneRhythm>();
  for (const zone of zones) {
    if (zone.clock === null || zone.verdict !== 'consistent') continue;
    const other = clocks.get(zone.clock);
    if (other === undefined || saysMore(zone, other)) clocks.set(zone.clock, zone);
  }
  const likely = [...clocks.values()].sort(
    (left, right) => right.p - left.p || byText(left.zone, right.zone),
  );
  return [...rival, ...likely.slice(0, mostShown)];
}

/** A zone whose holidays were considered says more; then the likelier one does. */
function saysMore(zone: ZoneRhythm, other: ZoneRhythm): boolean {
  const known = Number(zone.holidays !== null) - Number(other.holidays !== null);
  return known === 0 ? zone.p > other.p : known > 0;
}

/** Zones by whose clocks the week is counted: UTC, the victim's, those consistent, and those of broken offsets. */
export function weekZones(rhythm: Rhythm, limit: number): readonly string[] {
  const consistent = shownZones(rhythm).filter(({ clock }) => clock !== null);
  return [
    ...new Set([
      'UTC',
      ...(rhythm.victim_clock === null ? [] : [rhythm.victim_clock]),
      ...consistent.map(({ zone }) => zone),
      ...(hasEveryClock(limit) ? brokenOffsets : []),
    ]),
  ];
}

/** True when the report can show the week by every clock there is. */
export function hasEveryClock(limit: number): boolean {
  return limit >= rowsOfFew;
}

/** Whole hours east of UTC by which clocks are set somewhere. Their weeks are that of UTC, moved. */
export const wholeOffsets: readonly number[] = Array.from({ length: 26 }, (_, at) => at - 11);
