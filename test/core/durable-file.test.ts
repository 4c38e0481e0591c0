import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
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

test('a device, a pipe or a link into /proc is not replaced by a file', () => {
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const output = join(dir, 'stdout');
  symlinkSync('/proc/self/fd/1', output);
  for (const path of [pipe, output]) expect(() => writeFileDurable(path, 'x')).toThrow('is no regular file');
  expect(statSync(pipe).isFIFO()).toBe(true);
  expect(readdirSync(dir).sort()).toEqual(['pipe', 'stdout']);
  // A link to a file is replaced, as before.
  writeFileDurable(join(dir, 'file'), 'x');
  symlinkSync(join(dir, 'file'), join(dir, 'link'));
  writeFileDurable(join(dir, 'link'), 'y');
  expect(readFileSync(join(dir, 'link'), 'utf8')).toBe('y');
});
