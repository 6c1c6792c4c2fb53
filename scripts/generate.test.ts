// Generated files: the folders alone decide the registries, and whatever is stale is named.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { staleFiles, writeFiles } from './generate/files.mjs';
import { errorsPage, fieldsPage } from './generate/pages.mjs';
import { detectorRegistry, formatRegistry } from './generate/registry.mjs';

let folder = '';
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function folderWith(files: readonly string[]): string {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-generate-'));
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return folder;
}

describe('a registry', () => {
  it('holds every folder with an entry file, in byte order, whatever order they were made in', () => {
    const text = formatRegistry(
      folderWith(['zeek-tsv/format.ts', 'alpha/format.ts', 'zeek/shared.ts', 'alpha/cases/x', 'format.ts']),
    );
    expect(text).toContain(
      "import { format as alpha } from './alpha/format.ts';\nimport { format as zeekTsv } from",
    );
    expect(text).toContain('[\n  alpha,\n  zeekTsv,\n] as const satisfies readonly Format[]');
    expect(text).not.toContain('shared');
  });

  it('of detectors keeps each row type to its own detector', () => {
    const text = detectorRegistry(folderWith(['scan/detector.ts', 'beacon/detector.ts']));
    expect(text.indexOf('./beacon/detector.ts')).toBeLessThan(text.indexOf('./scan/detector.ts'));
    expect(text).toContain('readonly Detector[]');
  });

  it('of no folders is empty', () => {
    expect(formatRegistry(folderWith(['format.ts']))).toContain('formats = [] as const');
  });
});

describe('the check', () => {
  it('names a file that is missing or differs in one byte, and none after writing', () => {
    const root = folderWith(['kept.md', 'changed.md']);
    const files = [
      { path: 'kept.md', text: '' },
      { path: 'changed.md', text: 'new\n' },
      { path: 'missing.md', text: 'x\n' },
    ];
    expect(staleFiles(root, files)).toEqual(['changed.md', 'missing.md']);
    expect(writeFiles(root, files)).toEqual(['changed.md', 'missing.md']);
    expect(staleFiles(root, files)).toEqual([]);
  });
});

describe('a generated page', () => {
  it('shows a bar and a line end of a meaning without breaking the table', () => {
    const field = { name: 'a', type: 'String', meaning: 'one | two\nthree', ocsf: 'o', ecs: 'e' };
    expect(fieldsPage({ commonFields: [field], eventTables: [] })).toContain(
      '| `a` | `String` |  | one \\| two three | `o` | `e` |',
    );
  });

  it('lists each error with its exit and HTTP status, and each reject', () => {
    const text = errorsPage({
      errorRegistry: { gone: { message: 'Gone.', exitCode: 1, httpStatus: 410, remedy: 'Wait.' } },
      rejectCodes: { 'too-long': 'It is too long.' },
    });
    expect(text).toContain('| `gone` | Gone. | 1 | 410 | Wait. |');
    expect(text).toContain('| `too-long` | It is too long. |');
  });
});
