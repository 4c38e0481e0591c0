import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withoutLoops } from '../helpers/mount-namespace.ts';
import { which } from '../helpers/restore-script.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const isRoot = process.getuid?.() === 0;
/** Not root: its state would lie in system folders, and nothing of the environment says otherwise here. */
const nobody = 65_534;
let home: string;
let cron: ChildProcess | undefined;

/** Where the user finds this source tree: it may lie in root's home, so it is mounted where anybody may look. */
const tree = () => (isRoot ? join(home, 'tree') : root);
const mountTree = () => `mount --bind '${root}' '${tree()}'`;
const words = () => [join(tree(), 'node_modules/.bin/node'), join(tree(), 'bin/dev.js')];

function oaops(...args: string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const as = ['--reuid', String(nobody), '--regid', String(nobody), '--clear-groups'];
  const script = `${mountTree()} && cd / && exec setpriv "$@"`;
  const [program, ...argv] = isRoot
    ? ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...as, ...words(), ...args]
    : [...words(), ...args];
  const child = spawn(program!, argv, { env: { PATH: '/usr/bin:/bin', HOME: home }, cwd: '/' });
  const texts = { stdout: '', stderr: '' };
  child.stdin.end();
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (part: string) => {
      texts[name] += part;
    });
  return new Promise((resolve) => child.on('close', (exitCode) => resolve({ exitCode, ...texts })));
}

function own(path: string): void {
  if (isRoot) chownSync(path, nobody, nobody);
}

function put(name: string, text: string): void {
  writeFileSync(join(home, name), text, { mode: 0o600 });
  own(join(home, name));
}

async function until(what: () => boolean, timeoutMs: number): Promise<void> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; ) {
    if (what()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`not within ${timeoutMs} ms`);
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'oaops-cron-'));
  chmodSync(home, 0o755);
  own(home);
  for (const dir of ['.config', '.config/oaops', '.config/oaops/books', 'source', 'spool', 'empty', 'tree']) {
    mkdirSync(join(home, dir));
    own(join(home, dir));
  }
  put('source/a.txt', 'content');
  const header = (kind: string, name: string) =>
    `apiVersion: oaops/v1\nkind: ${kind}\nmetadata: {name: ${name}, version: 1.0.0, title: Test, owner: operations}\n`;
  const step = (shell: string) => `{id: work, name: Work, uses: exec, with: {argv: [sh, -c, '${shell}']}}`;
  put(
    '.config/oaops/books/nightly.yaml',
    `${header('Backup', 'nightly')}spec: {sources: [${home}/source], repositories: [main]}\n`,
  );
  put(
    '.config/oaops/books/slow.yaml',
    `${header('Procedure', 'slow')}spec: {steps: [${step(`touch ${home}/began; until [ -e ${home}/go ]; do sleep 0.1; done`)}]}\n`,
  );
  put(
    '.config/oaops/books/due.yaml',
    `${header('Procedure', 'due')}spec: {schedule: {type: cron, expression: "* * * * *"}, steps: [${step(`echo ran >> ${home}/due.log`)}]}\n`,
  );
  put(
    '.config/oaops/config.yaml',
    `runbooks: [books]\nrepositories: {main: {legs: [{name: local, location: ${home}/repo}]}}\nschedules: {due: {}}\n`,
  );
  const made = await oaops('backup', 'init', '--repo', 'main', '--no-encryption');
  expect(made).toMatchObject({ exitCode: 0 });
});
afterAll(() => {
  cron?.kill();
  rmSync(home, { recursive: true, force: true });
});

test('with nothing but PATH and HOME a backup works; -q says nothing, the dated log everything', async () => {
  const log = join(home, 'oaops-%Y-%m-%d.log');
  expect(await oaops('run', 'nightly', '-q', '--log-file', log, '--log-keep', '3')).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: '',
  });
  const now = new Date();
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
  expect(readFileSync(join(home, `oaops-${day}.log`), 'utf8')).toMatch(/nightly 1\.0\.0[\s\S]*exit code 0/);
  expect(existsSync(join(home, '.local/state/oaops'))).toBe(true);
});

test('a second run of a runbook that is under way ends with 11 and says who', async () => {
  const first = oaops('run', 'slow', '-q');
  await until(() => existsSync(join(home, 'began')), 30_000);
  const second = await oaops('run', 'slow', '-q');
  expect(second.exitCode).toBe(11);
  expect(second.stderr).toMatch(/runbook:slow/);
  put('go', '');
  expect((await first).exitCode).toBe(0);
});

/** Debian's cron has one place for its tables: it gets its own view of the file system, in which they are ours. */
const canRunCron = isRoot && which('cron') !== undefined && which('unshare') !== undefined;

test.skipIf(!canRunCron)(
  'cron itself runs tick, which starts what is due, and has nothing to mail',
  async () => {
    const crontab = join(home, 'spool', 'nobody');
    const command = `${words().join(' ')} tick -q >> ${home}/mail 2>&1`;
    writeFileSync(crontab, `HOME=${home}\n* * * * * ${command}\n`, { mode: 0o600 });
    own(crontab);
    writeFileSync(join(home, 'nothing'), '');
    // The first look only notes from when on the schedule counts.
    await oaops('tick', '-q');
    const view = [
      withoutLoops,
      mountTree(),
      `mount --bind ${home}/spool /var/spool/cron/crontabs`,
      `mount --bind ${home}/empty /etc/cron.d`,
      `mount --bind ${home}/nothing /etc/crontab`,
      'mount -t tmpfs tmpfs /run',
      'exec cron -f',
    ].join(' && ');
    cron = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', view], { stdio: 'ignore' });
    await until(() => existsSync(join(home, 'due.log')), 150_000);
    expect(readFileSync(join(home, 'mail'), 'utf8')).toBe('');
    cron.kill();
  },
  200_000,
);
