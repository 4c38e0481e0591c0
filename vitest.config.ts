import { cpus } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Three projects that run side by side: `unit` (fast, no servers), `e2e` (real servers and built programs) and `faults`
 * (kill -9 and scripted failures). A test names its project by its folder.
 */
export default defineConfig({
  test: {
    // Programs under test are real processes: more workers than cores only makes deadlines slip.
    maxWorkers: Math.max(2, cpus().length),
    reporters: process.env['OAOPS_TEST_JSON']
      ? ['default', ['json', { outputFile: process.env['OAOPS_TEST_JSON'] }]]
      : ['default'],
    allowOnly: false,
    // What a developer's shell says about language and colour is not part of a test.
    env: { OAOPS_LANG: 'en', NO_COLOR: '1' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/faults/**', 'test/conformance/**'],
          // A bound on what hangs, not on what is slow: machines of pipelines are shared.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          testTimeout: 400_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
