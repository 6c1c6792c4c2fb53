// MISP events, held against what MISP accepts: pairs of category and type, relations and required values of the object
// templates used, and who may be marked for detection.
import Ajv from 'ajv-draft-04';
import { describe, expect, it } from 'vitest';
import { vector, vectorsIn } from '../../exchange/vectors.test-data.ts';
import { tlpLabels } from '../../redact/policy.ts';
import { campaign } from '../html/samples/campaign.ts';
import { withFigures } from '../html/samples/figures.ts';
import { hostile } from '../html/samples/hostile.ts';
import { empty, quiet, several } from '../html/samples/others.ts';
import { exporters, mispEvent } from './exporter.ts';

const settings = { tlp: 'GREEN', publisher: null } as const;
const samples = {
  'a campaign': withFigures(campaign()),
  'several incidents': withFigures(several()),
  'noise only': withFigures(quiet()),
  'no evidence at all': withFigures(empty()),
  'hostile texts everywhere': withFigures(hostile()),
};

/** Categories MISP has for each type, by type. */
const categories = vector<{
  readonly result: { readonly category_type_mappings: Readonly<Record<string, readonly string[]>> };
}>('misp/describeTypes.json').result.category_type_mappings;

interface Definition {
  readonly name: string;
  readonly uuid: string;
  readonly version: number;
  readonly 'meta-category': string;
  /** One of these is wanted. */
  readonly requiredOneOf?: readonly string[];
  /** All of these are wanted. */
  readonly required?: readonly string[];
  readonly attributes: Readonly<
    Record<string, { readonly 'misp-attribute': string; readonly multiple?: boolean }>
  >;
}

const definitions = new Map(
  vectorsIn('misp/objects')
    .map((path) => vector<Definition>(path))
    .map((definition) => [definition.name, definition]),
);

interface Attribute {
  readonly uuid: string;
  readonly type: string;
  readonly category: string;
  readonly object_relation: string;
  readonly value: string;
  readonly to_ids: boolean;
}

const objectsIn = (event: ReturnType<typeof mispEvent>) =>
  event.Event.Object.map((object) => ({
    uuid: object.uuid,
    name: String(object['name']),
    template: `${String(object['template_uuid'])} ${String(object['template_version'])}`,
    category: String(object['meta-category']),
    comment: String(object['comment']),
    attributes: object['Attribute'] as readonly Attribute[],
    references: object['ObjectReference'] as readonly { readonly referenced_uuid: string }[],
  }));

const lax = new Ajv.default({ strict: false, allErrors: true, logger: false }).compile(
  vector<Record<string, unknown>>('misp/schema-lax.json'),
);

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe.each(Object.entries(samples))('the event of %s', (_, investigation) => {
  const event = mispEvent(investigation, settings);
  const objects = objectsIn(event);
  const attributes = objects.flatMap((object) => object.attributes);

  it('fills templates of MISP with what they want and with nothing else, nothing twice that may come once', () => {
    for (const { name, template, category, attributes: own } of objects) {
      const definition = definitions.get(name);
      if (definition === undefined) throw new Error(`${name} is no template held here`);
      expect({ name, template, category }).toEqual({
        name,
        template: `${definition.uuid} ${definition.version}`,
        category: definition['meta-category'],
      });
      const relations = own.map(({ object_relation: relation }) => relation);
      const { requiredOneOf = relations, required = [] } = definition;
      expect({
        name,
        relations: relations.filter((relation) => requiredOneOf.includes(relation)),
      }).not.toEqual({
        name,
        relations: [],
      });
      expect(relations).toEqual(expect.arrayContaining([...required]));
      for (const { object_relation: relation, type } of own) {
        const allowed = definition.attributes[relation];
        expect({ name, relation, type }).toEqual({ name, relation, type: allowed?.['misp-attribute'] });
        if (allowed?.multiple !== true)
          expect({ name, relation, times: relations.filter((each) => each === relation).length }).toEqual({
            name,
            relation,
            times: 1,
          });
      }
    }
  });

  it('has only pairs of category and type that MISP knows, and no empty value', () => {
    for (const { type, category, value } of attributes) {
      expect({ category, types: categories[category] }).toEqual({
        category,
        types: expect.arrayContaining([type]),
      });
      expect(value.trim()).not.toBe('');
    }
  });

  it('is valid under the lax schema of MISP', () => {
    const isValid = lax(JSON.parse(JSON.stringify(event)));
    expect({ isValid, errors: lax.errors ?? [] }).toEqual({ isValid: true, errors: [] });
  });

  it('names each thing by a UUID of its own and refers only to objects it holds', () => {
    const ids = [
      event.Event.uuid,
      ...objects.map((object) => object.uuid),
      ...attributes.map((each) => each.uuid),
    ];
    for (const id of ids) expect(id).toMatch(uuid);
    expect(new Set(ids).size).toBe(ids.length);
    const held = new Set(objects.map((object) => object.uuid));
    for (const { references } of objects)
      for (const { referenced_uuid: referenced } of references) expect(held.has(referenced)).toBe(true);
  });

  it('has what every event has, as text where MISP wants text', () => {
    expect(event.Event).toMatchObject({
      analysis: '2',
      threat_level_id: '4',
      published: false,
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      timestamp: expect.stringMatching(/^\d+$/),
      info: expect.stringMatching(/\S/),
      Orgc: { name: expect.stringMatching(/\S/), uuid: expect.stringMatching(uuid) },
      EventReport: [{ name: 'Summary', content: expect.stringContaining('TLP:GREEN') }],
    });
  });
});

it.each(tlpLabels)('TLP:%s is a tag, and nothing below GREEN is sent on by MISP', (tlp) => {
  const { Event: event } = mispEvent(samples['a campaign'], { ...settings, tlp });
  expect(event.Tag[0]?.name).toBe(`tlp:${tlp.toLowerCase()}`);
  const isOpen = tlp === 'CLEAR' || tlp === 'GREEN';
  expect(event['distribution'] === '0').toBe(!isOpen);
});

it('tags techniques as the galaxy names them, and none whose name is not known', () => {
  const names = mispEvent(samples['a campaign'], settings).Event.Tag.map(({ name }) => name);
  expect(names).toContain('misp-galaxy:mitre-attack-pattern="Exploit Public-Facing Application - T1190"');
  expect(names).toContain('misp-galaxy:mitre-attack-pattern="Web Shell - T1505.003"');
  expect(names.join()).not.toContain('T9999');
});

it('marks for detection machines that steer, and no victim, target or inside address', () => {
  const marked = objectsIn(mispEvent(samples['a campaign'], settings))
    .flatMap(({ attributes }) => attributes)
    .filter(({ to_ids: isMarked }) => isMarked)
    .map(({ value }) => value);
  expect(marked).toContain('198.51.100.7');
  expect(marked.join(' ')).not.toMatch(/\b10\.20\.|203\.0\.113\.1\d\d/);
});

it('has no attribute of a pseudonym', () => {
  const redacted = JSON.parse(
    JSON.stringify(samples['a campaign']).replaceAll('198.51.100.7"', 'ip-3f00aa11bb22cc33"'),
  );
  const values = objectsIn(mispEvent(redacted, settings)).flatMap(({ attributes }) =>
    attributes.filter(({ type }) => type !== 'text').map(({ value }) => value),
  );
  expect(values.filter((value) => value.startsWith('ip-'))).toEqual([]);
  expect(values.length).toBeGreaterThan(10);
});

it('gives the same bytes again', () => {
  const [exporter] = exporters;
  expect(exporter?.write(withFigures(campaign()), settings)).toEqual(
    exporter?.write(samples['a campaign'], settings),
  );
});

it('marks nothing up in the report with texts of others', () => {
  const [report] = mispEvent(samples['hostile texts everywhere'], settings).Event['EventReport'] as readonly {
    readonly content: string;
  }[];
  expect(report?.content).toContain('\\<script\\>');
  expect(report?.content).not.toMatch(/(?<!\\)<script|(?<!\\)<img/);
});

/** Type of every property, by its path without the places in lists. */
function shapeOf(value: unknown, path: string, shape: Map<string, Set<string>>): Map<string, Set<string>> {
  const type = Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value;
  if (path !== '') shape.set(path, (shape.get(path) ?? new Set()).add(type));
  if (Array.isArray(value)) for (const item of value) shapeOf(item, path, shape);
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) shapeOf(inner, `${path}/${name}`, shape);
  return shape;
}

it('has the types that events of MISP itself have, wherever both have a property', () => {
  const theirs = new Map<string, Set<string>>();
  for (const path of vectorsIn('misp/events')) {
    const event = vector<Record<string, unknown>>(path);
    shapeOf('Event' in event ? event : { Event: event }, '', theirs);
  }
  const ours = shapeOf(JSON.parse(JSON.stringify(mispEvent(samples['a campaign'], settings))), '', new Map());
  const shared = [...ours].filter(([path]) => theirs.has(path));
  expect(shared.length).toBeGreaterThan(25);
  for (const [path, types] of shared)
    expect({ path, types: [...types].filter((type) => theirs.get(path)?.has(type) !== true) }).toEqual({
      path,
      types: [],
    });
});
