// What every section of the report may use: the investigation, the detectors' texts, the figures, and which findings
// have a place to link to.
import type { Finding } from '../../vocabulary/finding.ts';
import type { Investigation } from '../../vocabulary/investigation.ts';
import type { ShowFigure } from '../exporters/html/figure.ts';
import { type Content, html, joined } from '../exporters/html/markup.ts';

/** What the report says of a detector. */
export interface DetectorText {
  readonly id: string;
  readonly title: string;
  readonly technique: string;
  readonly scoreMeaning: string;
  readonly caveat: string;
}

/** A noun in singular and plural. */
export interface Noun {
  readonly one: string;
  readonly many: string;
}

/** Most nouns: the plural ends in s. */
export const noun = (one: string, many = `${one}s`): Noun => ({ one, many });

export interface ReportContext {
  readonly investigation: Investigation;
  /** By id, in the order given. */
  readonly detectors: ReadonlyMap<string, DetectorText>;
  readonly findings: ReadonlyMap<string, Finding>;
  /** Ids of the findings that the report lists and that can be linked to. */
  readonly listed: ReadonlySet<string>;
  readonly show: ShowFigure;
  /** The figure with its noun, which is one or many: `{ one: 'day', many: 'days' }`. */
  readonly counted: (id: readonly string[], noun: Noun) => Content;
  /** Rows shown one by one per table of an incident. */
  readonly limit: number;
}

/** Findings by the title of their detectors, each a link where the finding is listed. */
export function findingLinks(
  ids: readonly string[],
  { findings, detectors, listed }: ReportContext,
): Content {
  const links = new Map<string, Content>();
  const most = 6;
  for (const id of ids) {
    const finding = findings.get(id);
    if (!finding || !listed.has(id)) continue;
    const title = detectors.get(finding.detector)?.title ?? finding.detector;
    if (!links.has(title)) links.set(title, html`<a href="#finding-${id}">${title}</a>`);
    if (links.size >= most) break;
  }
  return links.size === 0 ? null : joined([...links.values()], ', ');
}

/** The element that introduces a finding's anchor, or plain text where it has none. */
export function findingLink(id: string, text: Content, { listed }: ReportContext): Content {
  return listed.has(id) ? html`<a href="#finding-${id}">${text}</a>` : text;
}
