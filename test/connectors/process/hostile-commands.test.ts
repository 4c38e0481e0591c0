import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputText } from '../../../src/connectors/process/capture.ts';
import { LocalHost } from '../../../src/connectors/process/local-host.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import type { ProcessRequest } from '../../../src/engine/ports.ts';

const never = new AbortController().signal;
let dir: string;
let host: LocalHost;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-hostile-'));
  host = new LocalHost(
    { name: 'localhost', connection: 'local', host: 'localhost', groups: [], vars: {} },
    {
      stateDir: join(dir, 'state'),
      env: process.env,
      clock: systemClock,
      random: systemRandom,
      cwd: dir,
      graceMs: 300,
    },
  );
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const run = async (request: ProcessRequest) => {
  const result = await host.run(request, never);
  return { code: result.exitCode, out: outputText(result.stdout), err: outputText(result.stderr) };
};

describe('variables of the command', () => {
  it('do not reach the supervisor: a PATH without any program, IFS, names of its own', async () => {
    expect(await run({ argv: ['/bin/echo', 'hi'], env: { PATH: '/nowhere' } })).toMatchObject({ code: 0, out: 'hi\n' });
    const env = { IFS: '/', oaops_d: 'mine', oaops_m: 'too', PPID: '7', OAOPS_UNIT: 'another' };
    const { out } = await run({ argv: ['printenv', 'IFS', 'oaops_d', 'oaops_m', 'PPID', 'OAOPS_ENV'], env });
    expect(out).toBe('/\nmine\ntoo\n7\n');
    expect((await run({ argv: ['printenv', 'OAOPS_UNIT'], env })).out).toMatch(/^once\./);
  });

  it('decide where the program is looked for', async () => {
    copyFileSync('/bin/echo', join(dir, 'own-echo'));
    chmodSync(join(dir, 'own-echo'), 0o755);
    expect(await run({ argv: ['own-echo', 'hi'], env: { PATH: dir } })).toMatchObject({ code: 0, out: 'hi\n' });
    await expect(run({ argv: ['ls'], env: { PATH: dir } })).rejects.toMatchObject({ code: 'command-not-found' });
  });

  it('are refused with a NUL byte, as are arguments and the folder, and no value is told', async () => {
    for (const request of [
      { argv: ['echo', 'hush\0'] },
      { argv: ['echo hush\0'], shell: true },
      { argv: ['echo'], env: { A: 'hush\0' } },
      { argv: ['echo'], cwd: '/tmp/hush\0' },
    ]) {
      const error = await host.run(request, never).catch((caught) => caught);
      expect(error).toMatchObject({ code: 'nul-in-value', exitCode: 2 });
      expect(error.message).not.toContain('hush');
    }
  });
});

it('takes a megabyte of arguments, and says when it is too much', async () => {
  const word = 'x'.repeat(100_000);
  const count = ['sh', '-c', 'echo $#', 'sh'];
  expect(await run({ argv: [...count, ...Array(10).fill(word)] })).toMatchObject({ out: '10\n' });
  for (const argv of [
    [...count, 'x'.repeat(200_000)],
    [...count, ...Array(40).fill(word)],
  ]) {
    await expect(run({ argv })).rejects.toMatchObject({ code: 'command-too-long', exitCode: 2 });
  }
});

it('takes a folder by its name, also "-"', async () => {
  for (const name of ['-', '-P', ' a b', 'c\nd', '$(touch x)', '👩‍💻']) {
    mkdirSync(join(dir, name));
    const { out } = await run({ argv: ['pwd'], cwd: name });
    expect(out).toBe(`${join(dir, name)}\n`);
  }
});

it('follows an output that the command opens by name and so empties', async () => {
  const script = 'echo 1234567; echo 89 >&2; sleep 0.6; echo b >/dev/stdout; echo c >/dev/stderr; sleep 0.6; echo d';
  expect(await run({ argv: ['sh', '-c', script] })).toEqual({ code: 0, out: '1234567\nb\nd\n', err: '89\nc\n' });
});

it('ends a process with a line end and a parenthesis in its name, which has left its unit', async () => {
  const name = join(dir, 'a) R\nb');
  copyFileSync('/bin/sleep', name);
  chmodSync(name, 0o755);
  const argv = ['sh', '-c', 'env -u OAOPS_UNIT "$0" 300 & echo $!; wait', name];
  const result = await host.run({ argv, timeoutMs: 500 }, never);
  expect(result.timedOut).toBe(true);
  const pid = outputText(result.stdout).trim();
  const gone = () => {
    try {
      return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return true;
    }
  };
  expect(gone()).toBe(true);
});

it('names a state folder that cannot be written', async () => {
  writeFileSync(join(dir, 'file'), '');
  const blocked = new LocalHost(host.target, {
    stateDir: join(dir, 'file'),
    env: process.env,
    clock: systemClock,
    random: systemRandom,
    cwd: dir,
  });
  await expect(blocked.run({ argv: ['true'] }, never)).rejects.toMatchObject({ code: 'marker-folder-unwritable' });
});

describe('files', () => {
  it('neither follows nor replaces a link', async () => {
    writeFileSync(join(dir, 'precious'), 'old', { mode: 0o640 });
    symlinkSync('precious', join(dir, 'link'));
    writeFileSync(join(dir, 'source'), 'new');
    symlinkSync('nowhere', join(dir, 'dangling'));
    for (const name of ['link', 'dangling']) {
      const path = join(dir, name);
      const refused = { code: 'file-link', message: `${path} is a symbolic link` };
      await expect(host.upload(join(dir, 'source'), path, {}, never)).rejects.toMatchObject(refused);
      await expect(host.writeFile(path, Buffer.from('new'), {}, never)).rejects.toMatchObject(refused);
      expect(lstatSync(path).isSymbolicLink()).toBe(true);
    }
    expect(readFileSync(join(dir, 'precious'), 'utf8')).toBe('old');
    expect(existsSync(join(dir, 'nowhere'))).toBe(false);
  });

  it.skipIf(process.getuid?.() !== 0)('keeps the owner of the file that is replaced', async () => {
    const { chownSync } = await import('node:fs');
    const path = join(dir, 'owned');
    writeFileSync(path, 'old', { mode: 0o600 });
    chownSync(path, 1234, 4321);
    await host.writeFile(path, Buffer.from('new'), {}, never);
    expect(statSync(path)).toMatchObject({ uid: 1234, gid: 4321, mode: 0o100600 });
  });

  it('does not wait for a writer of a pipe, and takes a name of 255 bytes', async () => {
    await run({ argv: ['mkfifo', join(dir, 'pipe')] });
    await expect(host.readFile(join(dir, 'pipe'), 10, never)).rejects.toMatchObject({ code: 'file-irregular' });
    const long = join(dir, 'n'.repeat(255));
    await host.writeFile(long, Buffer.from('x'), {}, never);
    expect(readFileSync(long, 'utf8')).toBe('x');
  });
});
