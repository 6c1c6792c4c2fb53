// When people were at work in an incident: the times of what was done by hand (break-ins, web shell calls, steering
// sessions, movement), and the hours in which the victim itself is quiet.
import { type EventPlace, eventsOf } from '../detect/selection.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import type { EventSelector, Finding } from '../vocabulary/finding.ts';
import type { Rhythm } from '../vocabulary/investigation.ts';
import { linkOf } from './attack.ts';
import { nationalHolidays } from './holidays.ts';
import { type Night, nightOf, rhythmOf } from './rhythm.ts';
import { knownZones } from './rhythm-zones.ts';

const mostEvents = 5000;
const holidays = nationalHolidays();

/** The rhythm of an incident; null when nothing in it was done by hand. */
export async function rhythmOfIncident(
  engine: EventsEngine,
  findings: readonly Finding[],
  night: Night | null,
): Promise<Rhythm | null> {
  const places: EventPlace[] = [];
  for (const finding of findings) {
    for (const place of await eventsOf(engine, byHand(finding), mostEvents)) places.push(place);
  }
  return rhythmOf(
    places.map(({ time }) => time),
    { zones: knownZones, night, holidays },
  );
}

/**
 * Selectors of what a person did; beacons, transfers and guessing machines keep no hours. Nor do machines that fetch
 * software by themselves and then report to a controller, which the findings of movement also select.
 */
export function byHand(finding: Finding): readonly EventSelector[] {
  const kind = linkOf(finding);
  if (kind === 'steering') return finding.selectors.filter((selector) => names(selector, 'dst_ip', finding));
  if (kind === 'movement' && finding.weight !== 'background')
    return finding.selectors.filter((selector) => !isBetween(selector) || names(selector, 'src_ip', finding));
  return kind === 'intrusion' && !finding.technique.startsWith('T1110') ? finding.selectors : [];
}

/** True when the selector names the machine of the finding as that end of its flows. */
function names({ where }: EventSelector, end: 'src_ip' | 'dst_ip', { host }: Finding): boolean {
  return where.some(
    ({ column, ...condition }) => column === end && condition.op === 'in' && condition.values.includes(host),
  );
}

/** True for flows between addresses; records that are named one by one were looked at as such. */
function isBetween({ where }: EventSelector): boolean {
  return where.some(({ column }) => column === 'src_ip' || column === 'dst_ip');
}

/**
 * Activity per UTC hour, in which every machine has the same say: one that is made to scan would outshout all others.
 * Machines of few flows have no hours worth counting. Reads all flows once; then rows per machine and hour.
 */
const sql = `
WITH
    per_hour AS
    (
        SELECT src_ip, toHour(time) AS hour, count() AS flows
        FROM network
        WHERE is_repeat = 0 AND dictHas('constituency', src_ip)
        GROUP BY src_ip, hour
    ),
    per_machine AS
    (
        SELECT src_ip, sum(flows) AS total
        FROM per_hour
        GROUP BY src_ip
        HAVING total >= 100
    )
SELECT organisation, groupArray((hour, activity)) AS hours
FROM
(
    SELECT
        dictGetString('constituency', 'organisation', src_ip) AS organisation,
        hour,
        sum(intDiv(flows * 1000000, total)) AS activity
    FROM per_hour
    INNER JOIN per_machine USING (src_ip)
    GROUP BY organisation, hour
    ORDER BY organisation, hour
)
GROUP BY organisation
ORDER BY organisation`;

/** The quiet hours of each organisation, by its name; what never sleeps has none. */
export async function nights(engine: EventsEngine): Promise<ReadonlyMap<string, Night>> {
  const found = new Map<string, Night>();
  for (const row of await engine.query(sql)) {
    const hours: unknown = row['hours'];
    const activity = Array.from({ length: 24 }, () => 0);
    for (const pair of Array.isArray(hours) ? hours : []) {
      const [hour, flows] = Array.isArray(pair) ? pair.map(Number) : [];
      if (hour !== undefined && flows !== undefined) activity[hour] = flows;
    }
    const night = nightOf(activity);
    if (night !== null) found.set(String(row['organisation']), night);
  }
  return found;
}
