// What outsiders left or used besides addresses, as far as findings name it: the domain of a tunnel, the path of a web
// shell. What is no well-formed text, or longer than anyone would look for, is left out.
import { isWellFormed } from '@tocsin/verify';
import { byText } from '../../ground/ids.ts';
import type { DetailValue, Finding } from '../../vocabulary/finding.ts';
import type { Instant } from '../../vocabulary/instant.ts';
import type { Investigation } from '../../vocabulary/investigation.ts';
import { confidenceOf, isFromList } from './parties.ts';
import { earlierOf, laterOf } from './times.ts';
import { observableOf } from './value.ts';

export interface Artefact {
  readonly kind: 'domain-name' | 'uri-path';
  readonly value: string;
  readonly role: 'tunnel' | 'web shell';
  readonly incident: string;
  readonly first_seen: Instant;
  readonly last_seen: Instant;
  /** 0 to 100: a lead, not a verdict. */
  readonly confidence: number;
}

export const artefactCaveats: Readonly<Record<Artefact['role'], string>> = {
  tunnel:
    'Names below this domain carried data. A domain can change hands, and its owner may not know of it.',
  'web shell': 'A path on the server of a victim, not an address. Other servers may have it by right.',
};

/** Longer values identify nothing that others could look for, characters. */
export const longestArtefact = 2048;

/** Artefacts of the findings that are part of an incident, in order of kind, value and incident. */
export function artefactsOf({ findings, incidents }: Investigation): readonly Artefact[] {
  const byId = new Map(findings.map((finding) => [finding.id, finding]));
  const byKey = new Map<string, Artefact>();
  for (const incident of incidents) {
    for (const finding of incident.findings.flatMap((id) => byId.get(id) ?? [])) {
      for (const { kind, value, role } of namedBy(finding)) {
        const key = [kind, value, incident.id].join('\u0000');
        const other = byKey.get(key);
        byKey.set(key, {
          kind,
          value,
          role,
          incident: incident.id,
          first_seen: earlierOf(other?.first_seen ?? finding.first_seen, finding.first_seen),
          last_seen: laterOf(other?.last_seen ?? finding.last_seen, finding.last_seen),
          confidence: Math.max(other?.confidence ?? 0, confidenceOf([finding])),
        });
      }
    }
  }
  return [...byKey].sort(([left], [right]) => byText(left, right)).map(([, artefact]) => artefact);
}

function namedBy(finding: Finding): readonly Pick<Artefact, 'kind' | 'value' | 'role'>[] {
  if (isFromList(finding)) return [];
  const { technique, detail } = finding;
  const named: Pick<Artefact, 'kind' | 'value' | 'role'>[] = [];
  if (technique.startsWith('T1071.004')) {
    for (const text of textsOf(detail['domain'])) {
      const domain = observableOf(text);
      if (domain?.kind === 'domain-name')
        named.push({ kind: 'domain-name', value: domain.value, role: 'tunnel' });
    }
  }
  const paths = [
    ...(technique === 'T1505.003' ? textsOf(detail['path']) : []),
    ...textsOf(detail['new_scripts']),
  ];
  for (const path of paths)
    if (isPath(path)) named.push({ kind: 'uri-path', value: path, role: 'web shell' });
  return named;
}

function isPath(text: string): boolean {
  return /^\/./s.test(text) && text.length <= longestArtefact && isWellFormed(text);
}

function textsOf(value: DetailValue | undefined): readonly string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.filter((item): item is string => typeof item === 'string');
}
