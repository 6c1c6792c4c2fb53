// Web shells: a path that runs something, answers very few clients, is linked from nowhere and appeared late.
// Takes paths with their baselines from detect.sql; judge.ts weighs the signs.
import { z } from 'zod';
import { defineDetector, type Parameter } from '../detector.ts';
import { targetColumn } from '../logged-target.ts';
import { caveat, judgeShells } from './judge.ts';

const parameters = {
  script_pattern: {
    type: 'String',
    value: '\\.(jspx?|jspf|aspx?|ashx|asmx|asa|cer|cfm|cfc|php[3-8]?|phtml|phar|cgi|pl|py|rb|lua)(/|;|$)',
    unit: 'Hyperscan pattern',
    meaning: 'Paths, in lower case, that a server runs.',
  },
  command_patterns: {
    type: 'Array(String)',
    value: [
      '[?&](cmd|exec|command|execute|shell|run|comando|c|x|q|a|pass|password)=(whoami|id\\b|ipconfig|ifconfig|net(\\s|\\+)|netstat|dir\\b|ls\\b|cat(\\s|\\+)|type(\\s|\\+)|uname|systeminfo|tasklist|powershell|cmd(\\.exe)?(\\s|\\+)?/c|ping(\\s|\\+)|wget(\\s|\\+)|curl(\\s|\\+)|certutil|echo(\\s|\\+))',
      '[?&](cmd|exec|command|execute)=[a-z]',
      '[?&](cmd|pass|z0|z1|code|ant)=[^&]*(eval|execute|assert|system|response\\.write|base64_decode)',
      '[?&]cmdtype=|[?&]act(ion)?=(cmd|shell|upload|filemanager|sql)(&|$)',
    ],
    unit: 'Hyperscan patterns',
    meaning: 'Query strings, decoded and in lower case, that give commands.',
  },
  asset_pattern: {
    type: 'String',
    value: '\\.(css|js|png|jpe?g|gif|ico|svg|woff2?|ttf|webp)$',
    unit: 'Hyperscan pattern',
    meaning: 'Paths a browser fetches with a page.',
  },
  min_answers: {
    type: 'UInt32',
    value: 3,
    unit: 'answers',
    meaning: 'Fewest answers (2xx or 500) of the path.',
  },
  max_clients: { type: 'UInt32', value: 3, unit: 'clients', meaning: 'Most clients the path ever answered.' },
  min_site_clients: {
    type: 'UInt32',
    value: 8,
    unit: 'clients',
    meaning: 'From so many clients of the site on, being asked for by few is rare.',
  },
  early_share: {
    type: 'Float64',
    value: 0.1,
    unit: 'share of the log',
    meaning: 'A path called within this first part of the log may always have been there.',
  },
  max_regular_variation: {
    type: 'Float64',
    value: 0.35,
    unit: 'ratio',
    meaning:
      'Calls whose intervals vary less (median deviation over median) are made by a program on a timer.',
  },
  min_timer_span_s: {
    type: 'UInt32',
    value: 21_600,
    unit: 'seconds',
    meaning: 'How long such a program must have run (or half the log, where that is shorter).',
  },
  min_score: { type: 'Float64', value: 0.55, unit: 'score', meaning: 'Paths below are not reported.' },
  incident_score: {
    type: 'Float64',
    value: 0.75,
    unit: 'score',
    meaning: 'Paths from here on open an incident.',
  },
  max_candidates: {
    type: 'UInt32',
    value: 2000,
    unit: 'paths',
    meaning: 'Paths judged, most suspicious first.',
  },
} satisfies Record<string, Parameter>;

export const shellRow = z.strictObject({
  server_text: z.string(),
  server_column: targetColumn,
  path: z.string(),
  script: z.coerce.boolean(),
  calls: z.number(),
  posts: z.number(),
  commands: z.number(),
  referred: z.number(),
  inside_calls: z.number(),
  clients: z.number(),
  outside_clients: z.number(),
  client_list: z.array(z.string()),
  agents: z.number(),
  answer_sizes: z.number(),
  largest_answer: z.number(),
  first_seen: z.string(),
  last_seen: z.string(),
  created: z.coerce.boolean(),
  days: z.number(),
  call_ms: z.array(z.number()),
  record_evidence: z.array(z.string()),
  record_numbers: z.array(z.number()),
  example_uris: z.array(z.string()),
  site_requests: z.number(),
  site_clients: z.number(),
  site_referred: z.number(),
  site_first_ms: z.number(),
  site_last_ms: z.number(),
  caller_requests: z.number(),
  caller_assets: z.number(),
});

export const detector = defineDetector<z.infer<typeof shellRow>>({
  id: 'webshell',
  title: 'Web shells',
  technique: 'T1505.003',
  tables: ['http'],
  parameters,
  row: shellRow,
  scoreMeaning:
    'How many independent signs of a web shell a path carries, from 0 to 1; signs of ordinary use (linked, on a timer, there from the start) reduce it. Above 0.75 several strong ones coincide.',
  caveat,
  judge: judgeShells,
});
