// Zeek connection logs for tests, good and bad lines mixed, with what must become of each: the judgement is made when
// the line is written, not by reading it.
import fc from 'fast-check';

export type Verdict =
  | { readonly kind: 'event'; readonly srcPort: number; readonly time: string }
  | { readonly kind: 'header' }
  | { readonly kind: 'reject'; readonly code: string };

export interface Line {
  readonly bytes: Buffer;
  readonly verdict: Verdict;
}

const names = [
  'ts',
  'uid',
  'id.orig_h',
  'id.orig_p',
  'id.resp_h',
  'id.resp_p',
  'proto',
  'duration',
  'orig_bytes',
];
const types = ['time', 'string', 'addr', 'port', 'addr', 'port', 'enum', 'interval', 'count'];

/** The header of a log with these columns, a line each. */
function header(order: readonly number[]): readonly string[] {
  const pick = (list: readonly string[]) => order.map((at) => list[at]).join('\t');
  return [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    '#path\tconn',
    `#fields\t${pick(names)}`,
    `#types\t${pick(types)}`,
  ];
}

interface Fault {
  readonly code: string;
  /** Changes the cells of a good line. */
  readonly spoil: (cells: string[]) => string[];
}

const set = (at: number, value: string) => (cells: string[]) => cells.with(at, value);

const faults: readonly Fault[] = [
  { code: 'not-delimited', spoil: (cells) => cells.slice(0, -1) },
  { code: 'not-delimited', spoil: (cells) => [...cells, 'more'] },
  { code: 'bad-time', spoil: set(0, 'yesterday') },
  { code: 'bad-time', spoil: set(0, '-') },
  { code: 'bad-address', spoil: set(2, '10.0.0.256') },
  { code: 'bad-address', spoil: set(4, 'example.org') },
  { code: 'bad-number', spoil: set(3, '65536') },
  { code: 'bad-number', spoil: set(5, '-1') },
  { code: 'bad-number', spoil: set(7, '1.5s') },
  { code: 'bad-number', spoil: set(8, '18446744073709551616') },
  { code: 'bad-number', spoil: set(8, '1.5') },
];

/** Longest record the logs are to be read with, bytes; a line that is longer is written with 50 bytes to spare. */
export const maxRecordBytes = 400;

interface Draft {
  readonly srcPort: number;
  readonly second: number;
  readonly uid: string;
  readonly bytes: string;
  readonly fault: number;
}

const draft: fc.Arbitrary<Draft> = fc.record({
  srcPort: fc.integer({ min: 0, max: 65_535 }),
  second: fc.integer({ min: 1_500_000_000, max: 1_700_000_000 }),
  uid: fc.constantFrom('CAbc1', '-', '(empty)', 'C é', 'C\xff', 'C\\x09x', 'C\'q"', ''),
  bytes: fc.constantFrom('-', '0', '18446744073709551615'),
  fault: fc.integer({ min: 0, max: faults.length - 1 }),
});

const goodCells = ({ srcPort, second, uid, bytes }: Draft): string[] => [
  `${second}.250000`,
  uid,
  '10.0.0.1',
  String(srcPort),
  '2001:db8::1',
  '443',
  'tcp',
  '0.5',
  bytes,
];

const eventOf = ({ srcPort, second }: Draft): Verdict => ({
  kind: 'event',
  srcPort,
  time: `${new Date(second * 1000).toISOString().slice(0, 19)}.250000Z`,
});

type Part = (order: readonly number[]) => readonly { readonly text: string; readonly verdict: Verdict }[];

const arrange = (cells: readonly string[], order: readonly number[]): string =>
  [...order.map((at) => cells[at] ?? ''), ...cells.slice(names.length)].slice(0, cells.length).join('\t');

const good = draft.map(
  (line): Part =>
    (order) => [{ text: arrange(goodCells(line), order), verdict: eventOf(line) }],
);
const bad = draft.map(
  (line): Part =>
    (order) => {
      const fault = faults[line.fault] ?? { code: '', spoil: (cells: string[]) => cells };
      return [
        { text: arrange(fault.spoil(goodCells(line)), order), verdict: { kind: 'reject', code: fault.code } },
      ];
    },
);
const blank = fc.constantFrom('', '  ', '\t').map(
  (text): Part =>
    () => [{ text, verdict: { kind: 'header' } }],
);
const footer = fc.constant(
  (): ReturnType<Part> => [{ text: '#close\t2024-01-01-00-00-00', verdict: { kind: 'header' } }],
);
const long = draft.map(
  (line): Part =>
    (order) => [
      {
        text: arrange(goodCells({ ...line, uid: 'C'.repeat(maxRecordBytes + 50) }), order),
        verdict: { kind: 'reject', code: 'too-long' },
      },
    ],
);

/** A log of one run of columns after another, each with lines of every kind. */
export const zeekLog: fc.Arbitrary<readonly Line[]> = fc
  .array(
    fc.record({
      order: fc.shuffledSubarray([...names.keys()], { minLength: names.length }),
      parts: fc.array(
        fc.oneof(
          { weight: 40, arbitrary: good },
          { weight: 4, arbitrary: bad },
          { weight: 2, arbitrary: blank },
          { weight: 1, arbitrary: footer },
          { weight: 1, arbitrary: long },
        ),
        { minLength: 1, maxLength: 60 },
      ),
      isSound: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((runs) =>
    runs.flatMap(({ order, parts, isSound }) => [
      ...header(order).map((text): Line => ({ bytes: Buffer.from(text), verdict: { kind: 'header' } })),
      ...parts
        .flatMap((part) => part(order))
        .filter(({ verdict }) => !isSound || verdict.kind === 'event')
        .map(({ text, verdict }): Line => ({ bytes: Buffer.from(text, 'latin1'), verdict })),
    ]),
  );

/** The file of a log. */
export function fileOf(lines: readonly Line[], isEnded: boolean): Buffer {
  const parts = lines.flatMap((line, at) =>
    at === lines.length - 1 && !isEnded ? [line.bytes] : [line.bytes, Buffer.from('\n')],
  );
  return Buffer.concat(parts);
}
