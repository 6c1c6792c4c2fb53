// Password guessing against a service of ours or by a machine of ours, and whether a guess succeeded.
// Reads recorded logins first, web answers second, and flows alone only where no login of the pair was recorded.
import { z } from 'zod';
import { defineDetector, type Parameter } from '../detector.ts';
import { targetColumn } from '../logged-target.ts';
import { caveat, judgeGuessing } from './judge.ts';

const parameters = {
  min_failures: {
    type: 'UInt32',
    value: 8,
    unit: 'failed logins',
    meaning:
      'Fewest failures of one source on one service; also fewest before a success for it to count as guessed.',
  },
  min_failures_per_success: {
    type: 'UInt32',
    value: 2,
    unit: 'failures per success',
    meaning: 'A source with relatively more successes is one where people work, unless a guess stands out.',
  },
  guess_window_s: {
    type: 'UInt32',
    value: 86_400,
    unit: 'seconds',
    meaning: 'How long before a success failures count towards its having been guessed.',
  },
  max_first_logins: {
    type: 'UInt32',
    value: 50,
    unit: 'accounts per source',
    meaning: 'First logins examined per source and service, earliest first.',
  },
  min_sources: {
    type: 'UInt32',
    value: 5,
    unit: 'sources',
    meaning: 'Fewest sources, each below the minimum alone, that are seen together as distributed guessing.',
  },
  login_paths: {
    type: 'Array(String)',
    value: [
      'log[-_]?[io]n',
      'sign[-_]?in',
      'xmlrpc\\.php',
      '/owa/auth',
      'j_security_check',
      '/administrator/index\\.php',
      'logincheck',
      '/dana-na/',
      '/autodiscover/',
      '/ews/',
      '/(user|account|admin)s?/(auth|session)',
      '/authenticate',
    ],
    unit: 'Hyperscan patterns',
    meaning: 'Paths, in lower case, a POST to which is a login.',
  },
  min_web_tries: {
    type: 'UInt32',
    value: 20,
    unit: 'requests',
    meaning: 'Fewest tries of one client on one path.',
  },
  min_same_answer_percent: {
    type: 'UInt32',
    value: 80,
    unit: 'percent',
    meaning:
      'Share of the tries that got the usual answer; a challenge before each answer (NTLM) stays below.',
  },
  min_web_tries_per_minute: {
    type: 'UInt32',
    value: 2,
    unit: 'requests per minute',
    meaning: 'Slowest rate for forms whose answer does not say that the login failed.',
  },
  min_tries_per_success: {
    type: 'UInt32',
    value: 5,
    unit: 'tries per request',
    meaning: 'How much rarer than the usual answer another answer must be to count as being let in.',
  },
  login_ports: {
    type: 'Array(String)',
    value: [
      '21',
      '22',
      '23',
      '25',
      '110',
      '143',
      '445',
      '465',
      '587',
      '993',
      '995',
      '1433',
      '3306',
      '3389',
      '5432',
      '5900',
      '5985',
    ],
    unit: 'port numbers',
    meaning: 'Destination ports of flows that may be logins, when the source is outside.',
  },
  inside_login_ports: {
    type: 'Array(String)',
    value: ['21', '22', '23', '445', '3389', '5900', '5985'],
    unit: 'port numbers',
    meaning: 'The same when the source is ours: without mail and databases, which programs ask all day.',
  },
  min_flows: {
    type: 'UInt32',
    value: 20,
    unit: 'flows',
    meaning: 'Fewest answered flows of one pair and port.',
  },
  min_flows_per_minute: {
    type: 'UInt32',
    value: 2,
    unit: 'flows per minute',
    meaning: 'Slowest rate over their span.',
  },
  max_flow_s: { type: 'Float64', value: 30, unit: 'seconds', meaning: 'Longest median duration of a guess.' },
  max_flow_bytes: {
    type: 'UInt64',
    value: 20_000,
    unit: 'bytes',
    meaning: 'Largest median of bytes both ways.',
  },
  max_size_spread: {
    type: 'Float64',
    value: 1,
    unit: 'share of the median',
    meaning: 'Largest distance between the 10th and the 90th percentile of bytes.',
  },
  min_success_ratio: {
    type: 'Float64',
    value: 10,
    unit: 'times the median',
    meaning:
      'How much larger and longer a flow in the later half must be to look like a session after the right guess.',
  },
  incident_score: {
    type: 'Float64',
    value: 0.8,
    unit: 'score',
    meaning: 'From this score on, guessing between our own machines opens an incident by itself.',
  },
  slow_per_minute: {
    type: 'Float64',
    value: 1,
    unit: 'failures per minute',
    meaning: 'Our own machine failing slower than this on one account is taken for an outdated password.',
  },
  listed_sources: {
    type: 'UInt32',
    value: 20,
    unit: 'sources',
    meaning:
      'Unsuccessful outside sources listed one by one per target and service; the rest share one finding.',
  },
  max_peers: { type: 'UInt32', value: 1000, unit: 'addresses', meaning: 'Other sides listed per finding.' },
  max_candidates: {
    type: 'UInt32',
    value: 5000,
    unit: 'rows',
    meaning: 'Candidates per kind of evidence, strongest first.',
  },
} satisfies Record<string, Parameter>;

export const guessingRow = z.strictObject({
  kind: z.enum(['logins', 'distributed', 'web', 'flows']),
  source: z.string(),
  target_text: z.string(),
  target_column: targetColumn,
  service: z.string(),
  failures: z.number(),
  successes: z.number(),
  accounts: z.number().default(0),
  account_names: z.array(z.string()).default([]),
  first_seen: z.string(),
  last_seen: z.string(),
  span_s: z.number(),
  event_count: z.number(),
  failures_before_guess: z.number(),
  guessed_account: z.string().default(''),
  guessed_time_text: z.string().nullable(),
  source_list: z.array(z.string()),
  source_count: z.number(),
  path: z.string().default(''),
  port: z.number().default(0),
  median_bytes: z.number().default(0),
  largest_bytes: z.number().default(0),
});

export const detector = defineDetector<z.infer<typeof guessingRow>>({
  id: 'brute-force',
  title: 'Password guessing',
  technique: 'T1110',
  tables: ['authentication'],
  also: [
    { file: 'web.sql', tables: ['http'] },
    { file: 'flows.sql', tables: ['network'] },
  ],
  parameters,
  row: guessingRow,
  scoreMeaning:
    'How sure it is that passwords were guessed, and above 0.8 that one was found: up to 0.5 for the number and speed of failures, more for many accounts, 0.8 and above where a login followed its failures.',
  caveat,
  judge: judgeGuessing,
});
