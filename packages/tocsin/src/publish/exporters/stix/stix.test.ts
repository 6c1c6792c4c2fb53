// What a receiver of the STIX bundle can rely on: it is STIX 2.1 by the rules of the specification and by the schemas of
// OASIS, every reference resolves, ids stay the same, nobody is named as having acted, no text breaks out of a pattern.
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byText } from '../../../ground/ids.ts';
import type { Investigation } from '../../../vocabulary/investigation.ts';
import {
  neighbours,
  published,
  publisher,
  sampleNamed,
  samples,
  settings,
} from '../../exchange/samples.test-data.ts';
import { vector, vectorsIn } from '../../exchange/vectors.test-data.ts';
import { tlpLabels } from '../../redact/policy.ts';
import { withFigures } from '../html/samples/figures.ts';
import { Draft } from './draft.ts';
import { stixBundle } from './exporter.ts';
import type { StixObject } from './object.ts';
import { equals, stringLiteral } from './pattern.ts';

/** What the specification demands besides the common properties (STIX 2.1, sections 4 to 7). */
const required: Readonly<Record<string, readonly string[]>> = {
  'attack-pattern': ['name'],
  'autonomous-system': ['number'],
  campaign: ['name'],
  'domain-name': ['value'],
  file: [],
  identity: ['name'],
  indicator: ['pattern', 'pattern_type', 'valid_from'],
  infrastructure: ['name'],
  'ipv4-addr': ['value'],
  'ipv6-addr': ['value'],
  'marking-definition': ['created', 'extensions'],
  'network-traffic': ['protocols'],
  'observed-data': ['first_observed', 'last_observed', 'number_observed', 'object_refs'],
  relationship: ['relationship_type', 'source_ref', 'target_ref'],
  report: ['name', 'published', 'object_refs'],
  sighting: ['sighting_of_ref'],
};
const observables = ['autonomous-system', 'domain-name', 'file', 'ipv4-addr', 'ipv6-addr', 'network-traffic'];

/** What may stand at the two ends of a relationship (STIX 2.1, 3.7 and the tables of each object). */
const ends: Readonly<Record<string, readonly [from: readonly string[], to: readonly string[]]>> = {
  uses: [['campaign'], ['attack-pattern', 'infrastructure']],
  compromises: [['campaign'], ['infrastructure']],
  targets: [['campaign'], ['identity']],
  indicates: [['indicator'], ['campaign', 'infrastructure']],
  controls: [['infrastructure'], ['infrastructure']],
  'communicates-with': [['infrastructure'], ['infrastructure']],
  'consists-of': [['infrastructure'], ['autonomous-system', 'domain-name', 'ipv4-addr', 'ipv6-addr']],
  'related-to': [['observed-data'], ['identity']],
};

/** Every reference in an object, in lists and objects inside it as well. */
function referencesIn(value: unknown, key = ''): readonly string[] {
  if (typeof value === 'string') return /_refs?$/.test(key) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item) => referencesIn(item, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => referencesIn(item, name));
}

const textOf = (object: StixObject, name: string): string => {
  const value = object[name];
  return typeof value === 'string' ? value : '';
};

const ofType = (objects: readonly StixObject[], type: string) =>
  objects.filter((object) => object.type === type);

/** One comparison of a path and a literal (STIX 2.1, 9): a quote or backslash inside only behind a backslash. */
const onePattern = /^\[[a-z0-9-]+:[a-z_]+(?:\.'?[a-z_-]+'?)* = '(?:[^'\\]|\\['\\])*'\]$/;

describe.each(samples)('the bundle of %s', (_, investigation) => {
  const { objects, id } = stixBundle(investigation, settings());
  const byId = new Map(objects.map((object) => [object.id, object]));

  it('has objects of known types, each once, with what the specification demands', () => {
    expect(id).toMatch(/^bundle--[0-9a-f-]{36}$/);
    expect(byId.size).toBe(objects.length);
    for (const object of objects) {
      expect([object.type, Object.hasOwn(required, object.type)]).toEqual([object.type, true]);
      expect(object.id).toMatch(
        new RegExp(
          `^${object.type}--[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
        ),
      );
      expect(object['spec_version']).toBe('2.1');
      for (const name of required[object.type] ?? [])
        expect(object[name], `${object.type} ${name}`).toBeDefined();
      for (const [name, value] of Object.entries(object))
        expect([name, Array.isArray(value) && value.length === 0]).toEqual([name, false]);
    }
  });

  it('has no reference that leads out of it', () => {
    for (const object of objects)
      for (const reference of referencesIn(object)) expect(byId.has(reference), reference).toBe(true);
    for (const relationship of ofType(objects, 'relationship')) {
      const [from, to] = ends[textOf(relationship, 'relationship_type')] ?? [[], []];
      expect(from).toContain(byId.get(textOf(relationship, 'source_ref'))?.type);
      expect(to).toContain(byId.get(textOf(relationship, 'target_ref'))?.type);
    }
    for (const { object_refs: refs } of ofType(objects, 'observed-data') as readonly {
      object_refs?: readonly string[];
    }[])
      for (const reference of refs ?? []) expect(observables).toContain(byId.get(reference)?.type);
  });

  it('has times in their order, with three decimals where the specification wants them', () => {
    const pairs = [
      ['created', 'modified'],
      ['first_seen', 'last_seen'],
      ['first_observed', 'last_observed'],
      ['start', 'end'],
    ] as const;
    for (const object of objects) {
      for (const [from, to] of pairs) {
        if (object[from] === undefined || object[to] === undefined) continue;
        expect([object.id, textOf(object, from) <= textOf(object, to)]).toEqual([object.id, true]);
      }
      // A span of a relationship must not be empty (3.7.2, 5.1).
      if (object['stop_time'] !== undefined)
        expect(textOf(object, 'start_time') < textOf(object, 'stop_time')).toBe(true);
      if (!observables.includes(object.type))
        expect(textOf(object, 'created')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
  });

  it('has confidences and counts within their ranges', () => {
    for (const object of objects)
      for (const [name, least, most] of [
        ['confidence', 0, 100],
        ['number_observed', 1, 999_999_999],
        ['count', 0, 999_999_999],
        ['dst_port', 0, 65_535],
      ] as const) {
        const value = object[name];
        if (value === undefined) continue;
        expect(
          Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
          `${object.id} ${name}`,
        ).toBe(true);
      }
  });

  it('names nobody as having acted', () => {
    const types = new Set(objects.map(({ type }) => type));
    for (const type of ['threat-actor', 'intrusion-set', 'malware', 'malware-analysis'])
      expect(types.has(type)).toBe(false);
    for (const { type, source_ref, relationship_type } of objects)
      if (type === 'relationship' && relationship_type === 'located-at')
        expect(byId.get(String(source_ref))?.type).toBe('infrastructure');
    expect(objects.some(({ relationship_type: kind }) => kind === 'attributed-to')).toBe(false);
  });

  it('says of all infrastructure that it may be hijacked, or is', () => {
    for (const object of ofType(objects, 'infrastructure'))
      expect(textOf(object, 'description')).toMatch(/hijacked/);
  });

  it('has patterns that are one comparison each', () => {
    for (const indicator of ofType(objects, 'indicator'))
      expect(textOf(indicator, 'pattern')).toMatch(onePattern);
  });

  it('marks everything with the label, and has the label in it', () => {
    const [marking, ...others] = objects;
    expect(marking?.type).toBe('marking-definition');
    for (const object of others) expect(object['object_marking_refs']).toEqual([marking?.id]);
  });
});

describe('markings', () => {
  // As OASIS published them on 1 October 2022.
  it.each([
    ['CLEAR', '94868c89-83c2-464b-929b-a1a8aa3c8487', 'clear'],
    ['GREEN', 'bab4a63c-aed9-4cf5-a766-dfca5abac2bb', 'green'],
    ['AMBER', '55d920b0-5e8b-4f79-9ee9-91f868d9b421', 'amber'],
    ['AMBER+STRICT', '939a9414-2ddd-4d32-a0cd-375ea402b003', 'amber+strict'],
    ['RED', 'e828b379-4e03-4974-9ac4-e53a884c97c1', 'red'],
  ] as const)('of TLP:%s is the published one', (label, uuid, word) => {
    expect(stixBundle(sampleNamed('nothing at all'), settings(label)).objects[0]).toEqual({
      type: 'marking-definition',
      spec_version: '2.1',
      id: `marking-definition--${uuid}`,
      created: '2022-10-01T00:00:00.000Z',
      name: `TLP:${label}`,
      extensions: {
        'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d': {
          extension_type: 'property-extension',
          tlp_2_0: word,
        },
      },
    });
  });
});

describe('ids', () => {
  it('of an address is the one that everybody gives it', () => {
    // The UUID of version 5 of {"value":"198.51.100.3"} in the namespace of observables (STIX 2.1, 2.9).
    const draft = new Draft(settings(), '2024-01-01T00:00:00.000000Z');
    expect(draft.observable('ipv4-addr', { value: '198.51.100.3' })).toBe(
      'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4',
    );
  });

  it('of one object in two descriptions is one, with what both agree in', () => {
    const draft = new Draft(settings(), '2024-01-01T00:00:00.000000Z');
    const first = draft.observable('autonomous-system', { number: 64_500 }, { name: 'A', rir: 'X' });
    const second = draft.observable('autonomous-system', { number: 64_500 }, { name: 'B', rir: 'X' });
    expect(second).toBe(first);
    const [, object] = draft.objects();
    expect(object).toMatchObject({ number: 64_500, rir: 'X' });
    expect(object).not.toHaveProperty('name');
  });

  it('do not depend on the order of incidents, findings, edges or outside machines', () => {
    const straight = sampleNamed('several incidents');
    const turned: Investigation = {
      ...straight,
      findings: [...straight.findings].reverse(),
      incidents: [...straight.incidents].reverse().map((incident) => ({
        ...incident,
        outside: [...incident.outside].reverse(),
        edges: [...incident.edges].reverse(),
        hosts: [...incident.hosts].reverse(),
        relays: [...incident.relays].reverse(),
      })),
    };
    const idsOf = (investigation: Investigation) =>
      stixBundle(investigation, settings()).objects.map(({ id }) => id);
    expect(idsOf(turned)).toEqual(idsOf(straight));
  });

  it('stay when evidence is added later, and the newer version says so', () => {
    const before = sampleNamed('a campaign');
    const later = {
      ...before,
      evidence: before.evidence.map((item) => ({ ...item, last: '2025-01-01T00:00:00.000000Z' })),
    };
    const campaignOf = (investigation: Investigation) =>
      ofType(stixBundle(investigation, settings()).objects, 'campaign')[0];
    expect(campaignOf(later)?.id).toBe(campaignOf(before)?.id);
    expect(campaignOf(later)?.['created']).toBe(campaignOf(before)?.['created']);
    expect(String(campaignOf(later)?.['modified']) > String(campaignOf(before)?.['modified'])).toBe(true);
  });
});

describe('a relay', () => {
  const { objects } = stixBundle(withFigures(neighbours()), settings());
  const named = (name: string) => objects.find((object) => object['name'] === name);

  it('is a victim that was compromised, steered by its controllers, and no indicator', () => {
    const relay = named('Hijacked relay 203.0.113.9');
    expect(relay?.['infrastructure_types']).toEqual(['anonymization']);
    const links = ofType(objects, 'relationship').filter(({ target_ref }) => target_ref === relay?.id);
    expect(
      links
        .map(({ relationship_type: type }) => type)
        .map(String)
        .sort(byText),
    ).toEqual(['communicates-with', 'compromises', 'controls', 'controls']);
    expect(
      ofType(objects, 'indicator')
        .map(({ pattern }) => pattern)
        .map(String)
        .sort(byText),
    ).toEqual([
      "[domain-name:value = 'files.example']",
      "[domain-name:value = 'tunnel-site.example']",
      "[ipv4-addr:value = '198.51.100.4']",
      "[network-traffic:extensions.'http-request-ext'.request_value = '/a\\'b\\\\c.php']",
    ]);
  });

  it('is an indicator of something compromised where the publisher says so', () => {
    const { objects: told } = stixBundle(
      withFigures(neighbours()),
      settings('GREEN', { publisher: { ...publisher, relays_as_indicators: true } }),
    );
    const [indicator] = ofType(told, 'indicator').filter(
      ({ pattern }) => pattern === "[ipv4-addr:value = '203.0.113.9']",
    );
    expect(indicator?.['indicator_types']).toEqual(['compromised']);
  });

  it('is not stated where it is withheld, but its controllers are', () => {
    const { objects: hidden } = stixBundle(published(neighbours()), settings());
    expect(
      ofType(hidden, 'ipv4-addr')
        .map(({ value }) => value)
        .map(String)
        .sort(byText),
    ).toEqual(['192.0.2.50', '192.168.7.7', '198.51.100.200', '198.51.100.4']);
    expect(ofType(hidden, 'network-traffic').length).toBe(2);
    for (const traffic of ofType(hidden, 'network-traffic'))
      expect([traffic['src_ref'], traffic['dst_ref']].filter((ref) => ref !== undefined).length).toBe(1);
  });

  it('is sighted where it was seen', () => {
    const [sighting] = ofType(objects, 'sighting').filter(({ count }) => count !== undefined);
    expect(sighting).toMatchObject({ count: 7, first_seen: '2024-03-05T01:00:00.000000Z' });
  });
});

describe('a pattern', () => {
  it.each<[string, string]>([
    ["it's", "'it\\'s'"],
    ['C:\\x', "'C:\\\\x'"],
    ["\\'", "'\\\\\\''"],
    ["' OR [ipv4-addr:value = '1.1.1.1", "'\\' OR [ipv4-addr:value = \\'1.1.1.1'"],
    ['', "''"],
  ])('quotes %j as %j', (text, literal) => {
    expect(stringLiteral(text)).toBe(literal);
  });

  it('holds any text whole, and nothing but the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string({ unit: fc.constantFrom("'", '\\', ']', ' ', '\n', 'a') }),
        ),
        (text) => {
          const pattern = equals('file:name', text);
          expect(pattern).toMatch(onePattern);
          const inside = pattern.slice("[file:name = '".length, -"']".length);
          expect(inside.replace(/\\(.)/gsu, '$1')).toBe(text);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('the schemas of OASIS', () => {
  const paths = vectorsIn('stix-2.1/schemas');
  const ajv = new Ajv2020({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv);
  const schemas = paths.map((path) => vector<{ readonly $id: string }>(path));
  ajv.addSchema(schemas);
  const schemaOf = (name: string) => schemas.find(({ $id }) => $id.endsWith(`/${name}.json`))?.$id ?? '';

  it('are all there', () => {
    expect(paths.length).toBe(57);
  });

  it('refuse an object that breaks a rule', () => {
    expect(
      ajv.validate(schemaOf('ipv4-addr'), { type: 'ipv4-addr', id: 'ipv4-addr--1', spec_version: '2.1' }),
    ).toBe(false);
    expect(ajv.validate(schemaOf('bundle'), { type: 'bundle', id: 'bundle--1' })).toBe(false);
  });

  const cases = samples.flatMap(([name, investigation]) =>
    tlpLabels.flatMap((label) => [
      { name, label, investigation, who: publisher },
      { name, label, investigation, who: null },
    ]),
  );
  it.each(cases)('allow the bundle of $name under TLP:$label', ({ investigation, label, who }) => {
    const bundle = JSON.parse(
      JSON.stringify(stixBundle(investigation, settings(label, { publisher: who }))),
    ) as {
      readonly objects: readonly StixObject[];
    };
    const problems = (name: string, value: unknown) => {
      const isValid = ajv.validate(schemaOf(name), value);
      return isValid
        ? []
        : [
            name,
            ...(ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`),
          ];
    };
    expect(problems('bundle', bundle)).toEqual([]);
    for (const object of bundle.objects) expect(problems(object.type, object)).toEqual([]);
  });
});
