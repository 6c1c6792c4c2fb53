// When the machines along a possible chain talked to each other: for each pair the times of its conversations, joined to
// sittings. Raw material for chains.ts, which asks whether one hop acted while the one before held it.
import { byText } from '../ground/ids.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import { addressNumber } from '../vocabulary/address.ts';

/** A stretch of contact between two machines, seconds since 1970. */
export interface Contact {
  readonly began: number;
  readonly ended: number;
}

/** Contacts by "source target", each list in order of time and free of overlaps. */
export type Contacts = ReadonlyMap<string, readonly Contact[]>;

/** Conversations less than this apart are one sitting, seconds. */
const pauseS = 900;

const sql = `
SELECT
    replaceOne(toString(src_ip), '::ffff:', '') AS source,
    replaceOne(toString(dst_ip), '::ffff:', '') AS target,
    min(began_s) AS began,
    max(ended_s) AS ended
FROM
(
    SELECT
        src_ip,
        dst_ip,
        began_s,
        ended_s,
        sum(is_new) OVER (PARTITION BY src_ip, dst_ip ORDER BY began_s, ended_s ROWS UNBOUNDED PRECEDING) AS sitting
    FROM
    (
        SELECT
            src_ip,
            dst_ip,
            toUnixTimestamp64Micro(time) / 1e6 AS began_s,
            began_s + ifNull(duration_s, 0) AS ended_s,
            began_s > {pause_s:Float64} + max(ended_s) OVER (
                PARTITION BY src_ip, dst_ip ORDER BY began_s, ended_s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS is_new
        FROM network
        WHERE is_repeat = 0 AND src_ip IN ({sources:Array(IPv6)}) AND dst_ip IN ({targets:Array(IPv6)})
    )
)
GROUP BY src_ip, dst_ip, sitting
ORDER BY source, target, began
LIMIT 200000`;

/** The sittings of every pair given; pairs that never talked are left out. */
export async function contactsOf(
  engine: EventsEngine,
  pairs: readonly (readonly [source: string, target: string])[],
): Promise<Contacts> {
  const addresses = (at: 0 | 1) =>
    [...new Set(pairs.map((pair) => pair[at]))].filter((ip) => addressNumber(ip) !== null).sort(byText);
  const [sources, targets] = [addresses(0), addresses(1)];
  if (sources.length === 0 || targets.length === 0) return new Map();
  const rows = await engine.query(sql, { sources, targets, pause_s: pauseS });
  const contacts = new Map<string, Contact[]>();
  for (const row of rows) {
    const key = `${String(row['source'])} ${String(row['target'])}`;
    const contact = { began: Number(row['began']), ended: Number(row['ended']) };
    const known = contacts.get(key);
    if (known === undefined) contacts.set(key, [contact]);
    else known.push(contact);
  }
  return contacts;
}
