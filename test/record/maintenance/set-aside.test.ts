import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setAside } from '../../../src/record/maintenance/copy.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-aside-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a file never comes to lie beside the log of another one that was set aside in the same second', () => {
  const path = join(dir, 'record.sqlite');
  writeFileSync(`${path}-wal`, 'log without a file');
  const first = setAside(path, 0)!;
  writeFileSync(path, 'second');
  const second = setAside(path, 0)!;
  expect(second).not.toBe(first);
  expect(readFileSync(`${first}-wal`, 'utf8')).toBe('log without a file');
  expect(readFileSync(second, 'utf8')).toBe('second');
  expect(readdirSync(dir)).toHaveLength(2);
});
