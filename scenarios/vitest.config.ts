import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['scenarios/src/**/*.test.ts'],
    globalSetup: 'scripts/scratch.mjs',
    // Every run has an engine of its own with a bounded memory; two at once fit the smallest machine.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
