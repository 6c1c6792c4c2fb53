// Which of our machines wrote a log that does not say: an access log or sshd log names its clients and their times, and
// flows of the same clients at the same times lead to the machine. What is found is noted as an assumption.
import type { EventsEngine } from '../store/events/engine.ts';
import type { EvidenceItem } from '../vocabulary/investigation.ts';

export interface LogTable {
  readonly table: 'http' | 'authentication';
  /** Column that tells machines apart within one log; a constant where a log has one. */
  readonly machine: string;
  /** Ports by which the machine was reached. */
  readonly ports: readonly number[];
}

/** Tables of logs that name their clients but not always the machine, with what its flows look like. */
export const logTables: readonly LogTable[] = [
  { table: 'http', machine: "''", ports: [80, 443, 8000, 8008, 8080, 8081, 8443, 8888] },
  { table: 'authentication', machine: 'host', ports: [22, 2222] },
];

/** Width of the time slots in which a request and its connection must both fall (or in neighbouring ones), seconds. */
const slotS = 10;
/** Slots of one connection looked at, at most. */
const longestSlots = 90;
const minShare = 0.3;
const minClients = 2;

const sql = ({ table, machine }: LogTable) => `
WITH
reached AS
(
    SELECT DISTINCT
        src_ip AS caller,
        dst_ip AS server,
        -- A connection that is kept open carries many requests; of a long one the first quarter of an hour is enough.
        arrayJoin(range(toUInt32(least(${longestSlots}, 3 + intDiv(toUInt64(ifNull(duration_s, 0)), ${slotS}))))) - 1
            + intDiv(toUnixTimestamp(time), ${slotS}) AS reached_slot
    FROM network
    WHERE is_repeat = 0 AND protocol = 'tcp' AND dst_port IN ({ports:Array(UInt16)})
      AND src_ip IN (SELECT src_ip FROM ${table} WHERE dst_ip = toIPv6('::')) AND dictHas('constituency', dst_ip)
),
logged AS
(
    SELECT
        log_id, log_machine, client, log_slot,
        -- Only those whose flows any sensor saw can be matched at all.
        countIf(client IN (SELECT caller FROM reached)) OVER (PARTITION BY log_id, log_machine) AS log_slots
    FROM
    (
        SELECT DISTINCT
            evidence_id AS log_id,
            toString(${machine}) AS log_machine,
            src_ip AS client,
            intDiv(toUnixTimestamp(time), ${slotS}) AS log_slot
        FROM ${table}
        WHERE dst_ip = toIPv6('::') AND src_ip != toIPv6('::')
    )
)
SELECT
    log_id,
    log_machine,
    replaceOne(toString(server), '::ffff:', '') AS ip,
    uniqExact(client) AS clients,
    count() AS matched,
    any(log_slots) AS slots
FROM logged
INNER JOIN reached ON caller = client AND reached_slot = log_slot
GROUP BY log_id, log_machine, server
ORDER BY log_id, log_machine, matched DESC, ip`;

/** Fills in the address of the machine where the flows tell it, and notes so in the account of the evidence. */
export async function locateLoggedServers(
  engine: EventsEngine,
  evidence: readonly EvidenceItem[],
): Promise<readonly EvidenceItem[]> {
  const found = new Map<string, string[]>();
  for (const logTable of logTables) {
    const rows = await engine.query(sql(logTable), { ports: logTable.ports });
    const best = new Map<string, { readonly ip: string; readonly share: number; isClear: boolean }>();
    for (const row of rows) {
      const key = `${String(row['log_id'])} ${String(row['log_machine'])}`;
      const share = Number(row['matched']) / Number(row['slots']);
      const first = best.get(key);
      if (first !== undefined) first.isClear &&= share * 2 <= first.share;
      else if (share >= minShare && Number(row['clients']) >= minClients)
        best.set(key, { ip: String(row['ip']), share, isClear: true });
      else best.set(key, { ip: '', share, isClear: false });
    }
    for (const [key, { ip, isClear }] of best) {
      if (!isClear) continue;
      // The name of a machine may hold spaces, the id of an item none.
      const id = key.slice(0, key.indexOf(' '));
      const machine = key.slice(id.length + 1);
      await engine.execute(
        `ALTER TABLE ${logTable.table} UPDATE dst_ip = toIPv6({ip:String})
         WHERE evidence_id = {id:String} AND dst_ip = toIPv6('::') AND toString(${logTable.machine}) = {machine:String}
         SETTINGS mutations_sync = 2`,
        { ip, id, machine },
      );
      found.set(id, [...(found.get(id) ?? []), ip]);
    }
  }
  return evidence.map((item) => {
    const machines = found.get(item.id) ?? [];
    return {
      ...item,
      assumptions: [
        ...item.assumptions,
        ...machines.map((ip) => ({
          about: 'server',
          value: ip,
          text: `The log does not name the machine that wrote it; its clients were seen to connect to ${ip} at the same times, which is taken to be that machine.`,
        })),
      ],
    };
  });
}
