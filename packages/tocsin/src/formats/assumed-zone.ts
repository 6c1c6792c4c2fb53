// What is said of a log that names no zone, so that what is found out later can be told from what was set.
import type { Assumption } from './format.ts';

/** No time of the log names a zone: all are taken as UTC until the evidence tells more. */
export const zoneAssumed: Assumption = {
  about: 'zone',
  value: '+00:00',
  text: 'The log names no zone; its times are taken as UTC. Set another with --assume-zone.',
};

/** Some times of the log name their zone and others do not, so no single offset sets them right. */
export const zonePartlyAssumed: Assumption = {
  about: 'zone',
  value: '+00:00',
  text: 'Some times in the log name no zone and are taken as UTC. Set another with --assume-zone.',
};

/** Whether nothing but the lack of better knowledge made a log's zone UTC. */
export function isZoneOpen({ about, text }: Assumption): boolean {
  return about === zoneAssumed.about && text === zoneAssumed.text;
}
