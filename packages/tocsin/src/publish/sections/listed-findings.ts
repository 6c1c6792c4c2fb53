// Which findings have a place in the report, and how fully: by detector, the strongest first.
import { byText } from '../../ground/ids.ts';
import type { Finding } from '../../vocabulary/finding.ts';
import { byStrength, shownFindings } from '../catalogue/selection.ts';
import type { Unfigured } from '../catalogue/tables.ts';

const briefPerDetector = 200;
const backgroundPerDetector = 40;

export interface DetectorFindings {
  readonly detector: string;
  /** Shown with figures and events. */
  readonly full: readonly Finding[];
  /** Named with host, peer and time only. */
  readonly brief: readonly Finding[];
  readonly background: readonly Finding[];
  readonly isCut: boolean;
}

/** What of each detector is listed, the detectors with the strongest findings first. */
export function listedFindings(investigation: Unfigured): readonly DetectorFindings[] {
  const inFull = new Set(shownFindings(investigation).rows.map((finding) => finding.id));
  const groups = new Map<string, Finding[]>();
  for (const finding of investigation.findings) {
    groups.set(finding.detector, [...(groups.get(finding.detector) ?? []), finding]);
  }
  return [...groups]
    .map(([detector, findings]) => {
      const sorted = [...findings].sort(byStrength);
      const rest = sorted.filter((finding) => !inFull.has(finding.id));
      const brief = rest.filter((finding) => finding.weight !== 'background');
      const background = rest.filter((finding) => finding.weight === 'background');
      return {
        detector,
        full: sorted.filter((finding) => inFull.has(finding.id)),
        brief: brief.slice(0, briefPerDetector),
        background: background.slice(0, backgroundPerDetector),
        isCut: brief.length > briefPerDetector || background.length > backgroundPerDetector,
        strongest: sorted[0],
      };
    })
    .sort((left, right) =>
      left.strongest && right.strongest
        ? byStrength(left.strongest, right.strongest)
        : byText(left.detector, right.detector),
    );
}

/** Ids of all findings that have a place in the report. */
export function listedIds(investigation: Unfigured): ReadonlySet<string> {
  const groups = listedFindings(investigation);
  return new Set(
    groups.flatMap(({ full, brief, background }) =>
      [...full, ...brief, ...background].map((finding) => finding.id),
    ),
  );
}
