import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFileDurable } from '../../src/core/durable-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-durable-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('replaces a file whole, with mode 0600, in folders made with mode 0700', () => {
  const path = join(dir, 'a/b/state.json');
  writeFileDurable(path, 'one');
  writeFileDurable(path, 'two');
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, 'a')).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(dir, 'a/b'))).toEqual(['state.json']);
});

test('a failure leaves the old content and no temporary file', () => {
  const path = join(dir, 'state.json');
  writeFileDurable(path, 'old');
  // A folder of the same name makes the rename fail.
  const blocked = join(dir, 'blocked');
  writeFileDurable(join(blocked, 'inner'), 'x');
  expect(() => writeFileDurable(blocked, 'new')).toThrow();
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(dir).sort()).toEqual(['blocked', 'state.json']);
  expect(existsSync(join(blocked, 'inner'))).toBe(true);
});
