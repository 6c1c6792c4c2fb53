// Members of a zip archive: all that can be unpacked, under names of ours, within bounds, and a word on the rest.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { byText } from '../ground/ids.ts';
import { type ArchiveLimits, unpackZip } from './archive.ts';
import { type ZipMember, zipOf } from './packed.support.ts';
import { CutShort } from './unpack.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-archive-'));
afterAll(() => rmSync(folder, { recursive: true }));

const wide: ArchiveLimits = { maxExpandedBytes: 1e9, maxRatio: 200, maxMembers: 100 };
let archives = 0;

interface Unpacked {
  readonly members: readonly {
    readonly name: string;
    readonly content: string | null;
    readonly note: string | null;
  }[];
  /** Files that were written, by name. */
  readonly files: readonly string[];
}

async function unpack(bytes: Buffer, limits: Partial<ArchiveLimits> = {}): Promise<Unpacked> {
  archives += 1;
  const path = join(folder, `archive-${archives}.zip`);
  writeFileSync(path, bytes);
  const scratch = mkdtempSync(join(folder, 'out-'));
  const members = await unpackZip(path, scratch, { ...wide, ...limits });
  return {
    members: members.map(({ name, file, note }) => ({
      name,
      content: file === null ? null : readFileSync(file, 'latin1'),
      note,
    })),
    files: readdirSync(scratch, { recursive: true }).map(String),
  };
}
const unpackMembers = (members: readonly ZipMember[], limits?: Partial<ArchiveLimits>) =>
  unpack(zipOf(members), limits);

describe('members', () => {
  it('come out in order of their names, folders aside', async () => {
    const { members, files } = await unpackMembers([
      { name: 'logs/', content: '' },
      { name: 'logs/b.log', content: 'second' },
      { name: 'logs/a.log', content: 'first', isStored: true },
      { name: 'empty', content: '' },
    ]);
    expect(members).toEqual([
      { name: 'empty', content: '', note: null },
      { name: 'logs/a.log', content: 'first', note: null },
      { name: 'logs/b.log', content: 'second', note: null },
    ]);
    expect(files.every((file) => /^member-\d+$/.test(file))).toBe(true);
  });

  it('of the same name both come out', async () => {
    const { members } = await unpackMembers([
      { name: 'a.log', content: 'one' },
      { name: 'a.log', content: 'two' },
    ]);
    expect(members.map((member) => String(member.content)).sort(byText)).toEqual(['one', 'two']);
  });

  it.each<[string, string | Buffer, string]>([
    ['leads out of the archive', '../../etc/cron.d/x', 'etc/cron.d/x'],
    ['is absolute', '/etc/passwd', 'etc/passwd'],
    ['is of another system', 'C:\\logs\\a.log', 'C:/logs/a.log'],
    ['hides in the middle', 'logs/./..//a.log', 'logs/a.log'],
    ['is nothing', '', '(no name)'],
    ['is no UTF-8', Buffer.from([0x61, 0xe9]), 'a\u0398'],
    ['is very long', 'x'.repeat(5000), 'x'.repeat(5000)],
  ])(
    'whose name %s are read with all the others, and written under a name of ours',
    async (_, name, expected) => {
      const { members, files } = await unpackMembers([
        { name: 'before', content: '1' },
        { name, content: '2' },
        { name: 'zz-after', content: '3' },
      ]);
      expect(members.map((member) => String(member.content)).sort(byText)).toEqual(['1', '2', '3']);
      expect(members.find((member) => member.content === '2')?.name).toBe(expected);
      expect(files.toSorted(byText)).toEqual(['member-0', 'member-1', 'member-2']);
    },
  );

  it('that are encrypted are named and not guessed at', async () => {
    const { members } = await unpackMembers([
      { name: 'secret', content: 'x', isEncrypted: true },
      { name: 'open', content: 'y' },
    ]);
    expect(members).toEqual([
      { name: 'open', content: 'y', note: null },
      { name: 'secret', content: null, note: 'the member is encrypted' },
    ]);
  });
});

describe('damage', () => {
  const text = Array.from({ length: 5000 }, (_, at) => `line ${at * 7919}\n`).join('');

  it('of one member leaves the others whole', async () => {
    const { members } = await unpackMembers([
      { name: 'bad', content: text, damage: (packed) => Buffer.alloc(packed.length, 0xff) },
      { name: 'good', content: text },
    ]);
    expect(members.map(({ name, note }) => [name, note])).toEqual([
      ['bad', 'the member is damaged; only what could be unpacked was read'],
      ['good', null],
    ]);
    expect(members[1]?.content).toBe(text);
  });

  it('that still unpacks is told by the checksum', async () => {
    const [member] = (
      await unpackMembers([
        { name: 'altered', content: 'balance 100', isStored: true, damage: () => Buffer.from('balance 900') },
      ])
    ).members;
    expect(member).toEqual({
      name: 'altered',
      content: 'balance 900',
      note: 'the member differs from its checksum',
    });
  });

  it('of the size an entry claims is told', async () => {
    const { members } = await unpackMembers([{ name: 'lies', content: text, claimedBytes: 10 }]);
    expect(members[0]?.note).toBe('the member is damaged; only what could be unpacked was read');
  });

  it('of the list of members keeps those before it', async () => {
    const bytes = zipOf([
      { name: 'a', content: 'first' },
      { name: 'b', content: 'second' },
    ]);
    const second = bytes.lastIndexOf('PK\x01\x02');
    bytes.writeUInt8(0, second);
    const { members } = await unpack(bytes);
    expect(members).toEqual([
      {
        name: '(further members)',
        content: null,
        note: 'the archive is damaged; its further members were not read',
      },
      { name: 'a', content: 'first', note: null },
    ]);
  });

  it('of the end makes it unreadable as a whole', async () => {
    const bytes = zipOf([{ name: 'a', content: text }]);
    await expect(unpack(bytes.subarray(0, bytes.length - 30))).rejects.toThrow(CutShort);
  });
});

describe('bounds', () => {
  it('of the number of members hold', async () => {
    const many = Array.from({ length: 8 }, (_, at) => ({ name: `m${at}`, content: 'x' }));
    const { members, files } = await unpackMembers(many, { maxMembers: 5 });
    expect([members.length, files.length]).toEqual([6, 5]);
    expect(members[0]).toEqual({
      name: '(further members)',
      content: null,
      note: 'the archive has more than 5 members; the rest was not read',
    });
    expect((await unpackMembers(many, { maxMembers: 8 })).members.length).toBe(8);
  });

  it('of the unpacked size hold over all members together', async () => {
    const half = 'x'.repeat(600_000);
    const { members } = await unpackMembers(
      [
        { name: 'a', content: half },
        { name: 'b', content: half },
        { name: 'c', content: half },
      ],
      { maxExpandedBytes: 1_000_000 },
    );
    expect(members[0]?.note).toBe(null);
    for (const member of members.slice(1)) expect(member.note).toMatch(/expands beyond the limit/);
    expect(members.reduce((sum, member) => sum + (member.content?.length ?? 0), 0)).toBeLessThanOrEqual(
      1_000_000,
    );
  });

  it('of the ratio hold', async () => {
    const { members } = await unpackMembers([{ name: 'bomb', content: Buffer.alloc(80 * 1024 * 1024) }]);
    expect(members[0]?.note).toBe('the member expands beyond the limit; only its beginning was read');
    expect(members[0]?.content?.length).toBeLessThanOrEqual(64 * 1024 * 1024);
  });
});
