// The relays of an incident: machines steered from outside against third parties, as the findings say. Pure.
import { z } from 'zod';
import { byText } from '../ground/ids.ts';
import type { Finding } from '../vocabulary/finding.ts';
import type { Relay } from '../vocabulary/investigation.ts';
import { linkOf } from './attack.ts';

const detail = z.object({
  targets: z.array(z.string()),
  p: z.number(),
  signals: z.array(z.string()),
});

/** One entry per finding that says a machine is used against others; by machine. */
export function relaysOf(findings: readonly Finding[]): readonly Relay[] {
  return findings
    .filter((finding) => linkOf(finding) === 'steering')
    .flatMap((finding) => {
      const said = detail.safeParse(finding.detail);
      if (!said.success) return [];
      const { targets, p, signals } = said.data;
      return [{ host: finding.host, controllers: finding.peers, targets, p, signals }];
    })
    .sort((left, right) => byText(left.host, right.host) || left.p - right.p);
}

/** Third parties a finding says its machine was used against; none for findings of another kind. */
export function targetsOf(finding: Finding): readonly string[] {
  const said = linkOf(finding) === 'steering' ? detail.safeParse(finding.detail) : null;
  return said?.success === true ? said.data.targets : [];
}
