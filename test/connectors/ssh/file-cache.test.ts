import { mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FileCache } from '../../../src/connectors/ssh/file-cache.ts';

let dir: string;
let file: string;
let made: string[];
let cache: FileCache<string>;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-cache-'));
  file = join(dir, 'known_hosts');
  writeFileSync(file, 'one');
  made = [];
  cache = new FileCache((content) => {
    made.push(content.toString());
    return content.toString();
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

/** So long after the last change that another one has another time. */
const settle = () => void vi.spyOn(Date, 'now').mockReturnValue(Math.ceil(statSync(file).ctimeMs) + 60_000);

it('a file that was not changed is read once', () => {
  settle();
  expect([cache.read(file), cache.read(file)]).toEqual(['one', 'one']);
  expect(made).toEqual(['one']);
});

it('a file that was changed a moment ago is read each time', () => {
  expect([cache.read(file), cache.read(file)]).toEqual(['one', 'one']);
  expect(made).toEqual(['one', 'one']);
});

it.each<[string, () => void]>([
  ['written anew', () => writeFileSync(file, 'a new one')],
  [
    'of the same length and time',
    () => {
      const { atime, mtime } = statSync(file);
      writeFileSync(file, 'two');
      utimesSync(file, atime, mtime);
    },
  ],
  [
    'put in its place',
    () => {
      writeFileSync(`${file}.new`, 'two');
      renameSync(`${file}.new`, file);
    },
  ],
])('what is %s is seen at the next reading', (_what, change) => {
  settle();
  cache.read(file);
  change();
  expect(cache.read(file)).not.toBe('one');
});

it('a file that is gone is not remembered', () => {
  settle();
  cache.read(file);
  rmSync(file);
  expect(() => cache.read(file)).toThrow('ENOENT');
});
