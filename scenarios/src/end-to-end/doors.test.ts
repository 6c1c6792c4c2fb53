// Everything the command offers besides the plain run, on small evidence: events that are kept and asked again, rules
// and lists that are given, and a table nobody knows.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Investigated, investigate, isReconciled, tocsin } from './tocsin.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-doors-'));
const put = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const evidence = join(folder, 'evidence');
const head = [
  '#separator \\x09',
  '#path\tconn',
  '#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state',
];
const flows = Array.from(
  { length: 40 },
  (_, at) =>
    `${1_722_844_800 + at * 977}.5\tC${at}\t10.0.0.${5 + (at % 3)}\t${40_000 + at}\t${at % 10 === 0 ? '203.0.113.66' : '198.51.100.7'}\t443\ttcp\tssl\t1.5\t900\t4000\tSF`,
);
const requests = Array.from(
  { length: 20 },
  (_, at) =>
    `192.0.2.${10 + at} - - [05/Aug/2024:10:${String(10 + at)}:00 +0000] "GET ${at === 7 ? '/reports/export?q=tocsin-probe' : '/index.html'} HTTP/1.1" 200 512 "-" "Mozilla/5.0"`,
);

beforeAll(() => {
  mkdirSync(evidence);
  writeFileSync(join(evidence, 'conn.log'), `${[...head, ...flows].join('\n')}\n`);
  writeFileSync(join(evidence, 'access.log'), `${requests.join('\n')}\n`);
});

describe('events that are kept', () => {
  const data = join(folder, 'data');
  let run: Investigated;
  beforeAll(async () => {
    run = await investigate([evidence], { more: ['--data', data, '--keep-raw'] });
  });
  const rowsOf = async (sql: string) => {
    const asked = await tocsin(['query', '--data', data, '--format', 'TSV', sql]);
    expect(asked).toMatchObject({ status: 0, stderr: '' });
    return asked.stdout.trimEnd().split('\n');
  };

  it('are what the account of the files says', async () => {
    expect(isReconciled(run.investigation)).toBe(true);
    expect(await rowsOf('SELECT (SELECT count() FROM network), (SELECT count() FROM http)')).toEqual([
      `${flows.length}\t${requests.length}`,
    ]);
  });

  it('lead back to the record of the file', async () => {
    const [row = ''] = await rowsOf("SELECT evidence_id, record FROM network WHERE uid = 'C3'");
    const [id, record] = row.split('\t');
    expect(run.investigation.evidence.find((item) => item.id === id)?.path).toBe('conn.log');
    const line = readFileSync(join(evidence, 'conn.log'), 'utf8').split('\n')[Number(record) - 1];
    expect(line).toBe(flows[3]);
  });

  it('come with the evidence as it was received, and its custody', async () => {
    const listed = await tocsin(['evidence', 'list', '--data', data]);
    expect(listed.stdout.trim().split('\n')).toHaveLength(2);
    const custody = await tocsin(['evidence', 'custody', '--data', data]);
    const records = custody.stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(records).toContainEqual(
      expect.objectContaining({ path: 'conn.log', act: 'received', kept_raw: true }),
    );
    expect(existsSync(join(data, 'raw'))).toBe(true);
    expect(readdirSync(join(data, 'raw'), { recursive: true }).length).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ['SQL that is none', 'SELECT count( FROM network', /refused: Syntax error/],
    ['a field that is not there', 'SELECT nothing FROM network', /refused: Unknown expression identifier/],
    ['a change', 'SELECT * FROM network; DROP TABLE network', /refused/],
  ])('refuse %s in clear words', async (_, sql, words) => {
    const asked = await tocsin(['query', '--data', data, sql]);
    expect(asked.status).toBe(1);
    expect(asked.stderr).toMatch(words);
  });
});

describe('what is given', () => {
  it('Sigma rules find their events, and one that cannot be asked is named with the reason', async () => {
    const rules = join(folder, 'rules');
    mkdirSync(rules);
    writeFileSync(
      join(rules, 'probe.yml'),
      [
        'title: Export of reports by a probe',
        'id: 6f2a3c1e-0a3b-4b0e-9c55-0f6a7a0f1d21',
        'status: test',
        'logsource: { category: webserver }',
        'detection:',
        '  selection:',
        '    cs-uri-query|contains: tocsin-probe',
        '  condition: selection',
        'level: high',
      ].join('\n'),
    );
    writeFileSync(
      join(rules, 'wheel.yml'),
      [
        'title: A modifier nobody knows',
        'id: 0d2b9a57-3f0c-4a83-8c10-4a3d0b8e7a11',
        'logsource: { category: webserver }',
        'detection: { selection: { cs-uri-query|waterwheel: 7 }, condition: selection }',
        'level: low',
      ].join('\n'),
    );
    const { investigation, stdout, out } = await investigate([evidence], { more: ['--sigma', rules] });
    const found = investigation.findings.filter((finding) => finding.detector === 'sigma');
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found[0])).toContain('Export of reports by a probe');
    expect(found[0]?.events).toHaveLength(1);
    expect(stdout).toMatch(/^Sigma: 2 rules, 1 usable.* 1 matched; 1 not usable, each with the reason/m);
    const account: unknown = JSON.parse(readFileSync(join(out, 'sigma.json'), 'utf8'));
    expect(account).toMatchObject({
      not_usable: [{ file: 'wheel.yml', reason: expect.stringContaining('waterwheel') }],
    });
  });

  it('indicators are found where they stand, and nowhere else', async () => {
    const list = put(
      'indicators.csv',
      'type,value\nip,203.0.113.66\nip,203.0.113.99\ndomain,nobody.example\n',
    );
    const { investigation } = await investigate([evidence], { more: ['--indicators', list] });
    const found = investigation.findings.filter((finding) => finding.detector === 'indicator-match');
    expect(JSON.stringify(found)).toContain('203.0.113.66');
    expect(JSON.stringify(found)).not.toContain('203.0.113.99');
    expect(found.reduce((sum, finding) => sum + finding.events.length, 0)).toBe(
      flows.filter((flow) => flow.includes('203.0.113.66')).length,
    );
  });

  it('a mapping file reads a table nobody knows, row by row accounted for', async () => {
    const table = join(folder, 'firewall');
    mkdirSync(table);
    writeFileSync(
      join(table, 'export.csv'),
      'Date;Client;Server;Port;Up\n2024-08-05 10:00:00;10.0.0.5;198.51.100.9;443;1.5\n2024-08-05 10:01:00;10.0.0.5;nowhere;443;2\n',
    );
    const mapping = put(
      'mapping.json',
      JSON.stringify({
        table: 'network',
        time: { column: 'Date', format: 'yyyy-MM-dd HH:mm:ss', zone: '+00:00' },
        fields: {
          src_ip: 'Client',
          dst_ip: 'Server',
          dst_port: 'Port',
          bytes_out: { column: 'Up', multiply: 1024 },
        },
      }),
    );
    const { investigation } = await investigate([table], { more: ['--mapping', mapping] });
    const [item] = investigation.evidence;
    expect(item).toMatchObject({ format: 'mapped-csv', records: 3, headers: 1, events: 1, rejects: 1 });
  });
});
