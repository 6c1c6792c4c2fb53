// ATT&CK as exchange formats name it: ids, names and addresses of techniques. Ids that are none are left out.
import { techniqueName } from '../exporters/html/attack-names.ts';

export interface Technique {
  /** `T1505.003` */
  readonly id: string;
  /** Name of its own, without that of the technique above: `Web Shell`; null when it is not known. */
  readonly name: string | null;
  readonly url: string;
}

/** The technique of an id; null when the text is no id of one. */
export function techniqueOf(id: string): Technique | null {
  const match = /^(T\d{4})(?:\.(\d{3}))?$/.exec(id);
  if (match === null) return null;
  const [, parent = '', sub] = match;
  const full = techniqueName(id);
  // For a sub-technique that is not known the name would be that of the technique above.
  const own = sub === undefined ? full : (full?.split(': ')[1] ?? null);
  return {
    id,
    name: own,
    url: `https://attack.mitre.org/techniques/${parent}${sub === undefined ? '' : `/${sub}`}`,
  };
}
