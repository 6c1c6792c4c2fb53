// ATT&CK Navigator: the techniques of all incidents as a layer, format 4.5. The colour says the tactic, the score how
// sure the surest finding is.
// https://github.com/mitre-attack/attack-navigator/blob/master/layers/spec/v4.5/layerformat.md
import { byText } from '../../../ground/ids.ts';
import { tactics } from '../../../trace/attack.ts';
import type { Investigation } from '../../../vocabulary/investigation.ts';
import { techniqueOf } from '../../exchange/attack.ts';
import { type Exporter, type ExportSettings, jsonText } from '../../exchange/exporter.ts';
import { confidenceOf } from '../../exchange/parties.ts';
import { filler, nameText } from '../../exchange/text.ts';
import { tacticName } from '../html/attack-names.ts';

/** A colour for each tactic, in the order of the matrix; dark text is readable on all of them. */
const colours = [
  '#cfd8dc',
  '#d7ccc8',
  '#ffcdd2',
  '#ffe0b2',
  '#fff59d',
  '#e6ee9c',
  '#c8e6c9',
  '#a5d6a7',
  '#b2dfdb',
  '#b3e5fc',
  '#90caf9',
  '#c5cae9',
  '#e1bee7',
  '#f8bbd0',
] as const;

const order: readonly string[] = tactics;

interface Cell {
  readonly technique: string;
  readonly tactic: string;
  readonly incidents: Set<string>;
  readonly detectors: Set<string>;
  score: number;
}

/** The layer as an object. */
export function navigatorLayer(investigation: Investigation, { tlp, publisher }: ExportSettings): unknown {
  const cells = cellsOf(investigation);
  const used = tactics.filter((tactic) => cells.some((cell) => cell.tactic === tactic));
  const fill = filler(investigation);
  const titles = new Map(
    investigation.incidents.map(({ id, title }) => [id, nameText(fill(title), 'Incident without a title')]),
  );
  return {
    name: `Techniques seen (TLP:${tlp})`,
    versions: { navigator: '5.1.0', layer: '4.5' },
    domain: 'enterprise-attack',
    description:
      'Techniques the evidence points at, by tactic. A score is that of the surest finding, 0 to 100: a lead, not a verdict. It says nothing of who acted.',
    sorting: 3,
    layout: { layout: 'side', showID: true, showName: true, expandedSubtechniques: 'annotated' },
    hideDisabled: false,
    techniques: cells.map((cell) => ({
      techniqueID: cell.technique,
      tactic: cell.tactic,
      score: cell.score,
      color: colourOf(cell.tactic),
      comment: [
        `Detectors: ${[...cell.detectors].sort(byText).join(', ') || 'not stated'}.`,
        ...[...cell.incidents].sort(byText).map((id) => titles.get(id) ?? id),
      ].join('\n'),
      enabled: true,
    })),
    gradient: { colors: ['#ffffff', '#5c6bc0'], minValue: 0, maxValue: 100 },
    legendItems: used.map((tactic) => ({ label: tacticName(tactic), color: colourOf(tactic) })),
    metadata: [
      { name: 'tlp', value: `TLP:${tlp}` },
      ...(publisher === null ? [] : [{ name: 'publisher', value: publisher.name }]),
    ],
    showTacticRowBackground: true,
    tacticRowBackground: '#eceff1',
    selectTechniquesAcrossTactics: false,
    selectSubtechniquesWithParent: false,
  };
}

function cellsOf({ incidents, findings }: Investigation): readonly Cell[] {
  const byId = new Map(findings.map((finding) => [finding.id, finding]));
  const cells = new Map<string, Cell>();
  for (const incident of incidents) {
    for (const stage of incident.stages.filter(({ tactic }) => order.includes(tactic))) {
      const behind = stage.findings.flatMap((id) => byId.get(id) ?? []);
      for (const technique of stage.techniques.filter((id) => techniqueOf(id) !== null)) {
        const key = `${String(order.indexOf(stage.tactic)).padStart(2, '0')} ${technique}`;
        const cell = cells.get(key) ?? {
          technique,
          tactic: stage.tactic,
          incidents: new Set<string>(),
          detectors: new Set<string>(),
          score: 0,
        };
        const ofIt = behind.filter((finding) => finding.technique === technique);
        cell.incidents.add(incident.id);
        for (const { detector } of ofIt) cell.detectors.add(nameText(detector, 'without a name'));
        cell.score = Math.max(cell.score, confidenceOf(ofIt));
        cells.set(key, cell);
      }
    }
  }
  return [...cells].sort(([left], [right]) => byText(left, right)).map(([, cell]) => cell);
}

function colourOf(tactic: string): string {
  return colours[order.indexOf(tactic)] ?? '#ffffff';
}

export const exporters: readonly Exporter[] = [
  {
    id: 'navigator',
    about: 'ATT&CK Navigator layer',
    needsPublisher: false,
    write: (investigation, settings) => ({
      name: 'attack-layer.json',
      text: jsonText(navigatorLayer(investigation, settings)),
    }),
  },
];
