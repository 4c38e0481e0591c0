import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const program = join(import.meta.dirname, '../../../bin/dev.js');
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-init-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function oaops(...args: string[]) {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: dir,
    OAOPS_STATE_DIR: join(dir, 'state'),
    OAOPS_CONFIG: join(dir, 'config.yaml'),
  };
  return spawnSync(process.execPath, [program, ...args], { env, cwd: dir, encoding: 'utf8' });
}

function configure(lines: string): void {
  writeFileSync(
    join(dir, 'config.yaml'),
    `repositories:\n  main:\n    legs:\n      - {name: local, location: ${join(dir, 'repo')}}\n${lines}`,
    { mode: 0o600 },
  );
}

const recipientsOf = (repo: string) => JSON.parse(readFileSync(join(repo, 'keys/00000001'), 'utf8')).recipients;

test('a repository of the configuration is encrypted for the recipients stated there', () => {
  configure('');
  const [one, two] = ['one', 'two'].map((name) => oaops('backup', 'key', 'generate', name).stdout.trim());
  writeFileSync(join(dir, 'more.txt'), `# sealed away\n${two}\n`);
  configure(`    recipients: [${one}]\n    recipientsFile: more.txt\n`);
  expect(oaops('backup', 'init', '--repo', 'main')).toMatchObject({ status: 0, stderr: '' });
  expect(recipientsOf(join(dir, 'repo'))).toEqual([one, two]);
});

test('a flag says otherwise', () => {
  configure('');
  const [one, two] = ['one', 'two'].map((name) => oaops('backup', 'key', 'generate', name).stdout.trim());
  configure(`    recipients: [${one}]\n`);
  expect(oaops('backup', 'init', '--repo', 'main', '--recipient', two!).status).toBe(0);
  expect(recipientsOf(join(dir, 'repo'))).toEqual([two]);
});

test('without recipients anywhere nothing is made', () => {
  configure('');
  expect(oaops('backup', 'init', '--repo', 'main').status).toBe(2);
});
