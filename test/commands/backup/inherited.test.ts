import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runOaops } from '../../helpers/oaops.ts';

const dir = mkdtempSync(join(tmpdir(), 'oaops-inherited-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const oaops = (...args: string[]) => runOaops(args, { env: { HOME: dir, OAOPS_LANG: 'en' }, cwd: dir });

test('commands that extend another one take its arguments and flags', async () => {
  mkdirSync(join(dir, 'source'));
  writeFileSync(join(dir, 'source/f'), 'f');
  const keys: string[] = [];
  for (const name of ['one.key', 'two.key']) {
    const made = await oaops('backup', 'key', 'generate', name);
    keys.push(/age1[a-z0-9]+/.exec(made.stdout)![0]);
  }
  const [one, two] = keys as [string, string];
  const recipients = ['--recipient', one, '--recipient', two];
  expect(await oaops('backup', 'init', '--repo', 'repo', ...recipients)).toMatchObject({ exitCode: 0 });
  expect(await oaops('backup', 'create', 'source', '--repo', 'repo')).toMatchObject({ exitCode: 0 });

  expect(await oaops('backup', 'accept', 'latest', '--repo', 'repo', '--reason', 'moved')).toMatchObject({
    exitCode: 0,
  });
  expect(await oaops('backup', 'key', 'remove', two, '--repo', 'repo')).toMatchObject({ exitCode: 0 });
  const listed = await oaops('backup', 'key', 'list', '--repo', 'repo');
  expect(listed.stdout).toContain(one);
  expect(listed.stdout).not.toContain(two);
}, 60_000);
