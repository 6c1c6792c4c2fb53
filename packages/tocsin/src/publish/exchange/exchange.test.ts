// What holds for every exchange format: the same bytes from the same investigation, nothing that is withheld or invisible,
// countries treated alike, and the ground they share.
import { describe, expect, it } from 'vitest';
import { TocsinError } from '../../ground/errors.ts';
import { byText } from '../../ground/ids.ts';
import type { Investigation } from '../../vocabulary/investigation.ts';
import { withFigures } from '../exporters/html/samples/figures.ts';
import { exporters } from '../exporters/registry.generated.ts';
import { exportAll } from './all.ts';
import { artefactsOf } from './artefacts.ts';
import { investigationOf } from './investigation.ts';
import { partiesOf } from './parties.ts';
import { publisherOf } from './publisher.ts';
import {
  neighbours,
  published,
  publisher,
  sampleNamed,
  samples,
  secretPolicy,
  settings,
} from './samples.test-data.ts';
import { filler, markdownText } from './text.ts';
import { lastMoment } from './times.ts';
import { bundleUuid } from './uuid.test-data.ts';
import { nameOf, uuidOf } from './uuid.ts';
import { isGlobal, observableOf } from './value.ts';

const decoded = (files: ReadonlyMap<string, Uint8Array>) =>
  [...files].map(([name, bytes]) => [name, new TextDecoder('utf-8', { fatal: true }).decode(bytes)] as const);

describe.each(samples)('every format of %s', (_, investigation) => {
  const files = exportAll(investigation, settings());

  it('is written, under a name of its own', () => {
    expect(files.size).toBe(exporters.length);
    for (const name of files.keys()) expect(name).toMatch(/^[a-z0-9][a-z0-9._-]*\.(?:json|csv)$/);
  });

  it('is the same bytes when it is written again, from a copy with its keys in another order', () => {
    const turned = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(turned)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, item]) => [key, turned(item)]),
            )
          : value;
    const copy = turned(structuredClone(investigation)) as Investigation;
    expect(decoded(exportAll(copy, settings()))).toEqual(decoded(files));
  });

  it('holds no character that hides or reorders others', () => {
    for (const [name, text] of decoded(files))
      expect([name, /[\p{Cf}\p{Cs}\u007f-\u009f\u2028\u2029]|[^\r\n\P{Cc}]/u.exec(text)?.[0]]).toEqual([
        name,
        undefined,
      ]);
  });

  it('carries the label', () => {
    for (const [name, text] of decoded(files)) {
      if (name === 'indicators.csv')
        for (const line of text.split('\r\n').slice(1, -1)) expect(line).toContain(',TLP:GREEN,');
      else expect([name, /TLP:GREEN|tlp:green/.test(text)]).toEqual([name, true]);
    }
  });
});

describe('what is withheld', () => {
  it('is in no export of a redacted investigation', () => {
    for (const [name, text] of decoded(exportAll(published(neighbours(), secretPolicy), settings())))
      for (const secret of [
        'City Works',
        '203.0.113.',
        '198.51.100.',
        '192.0.2.50',
        'files.example',
        'tunnel-site',
      ])
        expect([name, text.toLowerCase().includes(secret.toLowerCase())]).toEqual([name, false]);
  });

  it('of a publisher that is not stated are the formats that name one', () => {
    const names = [...exportAll(sampleNamed('a campaign'), settings('CLEAR', { publisher: null })).keys()];
    expect(names).toEqual(['indicators.csv', 'misp-event.json', 'attack-layer.json', 'stix-bundle.json']);
  });
});

describe('countries', () => {
  /** The investigation with two countries exchanged. */
  const exchanged = (investigation: Investigation): Investigation => ({
    ...investigation,
    incidents: investigation.incidents.map((incident) => ({
      ...incident,
      outside: incident.outside.map((party) => ({
        ...party,
        country: party.country === 'NL' ? 'CN' : party.country === 'CN' ? 'NL' : party.country,
      })),
    })),
  });

  it('are treated alike: exchanging two of them exchanges their names and nothing else', () => {
    const one = sampleNamed('a campaign');
    expect(JSON.stringify(one)).toContain('"NL"');
    const other = exchanged(one);
    const countryOf = (text: string) =>
      text.replaceAll('"CN"', '"NL"').replaceAll('address in CN', 'address in NL');
    // Ids of links are made of what they link; all else must be the same, line for line.
    const isOfPlace = /"relationship--/;
    const rest = (investigation: Investigation) =>
      decoded(exportAll(investigation, settings())).map(([name, text]) => [
        name,
        countryOf(text)
          .split('\n')
          .filter((line) => !isOfPlace.test(line) && !/"uuid"|_uuid"/.test(line))
          .sort(byText),
      ]);
    expect(rest(other)).toEqual(rest(one));
    const without = (investigation: Investigation) =>
      partiesOf(investigation, settings()).map((party) => ({ ...party, country: null }));
    expect(without(other)).toEqual(without(one));
  });
});

describe('who may be an indicator', () => {
  const roles = (tlp: 'GREEN' | 'RED', relays: boolean) =>
    partiesOf(
      withFigures(neighbours()),
      settings(tlp, { publisher: { ...publisher, relays_as_indicators: relays } }),
    )
      .filter(({ isIndicator }) => isIndicator)
      .map(({ role, shown }) => `${role} ${shown}`);

  it('is an outside machine that others can look for: no victim, no private address, nothing that only a list names', () => {
    expect(roles('GREEN', false)).toEqual(['controller 198.51.100.4', 'drop files.example']);
  });

  it('is a hijacked machine only when the publisher says so', () => {
    expect(roles('GREEN', true)).toEqual([
      'controller 198.51.100.4',
      'drop files.example',
      'relay 203.0.113.9',
    ]);
  });

  it('is what somebody else listed only at the strictest label', () => {
    expect(roles('RED', false)).toEqual([
      'controller 198.51.100.200',
      'controller 198.51.100.4',
      'drop files.example',
    ]);
  });

  it('is nothing under a pseudonym', () => {
    const hidden = published(neighbours(), secretPolicy);
    expect(hidden.incidents[0]?.outside.length).toBeGreaterThan(0);
    expect(partiesOf(hidden, settings('RED')).filter(({ isIndicator }) => isIndicator)).toEqual([]);
  });

  it('names the domain of a tunnel and the path of a web shell, each once', () => {
    expect(artefactsOf(withFigures(neighbours())).map(({ kind, value }) => `${kind} ${value}`)).toEqual([
      'domain-name tunnel-site.example',
      "uri-path /a'b\\c.php",
    ]);
  });

  it('is no path of ten thousand characters, and none that is no text', () => {
    const sample = withFigures(neighbours());
    const paths = [`/${'a'.repeat(10_000)}`, '/\ud800', '', 'no-slash', '/ok'];
    const shells = paths.map((path, index) => ({
      ...(sample.findings[3] ?? sample.findings[0]),
      id: `f-${String(index)}`,
      detail: { path },
    })) as Investigation['findings'];
    const incidents = sample.incidents.map((incident) => ({
      ...incident,
      findings: shells.map(({ id }) => id),
    }));
    expect(artefactsOf({ ...sample, findings: shells, incidents }).map(({ value }) => value)).toEqual([
      '/ok',
    ]);
  });
});

describe('a text is looked for elsewhere as', () => {
  it.each<[string, string | null]>([
    ['198.51.100.7', 'ipv4-addr 198.51.100.7'],
    ['::ffff:198.51.100.7', 'ipv4-addr 198.51.100.7'],
    ['2001:DB8:0:0::1', 'ipv6-addr 2001:db8::1'],
    ['Evil.Example.', 'domain-name evil.example'],
    ['xn--bcher-kva.example', 'domain-name xn--bcher-kva.example'],
    ['ip-7f3a90c1d2e4b586', null],
    ['host-7f3a90c1d2e4b586', null],
    ['ws-12', null],
    ['printer.local', null],
    ['1.2.3', null],
    ['a..b.example', null],
    ['<script>.example', null],
    [`${'a.'.repeat(200)}example`, null],
    ['', null],
  ])('%j: %j', (text, expected) => {
    const found = observableOf(text);
    expect(found === null ? null : `${found.kind} ${found.value}`).toBe(expected);
  });

  it.each<[string, boolean]>([
    ['10.1.2.3', false],
    ['172.31.0.1', false],
    ['172.32.0.1', true],
    ['100.64.0.1', false],
    ['169.254.1.1', false],
    ['239.1.1.1', false],
    ['::1', false],
    ['fd00::1', false],
    ['fe80::1', false],
    ['2001:db8::1', true],
    ['203.0.113.4', true],
  ])('%s means the same everywhere: %j', (text, expected) => {
    const found = observableOf(text);
    expect(found === null ? null : isGlobal(found)).toBe(expected);
  });
});

describe('names', () => {
  it('are UUIDs of version 5 as RFC 9562 has them', () => {
    expect(uuidOf(bundleUuid.namespaceOfNames, 'www.example.com')).toBe(bundleUuid.wwwExampleCom);
    expect(uuidOf(bundleUuid.namespaceOfUrls, 'urn:tocsin:exchange')).toBe(
      '4c714ade-0634-5451-a2da-f8f3e74c0b0d',
    );
  });

  it('differ by publisher, label, kind and seed', () => {
    const names = [
      nameOf(settings(), 'a', ['1']),
      nameOf(settings('CLEAR'), 'a', ['1']),
      nameOf(settings('GREEN', { publisher: null }), 'a', ['1']),
      nameOf(settings(), 'b', ['1']),
      nameOf(settings(), 'a', ['1', '']),
    ];
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('text', () => {
  const fill = filler(sampleNamed('a campaign'));
  it('has its figures filled in, and says so where one is missing', () => {
    const [incident] = sampleNamed('a campaign').incidents;
    for (const sentence of incident?.summary ?? []) expect(fill(sentence)).not.toMatch(/[{}]|missing/);
    expect(fill('x {figure:no.such} y')).toBe('x (figure missing) y');
  });

  it('is bounded', () => {
    expect(fill('a'.repeat(1_000_000)).length).toBeLessThanOrEqual(2000);
  });

  it('is no markup in Markdown', () => {
    expect(markdownText('[x](javascript:y) <b> `c` # d @[attribute](e)')).toBe(
      '\\[x\\](javascript:y) \\<b\\> \\`c\\` \\# d \\@\\[attribute\\](e)',
    );
  });

  it('is as of the last moment of the evidence', () => {
    expect(lastMoment(sampleNamed('nothing at all'))).toBe('2022-10-01T00:00:00.000000Z');
    expect(lastMoment(sampleNamed('neighbours'))).toBe('2024-03-06T02:00:00.000000Z');
  });
});

describe('a publisher file', () => {
  it.each<[string, string, RegExp]>([
    ['another key', 'name: a\nnamespace: https://a.example\ncolour: red\n', /Unrecognized key/],
    ['no name', 'namespace: https://a.example\n', /name/],
    ['an unknown category', 'name: a\nnamespace: https://a.example\ncategory: king\n', /category/],
    ['a namespace that is no URL', 'name: a\nnamespace: a.example\n', /namespace/],
    ['a namespace with markup', 'name: a\nnamespace: "https://a.example/<b>"\n', /namespace/],
    ['a script as namespace', 'name: a\nnamespace: "javascript:alert(1)"\n', /namespace/],
    [
      'CSAF documents without TLS',
      'name: a\nnamespace: https://a.example\ncsaf_url: http://a.example\n',
      /csaf_url/,
    ],
    ['two lines in a name', 'name: "a\\nb"\nnamespace: https://a.example\n', /name/],
    ['no YAML', '{', /not YAML/],
    ['too much', `name: ${'a'.repeat(70_000)}\n`, /too large/],
    ['a list', '- a\n', /expected object/],
  ])('with %s is refused', (_, text, message) => {
    expect(() => publisherOf(text, 'p.yaml')).toThrow(TocsinError);
    expect(() => publisherOf(text, 'p.yaml')).toThrow(message);
  });

  it('has defaults that disclose no victim', () => {
    expect(publisherOf('name: a\nnamespace: https://a.example\n', 'p.yaml')).toEqual({
      name: 'a',
      namespace: 'https://a.example',
      category: 'coordinator',
      relays_as_indicators: false,
    });
  });
});

describe('an investigation out of a file', () => {
  it.each(samples)('is taken when it is %s', (_, investigation) => {
    expect(investigationOf(JSON.parse(JSON.stringify(investigation)))).toHaveProperty('investigation');
  });

  it.each<[string, (value: Record<string, unknown>) => unknown]>([
    ['is no object', () => 7],
    ['has no incidents', (value) => ({ ...value, incidents: undefined })],
    ['has a time that is none', (value) => ({ ...value, evidence: [{ id: 'e', last: 'yesterday' }] })],
    ['has a finding without a score', (value) => ({ ...value, findings: [{ id: 'f' }] })],
    ['has a list of limits that is none', (value) => ({ ...value, limits: 'none' })],
  ])('is refused when it %s', (_, change) => {
    const value = JSON.parse(JSON.stringify(sampleNamed('neighbours'))) as Record<string, unknown>;
    expect(investigationOf(change(value))).toHaveProperty('problem');
  });
});
