// Mailbox theft: few outside addresses take from a mail server of ours what none of its other clients takes, day after
// day, or read the mailboxes of many.
import { z } from 'zod';
import { defineDetector, type Parameter } from '../detector.ts';
import { targetColumn } from '../logged-target.ts';
import { caveat, judgeReaders, type ReaderRow } from './judge.ts';

const flag = z.union([z.boolean(), z.number()]).transform(Boolean);

const parameters = {
  mail_ports: {
    type: 'Array(UInt16)',
    value: [25, 110, 143, 465, 587, 993, 995],
    unit: 'ports',
    meaning: 'Who answers on one of these is a mail server ...',
  },
  min_mail_peers: {
    type: 'UInt32',
    value: 3,
    unit: 'addresses',
    meaning: '... once so many different addresses were answered, or asked for its web side.',
  },
  mailbox_ports: {
    type: 'Array(UInt16)',
    value: [110, 143, 993, 995],
    unit: 'ports',
    meaning: 'Services by which a mailbox is read with a mail program.',
  },
  web_ports: {
    type: 'Array(UInt16)',
    value: [80, 443, 4443, 8443],
    unit: 'ports',
    meaning: 'Services by which a mailbox is read over the web.',
  },
  mail_paths: {
    type: 'Array(String)',
    value: [
      '^/owa/',
      '^/ews/',
      '^/mapi/',
      '^/autodiscover/',
      '^/microsoft-server-activesync',
      '^/ecp/',
      '^/oab/',
      '^/rpc/rpcproxy',
      '^/rpcwithcert/',
      '^/zimbra/',
      '^/service/(home|soap)',
      '^/roundcube',
      '^/webmail',
      '^/sogo/',
    ],
    unit: 'Hyperscan patterns',
    meaning: 'Paths, in lower case, of the web side of a mail server.',
  },
  min_mail_share: {
    type: 'Float64',
    value: 0.5,
    unit: 'share',
    meaning: 'Where less than this part of the requests is for mail, the web side is a web site besides.',
  },
  min_day_bytes: {
    type: 'UInt64',
    value: 5_000_000,
    unit: 'bytes',
    meaning: 'Least taken on one day.',
  },
  min_times_usual: {
    type: 'Float64',
    value: 10,
    unit: 'times',
    meaning: 'Least taken on one day, against the best day of three clients in four.',
  },
  min_times_usual_event: {
    type: 'Float64',
    value: 5,
    unit: 'times',
    meaning:
      'Least of the median conversation against that of three clients in four: who merely reads a lot also asks a lot for little.',
  },
  min_times_usual_lump: {
    type: 'Float64',
    value: 2,
    unit: 'times',
    meaning: 'Least taken on one day, against the same, by who takes everything in few great readings ...',
  },
  min_times_usual_lump_event: {
    type: 'Float64',
    value: 25,
    unit: 'times',
    meaning: '... of which the median is at least so many times that of three clients in four: a lead only.',
  },
  min_days: {
    type: 'UInt32',
    value: 3,
    unit: 'days',
    meaning: 'Days of such taking, by all readers together, from which on it opens an incident by itself.',
  },
  min_accounts: {
    type: 'UInt32',
    value: 5,
    unit: 'mailboxes',
    meaning: 'Mailboxes read from one address, by at most as many kinds of program as allowed.',
  },
  max_agents: {
    type: 'UInt32',
    value: 2,
    unit: 'programs',
    meaning: 'More kinds of program behind one address are an office with many people.',
  },
  min_clients: {
    type: 'UInt32',
    value: 5,
    unit: 'addresses',
    meaning: 'Fewer clients than this do not tell what is usual.',
  },
  max_readers: {
    type: 'UInt32',
    value: 5,
    unit: 'addresses',
    meaning: 'If more addresses than this, and than one client in twenty, take as much, it is ordinary use.',
  },
  early_share: {
    type: 'Float64',
    value: 0.05,
    unit: 'share',
    meaning: 'Who was there in this first part of the period (a backup service) is no newcomer.',
  },
  max_rows: { type: 'UInt32', value: 5000, unit: 'rows', meaning: 'Most candidates judged.' },
} satisfies Record<string, Parameter>;

const row = z.strictObject({
  target_text: z.string(),
  target_column: targetColumn,
  reader: z.string(),
  source: z.enum(['network', 'http']),
  events: z.number(),
  bytes_taken: z.number(),
  bytes_sent: z.number(),
  median_event: z.number(),
  days: z.array(z.string()),
  day_bytes: z.array(z.number()),
  first_seen: z.string(),
  last_seen: z.string(),
  clients: z.number(),
  usual_day: z.number(),
  usual_event: z.number(),
  accounts: z.number(),
  account_names: z.array(z.string()),
  agents: z.number(),
  elsewhere: z.array(z.string()),
  is_website: flag,
  requests: z.number(),
  began_after: z.number(),
});

export const detector = defineDetector<ReaderRow>({
  id: 'mailbox-theft',
  title: 'Mailboxes read from outside in bulk',
  technique: 'T1114.002',
  tables: ['network', 'http', 'authentication'],
  parameters,
  row,
  scoreMeaning:
    'From 0.5 for one outstanding day: more for how far the taking is beyond what other clients take, for further days and for further mailboxes.',
  caveat,
  judge: judgeReaders,
});
