import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What is, or would be, in the repository. */
const files = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .stdout.split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)) && lstatSync(join(root, file)).isFile());
const isText = (file: string) =>
  /\.(ts|js|cjs|mjs|json|md|ya?ml|sh|txt|html|css)$/.test(file) || /^(bin|\.ci)\/[\w-]+$/.test(file);
const texts = files.filter(isText).map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
const sources = texts.filter(({ file }) => /^(src|commands)\/.*\.ts$/.test(file));
const lineCount = (text: string) => text.split('\n').length - 1;

test.skipIf(files.length === 0)('the tree is read', () => {
  expect(sources.length).toBeGreaterThan(100);
});

test('top-level folders are the fixed ones', () => {
  const folders = new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]));
  const allowed = ['.ci', 'bin', 'commands', 'docs', 'runbooks', 'src', 'templates', 'test'];
  expect([...folders].filter((folder) => !allowed.includes(folder!))).toEqual([]);
});

test('modules stay readable at one sitting', () => {
  const hardCap = 450;
  expect(
    sources
      .filter(({ text }) => lineCount(text) > hardCap)
      .map(({ file, text }) => `${file}: ${lineCount(text)} lines`),
  ).toEqual([]);
});

test('commands are short: flags in, one service call, result out', () => {
  const long = sources.filter(({ file, text }) => file.startsWith('commands/') && lineCount(text) > 110);
  expect(long.map(({ file, text }) => `${file}: ${lineCount(text)} lines`)).toEqual([]);
});

test('names of modules are lower-case words with hyphens', () => {
  const odd = sources.map(({ file }) => basename(file)).filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name));
  expect(odd).toEqual([]);
});

test('no test is left out by hand', () => {
  const only = new RegExp(`\\b(test|it|describe)\\.${'only'}\\b`);
  expect(texts.filter(({ file, text }) => file.startsWith('test/') && only.test(text)).map(({ file }) => file)).toEqual(
    [],
  );
});

test('every test file holds a test', () => {
  const empty = texts.filter(
    ({ file, text }) => file.endsWith('.test.ts') && !/\b(test|it|[a-zA-Z]+Suite)\b[^\n]*\(/.test(text),
  );
  expect(empty.map(({ file }) => file)).toEqual([]);
});

test('nothing is left to do, and nothing tells of the machine it was written on', () => {
  // Put together here, so that this file does not find itself.
  const words = ['TO' + 'DO', 'FIX' + 'ME', 'HA' + 'CK:', '/work' + '/main', '/work' + '/shared', '/tmp' + '/team'];
  const found = texts.flatMap(({ file, text }) =>
    words.filter((word) => text.includes(word)).map((word) => `${file}: ${word}`),
  );
  expect(found).toEqual([]);
});

interface LockEntry {
  resolved?: string;
  integrity?: string;
  link?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  optionalDependencies?: Record<string, string>;
}

describe('the lockfile', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockEntry>;
  };
  const entries = Object.entries(packages).filter(([path, entry]) => path !== '' && !entry.link);

  test('names the public registry only', () => {
    const odd = entries.filter(
      ([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'),
    );
    expect(odd.map(([path]) => path)).toEqual([]);
  });

  test('has the hash of every package, but for those of other systems', () => {
    const here = ({ os, cpu }: LockEntry) => (os ?? ['linux']).includes('linux') && (cpu ?? ['x64']).includes('x64');
    const odd = entries.filter(
      ([path, entry]) => entry.integrity === undefined && !(entry.optional && (!here(entry) || path.includes('musl'))),
    );
    expect(odd.map(([path]) => path)).toEqual([]);
  });

  test('lists the packages of other systems too: without them "npm ci" refuses', () => {
    const names = entries.flatMap(([, entry]) => Object.keys(entry.optionalDependencies ?? {}));
    const missing = names.filter((name) => !entries.some(([path]) => path.endsWith(`node_modules/${name}`)));
    expect(missing).toEqual([]);
  });
});

test('text files end with one line end and have no carriage returns', () => {
  const plain = texts.filter(({ file }) => !file.startsWith('test/golden/') && !file.startsWith('test/fixtures/'));
  expect(plain.filter(({ text }) => text.includes('\r') || !/[^\n]\n$/.test(text)).map(({ file }) => file)).toEqual([]);
});

test('programs are executable, and only they', () => {
  const modes = spawnSync('git', ['ls-files', '-s'], { cwd: root, encoding: 'utf8' }).stdout.trim().split('\n');
  const executable = modes.filter((line) => line.startsWith('100755')).map((line) => line.split('\t')[1]!);
  const scripts = executable.filter((file) => !readFileSync(join(root, file), 'utf8').startsWith('#!'));
  expect(scripts).toEqual([]);
});
