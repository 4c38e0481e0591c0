import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openApp } from '../../src/app.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-app-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('opens nothing once it is closed: nobody would close that, and the process would go on for ever', async () => {
  const app = openApp({ json: false, quiet: false, verbose: false, debug: false } as never, {
    env: { HOME: dir, OAOPS_STATE_DIR: dir },
  });
  await app[Symbol.asyncDispose]();
  await expect(app.record()).rejects.toThrow('after the app was closed');
  expect(() => app.onClose(async () => {})).toThrow('after the app was closed');
});
