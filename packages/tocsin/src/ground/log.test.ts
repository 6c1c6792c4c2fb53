// The log: its shape, its level, and that evidence cannot get into a line.
import { describe, expect, it } from 'vitest';
import { idText, type LogFields, openLog } from './log.ts';

const lines = (level: 'error' | 'warn' | 'info' | 'debug') => {
  const written: string[] = [];
  const log = openLog({
    level,
    clock: { nowMs: () => 1_709_600_523_000 },
    out: (line) => written.push(line),
  });
  return { log, written };
};

describe('a log line', () => {
  it('is one JSON object with the time, the level and what happened', () => {
    const { log, written } = lines('info');
    log.write('info', 'evidence-read', { evidence: idText('e-00ff'), records: 12, is_cut: false });
    expect(written).toEqual([
      '{"time":"2024-03-05T01:02:03.000Z","level":"info","event":"evidence-read","evidence":"e-00ff","records":12,"is_cut":false}\n',
    ]);
  });

  it('is left out below the level of the log', () => {
    const { log, written } = lines('warn');
    for (const level of ['error', 'warn', 'info', 'debug'] as const) log.write(level, level);
    expect(written.map((line) => JSON.parse(line).level)).toEqual(['error', 'warn']);
  });

  it.each([
    ['an address', '192.0.2.1'],
    ['an IPv6 address', '2001:db8::1'],
    ['a sentence', 'password for root'],
    ['a path', '/srv/logs/auth.log'],
    ['a URI', 'GET /login?user=a'],
    ['a line end', 'a\nb'],
    ['more than 64 characters', 'a'.repeat(65)],
    ['nothing', ''],
  ])('withholds %s', (_, text) => {
    const { log, written } = lines('debug');
    // A caller in plain JavaScript, whom the type does not hold back.
    const fields = { note: text } as unknown as LogFields;
    log.write('debug', text, fields);
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ event: 'withheld', note: 'withheld' });
    expect(idText(text)).toBe('withheld');
  });

  it('withholds objects, keeps numbers that JSON has and cannot be given another time', () => {
    const { log, written } = lines('debug');
    const fields = { list: ['x'], rate: Number.NaN, time: 1, 'Bad Name': 2 } as unknown as LogFields;
    log.write('debug', 'odd', fields);
    expect(JSON.parse(written[0] ?? '')).toEqual({
      time: '2024-03-05T01:02:03.000Z',
      level: 'debug',
      event: 'odd',
      list: 'withheld',
      rate: null,
    });
  });
});
