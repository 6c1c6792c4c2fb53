// Where an outside address is registered, in words. Says nothing of who used it.
import type { Incident } from '../../vocabulary/investigation.ts';
import { type Content, html } from '../exporters/html/markup.ts';
import { name } from '../exporters/html/text.ts';

/** Country and network of an outside party. */
export function placeOf(party: Incident['outside'][number] | undefined): Content {
  if (!party || (party.country === null && party.asn === null))
    return html`<span class="none">not known</span>`;
  const { country, asn, as_name } = party;
  return html`${country === null ? null : html`${name(country)} `}${asn === null ? null : html`${name(`AS${asn}`)} `}${as_name === null ? null : html`${name(as_name)}`}`;
}
