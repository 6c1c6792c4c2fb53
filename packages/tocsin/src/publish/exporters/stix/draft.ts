// A STIX 2.1 bundle while it is written: objects are put in by what they are, get deterministic ids, the publisher and
// the marking, and stand in it once.
import { canonicalJson } from '@tocsin/verify';
import { byText } from '../../../ground/ids.ts';
import type { Instant } from '../../../vocabulary/instant.ts';
import type { ExportSettings } from '../../exchange/exporter.ts';
import { fixedMoment, laterOf, milliseconds } from '../../exchange/times.ts';
import { nameOf, uuidOf } from '../../exchange/uuid.ts';
import { tlpMarking } from './markings.ts';
import type { StixObject } from './object.ts';

/** Namespace of the ids of cyber-observable objects (STIX 2.1, 2.9). */
const observableNamespace = '00abedb4-aa42-466c-9c01-fed23315a9b7';

export interface Domain {
  readonly type: string;
  /** What makes it another object, besides its type. */
  readonly seed: readonly string[];
  /** When it began; null for what no evidence made, such as a publisher or a technique. */
  readonly since: Instant | null;
}

export class Draft {
  readonly #settings: ExportSettings;
  readonly #asOf: Instant;
  readonly #marking: StixObject;
  readonly #objects = new Map<string, StixObject>();
  #publisher: string | null = null;

  /** @param asOf last moment of the evidence: every object is as of then */
  constructor(settings: ExportSettings, asOf: Instant) {
    this.#settings = settings;
    this.#asOf = asOf;
    this.#marking = tlpMarking(settings.tlp);
  }

  /** Puts the publisher in, who created all that follows; gives its id. */
  publisher(properties: Readonly<Record<string, unknown>>): string {
    const id = this.domain({ type: 'identity', seed: ['publisher'], since: null }, properties);
    this.#publisher = id;
    return id;
  }

  /** Puts a domain or relationship object in; one that is there already stays. Gives its id. */
  domain({ type, seed, since }: Domain, properties: Readonly<Record<string, unknown>>): string {
    const id = `${type}--${nameOf(this.#settings, `stix ${type}`, seed)}`;
    if (this.#objects.has(id)) return id;
    const created = since ?? fixedMoment;
    this.#objects.set(id, {
      type,
      spec_version: '2.1',
      id,
      ...(this.#publisher === null ? {} : { created_by_ref: this.#publisher }),
      created: milliseconds(created),
      modified: milliseconds(since === null ? created : laterOf(created, this.#asOf)),
      ...properties,
      object_marking_refs: [this.#marking.id],
    });
    return id;
  }

  /** Puts `source type target` in; gives its id. */
  relationship(
    { source, type, target }: { readonly source: string; readonly type: string; readonly target: string },
    { since, ...properties }: { readonly since: Instant | null; readonly [property: string]: unknown },
  ): string {
    return this.domain(
      { type: 'relationship', seed: [source, type, target], since },
      { relationship_type: type, source_ref: source, target_ref: target, ...properties },
    );
  }

  /**
   * Puts a cyber-observable object in, named by the properties that contribute to its id (STIX 2.1, 6). Where it is there
   * already with other values, what differs is left out, as it is not of the object. Gives its id.
   */
  observable(
    type: string,
    contributing: Readonly<Record<string, unknown>>,
    more: Readonly<Record<string, unknown>> = {},
  ): string {
    const id = `${type}--${uuidOf(observableNamespace, canonicalJson(contributing))}`;
    const object: StixObject = {
      type,
      spec_version: '2.1',
      id,
      ...contributing,
      ...more,
      object_marking_refs: [this.#marking.id],
    };
    const other = this.#objects.get(id);
    this.#objects.set(id, other === undefined ? object : agreedIn(other, object));
    return id;
  }

  /** Ids of everything put in so far, without the marking, in order. */
  ids(): readonly string[] {
    return [...this.#objects.keys()].sort(byText);
  }

  /** Everything, the marking first, then in order of type and id. */
  objects(): readonly StixObject[] {
    return [this.#marking, ...[...this.#objects.values()].sort((left, right) => byText(left.id, right.id))];
  }
}

/** The properties two descriptions of one object agree in. */
function agreedIn(left: StixObject, right: StixObject): StixObject {
  const same = Object.entries(left).filter(
    ([name, value]) => right[name] !== undefined && canonicalJson(right[name]) === canonicalJson(value),
  );
  return { ...Object.fromEntries(same), type: left.type, id: left.id };
}
