// The stages of the attack in the order of the ATT&CK matrix, with the techniques seen.
import type { Incident } from '../../../vocabulary/investigation.ts';
import { tacticName } from '../../exporters/html/attack-names.ts';
import { type Level, section, table } from '../../exporters/html/layout.ts';
import { html, type Markup } from '../../exporters/html/markup.ts';
import { span, technique } from '../../exporters/html/text.ts';
import { findingLinks, type ReportContext } from '../context.ts';
import { kindOfTactic } from '../picture.ts';

/** The stages of an incident. */
export function stagesSection(incident: Incident, level: Level, context: ReportContext): Markup | null {
  if (incident.stages.length === 0) return null;
  return section({
    id: `${incident.id}-stages`,
    level,
    title: 'Stages',
    body: table({
      caption: html`Stages in the order of MITRE ATT&amp;CK, with the techniques seen`,
      columns: [
        { title: 'Stage', isHead: true },
        { title: 'Techniques' },
        { title: 'First – last (UTC)' },
        { title: 'Findings', isNumber: true },
        { title: 'Seen by' },
      ],
      rows: incident.stages.map((stage) => ({
        cells: [
          html`<span class="chip kind-${kindOfTactic(stage.tactic)}">${tacticName(stage.tactic)}</span>`,
          html`<ul class="plain">${stage.techniques.map((id) => html`<li>${technique(id)}</li>`)}</ul>`,
          span(stage.first_seen, stage.last_seen),
          stage.techniques.length === 0
            ? null
            : context.show('incident', incident.id, 'stage', stage.tactic, 'findings'),
          findingLinks(stage.findings, context),
        ],
      })),
    }),
  });
}
