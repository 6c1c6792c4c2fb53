// Service shell: a program that serves others starts a command interpreter, as exploits and web shells make it do.
import { z } from 'zod';
import { byText } from '../../ground/ids.ts';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import { type DetectContext, defineDetector } from '../detector.ts';
import { rounded } from '../statistics.ts';
import { addressesIn, type Sign, signsOf, signWords } from './commands.ts';

const row = z.object({
  host: z.string(),
  username: z.string(),
  served: z.string(),
  interpreters: z.array(z.string()),
  starts: z.number(),
  days: z.number(),
  commands: z.array(z.string()),
  places: z.array(z.tuple([z.string(), z.number()])),
  first_seen: z.string(),
  last_seen: z.string(),
  discovered: z.array(z.string()),
});
type Row = z.infer<typeof row>;

const caveat =
  'Applications start shells of their own: to make a picture smaller, to run a job, to start themselves. What the shell was told says more than that it ran.';

const weights: Readonly<Record<Sign, number>> = {
  'connects a shell': 0.4,
  packed: 0.2,
  hidden: 0.15,
  interactive: 0.2,
  downloads: 0.15,
};

/** A service that does the same day after day does it by design. */
const habitualStarts = 20;
const habitualDays = 3;

function scoreOf({ starts, days, discovered }: Row, signs: readonly Sign[]): number {
  const spoken = signs.reduce((sum, sign) => sum + weights[sign], 0);
  const looked = discovered.length >= 2 ? 0.15 : 0;
  const habit = starts >= habitualStarts && days >= habitualDays && spoken < 0.4 ? 0.25 : 0;
  return Math.max(0.05, Math.min(0.98, 0.35 + spoken + looked - habit));
}

/** The very records, by evidence item. */
function selectorsOf(entry: Row): FindingDraft['selectors'] {
  const items = [...new Set(entry.places.map(([item]) => item))];
  return items.map((item) => ({
    table: 'process' as const,
    where: [
      { column: 'evidence_id', op: 'in', values: [item] },
      { column: 'record', op: 'in', values: entry.places.filter(([of]) => of === item).map(([, at]) => at) },
    ],
  }));
}

function techniqueOf(interpreters: readonly string[]): string {
  if (interpreters.some((program) => /^(?:powershell|pwsh)/.test(program))) return 'T1059.001';
  if (interpreters.some((program) => program.startsWith('cmd'))) return 'T1059.003';
  return 'T1059.004';
}

function judgeRow(entry: Row, { isInside }: DetectContext): readonly FindingDraft[] {
  const found = new Set(entry.commands.flatMap(signsOf));
  const signs = signWords.filter((sign) => found.has(sign));
  const score = scoreOf(entry, signs);
  const weight = score >= 0.6 ? 'incident' : score >= 0.5 ? 'supporting' : 'background';
  const telling = entry.commands.filter((command) => signsOf(command).length > 0);
  const reached = [...new Set(telling.flatMap(addressesIn))].sort(byText);
  const detail = {
    service: entry.served,
    account: entry.username,
    interpreters: entry.interpreters,
    starts: entry.starts,
    days: entry.days,
    signs,
    looked_around_with: entry.discovered,
    addresses_named: reached.slice(0, 20),
  };
  const said = {
    detector: 'service-shell',
    weight,
    host: entry.host,
    score: rounded(score),
    first_seen: entry.first_seen,
    last_seen: entry.last_seen,
    event_count: entry.places.length,
    detail,
    selectors: selectorsOf(entry),
    caveat,
  } as const;
  const outside = reached.filter((address) => !isInside(address));
  return [
    { ...said, technique: techniqueOf(entry.interpreters), direction: 'local', peer: null, peers: [] },
    // A shell that was told to go to an address is steered from there.
    ...(found.has('connects a shell') || found.has('downloads') ? outside : []).map(
      (peer): FindingDraft => ({
        ...said,
        technique: found.has('connects a shell') ? 'T1095' : 'T1105',
        direction: 'outbound',
        peer,
        peers: [peer],
      }),
    ),
  ];
}

export const detector = defineDetector<Row>({
  id: 'service-shell',
  title: 'Command interpreter started by a service',
  technique: 'T1059',
  tables: ['process'],
  parameters: {
    services: {
      type: 'String',
      value:
        '^(?:java|javaw|tomcat\\d*w?|httpd|apache2?|nginx|lighttpd|caddy|php(?:-fpm|-cgi)?[0-9.]*|w3wp|iisexpress|inetinfo|uwsgi|gunicorn|unicorn|puma|passenger|sqlservr|mysqld|mariadbd|postgres|oracle|redis-server|mongod|umworkerprocess|msexchange[a-z.]*|ws_tomcatservice|coldfusion|weblogic|jboss|wildfly|screenconnect\\.service|named|exim4?|master|slapd|smbd|vsftpd|proftpd)(?:\\.exe)?$',
      unit: 'regular expression',
      meaning: 'Names of programs that serve others.',
    },
    interpreters: {
      type: 'String',
      value:
        '^(?:sh|bash|dash|ash|zsh|ksh|csh|tcsh|busybox|cmd|powershell|powershell_ise|pwsh|wscript|cscript|mshta)(?:\\.exe)?$',
      unit: 'regular expression',
      meaning: 'Names of command interpreters.',
    },
    accounts: {
      type: 'String',
      value:
        '^(?:www-data|www|wwwrun|http|httpd|apache2?|nginx|tomcat\\d*|jetty|jboss|wildfly|weblogic|solr|elasticsearch|confluence|zimbra|php-fpm|mysql|postgres|redis|mongodb|named|iis apppool\\\\.+)$',
      unit: 'regular expression',
      meaning: 'Accounts that only services have, in lower case.',
    },
    discovery: {
      type: 'String',
      value:
        '^(?:whoami|id|groups|uname|hostname|ifconfig|ip|netstat|ss|arp|route|ps|w|who|last|lsb_release|ipconfig|systeminfo|tasklist|net1?|nltest|query|quser|wmic|nslookup|dig|find|getent)(?:\\.exe)?$',
      unit: 'regular expression',
      meaning: 'Programs by which somebody looks around.',
    },
    after_min: {
      type: 'UInt32',
      value: 60,
      unit: 'minutes',
      meaning: 'So long after the last shell it is looked for them.',
    },
    max_commands: {
      type: 'UInt32',
      value: 200,
      unit: 'commands',
      meaning: 'Most different commands read of one group.',
    },
    max_length: { type: 'UInt32', value: 8192, unit: 'characters', meaning: 'So much is read of a command.' },
    max_rows: { type: 'UInt32', value: 1000, unit: 'rows', meaning: 'Most machines and accounts looked at.' },
  },
  row,
  scoreMeaning:
    'A third for a shell at all; more for one that is connected to an address, packed, hidden, interactive or fetches something, and for looking around afterwards; less where the same happens day after day.',
  caveat,
  judge: (rows, context) => rows.flatMap((entry) => judgeRow(entry, context)),
});
