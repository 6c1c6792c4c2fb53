// Gives a test run a folder of its own for what its tests leave behind, and takes it away with all of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder = '';

export function setup() {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-tests-'));
  // The workers inherit it.
  process.env.TMPDIR = folder;
}

export function teardown() {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
