import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputText } from '../../../src/connectors/process/capture.ts';
import { LocalHost } from '../../../src/connectors/process/local-host.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import type { Target } from '../../../src/engine/ports.ts';
import { eventually } from '../../helpers/eventually.ts';
import { hostileValues } from '../../helpers/hostile-values.ts';
import { isSleeping, processesWith } from '../../helpers/processes.ts';

const target: Target = { name: 'localhost', connection: 'local', host: 'localhost', groups: [], vars: {} };
const never = new AbortController().signal;

let dir: string;
let host: LocalHost;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-local-'));
  host = new LocalHost(target, {
    stateDir: join(dir, 'state'),
    env: process.env,
    clock: systemClock,
    random: systemRandom,
    cwd: dir,
    graceMs: 300,
  });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('commands', () => {
  it('hands every argument on unchanged and executes nothing', async () => {
    const result = await host.run({ argv: ['printf', '%s\\0', ...hostileValues] }, never);
    expect(result.exitCode).toBe(0);
    expect(outputText(result.stdout).split('\0').slice(0, -1)).toEqual(hostileValues);
    expect(readdirSync(dir)).not.toContain('pwned');
  });

  it('hands any argument and environment value on unchanged (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
        async (value) => {
          const result = await host.run(
            { argv: ['/bin/sh', '-c', 'printf "%s/%s" "$1" "$V"', 'sh', value], env: { V: value } },
            never,
          );
          const whole = Buffer.from(value).toString();
          expect(outputText(result.stdout)).toBe(`${whole}/${whole}`);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('gives exit codes, signals and both outputs', async () => {
    const failed = await host.run({ argv: ['/bin/sh', '-c', 'echo out; echo err >&2; exit 7'] }, never);
    expect(failed).toMatchObject({
      exitCode: 7,
      signal: null,
      timedOut: false,
      stdout: { head: 'out\n', totalBytes: 4 },
      stderr: { head: 'err\n' },
    });
    const killed = await host.run({ argv: ['/bin/sh', '-c', 'kill -9 $$'] }, never);
    expect(killed).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
  });

  it('runs programs only, never built-ins of the shell', async () => {
    await expect(host.run({ argv: ['eval', 'touch pwned'] }, never)).rejects.toMatchObject({
      code: 'command-not-found',
    });
    await expect(host.run({ argv: ['finish', 'exit 0'] }, never)).rejects.toMatchObject({ code: 'command-not-found' });
    expect(readdirSync(dir)).not.toContain('pwned');
  });

  it('names what keeps a command from starting', async () => {
    const plain = join(dir, 'plain.txt');
    writeFileSync(plain, 'x', { mode: 0o644 });
    await expect(host.run({ argv: ['no-such-program-here'] }, never)).rejects.toMatchObject({
      code: 'command-not-found',
      details: { exitCode: 127 },
    });
    await expect(host.run({ argv: [plain] }, never)).rejects.toMatchObject({ code: 'command-not-executable' });
    await expect(host.run({ argv: ['true'], cwd: '/no/such/folder' }, never)).rejects.toMatchObject({
      code: 'cwd-missing',
    });
    await expect(host.run({ argv: [] }, never)).rejects.toMatchObject({ code: 'argv-empty', exitCode: 2 });
    await expect(host.run({ argv: ['echo', 'a\0b'] }, never)).rejects.toMatchObject({ code: 'nul-in-value' });
    await expect(host.run({ argv: ['true'], env: { 'A B': 'x' } }, never)).rejects.toMatchObject({
      code: 'env-name-invalid',
    });
  });

  it('uses a shell only when asked, with the rest as parameters', async () => {
    const result = await host.run({ argv: ['printf %s "$1" | tr a-z A-Z', 'abc; echo no'], shell: true }, never);
    expect(outputText(result.stdout)).toBe('ABC; ECHO NO');
  });

  it('gives a small environment with a UTF-8 locale', async () => {
    const bare = new LocalHost(target, {
      stateDir: join(dir, 'state'),
      env: { PATH: process.env['PATH'], SECRET_TOKEN: 'x' },
      clock: systemClock,
      random: systemRandom,
      cwd: dir,
    });
    const { stdout } = await bare.run({ argv: ['env'], env: { GIVEN: '王' } }, never);
    const names = outputText(stdout)
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('=')[0]);
    expect(names).toEqual(expect.arrayContaining(['PATH', 'LANG', 'GIVEN', 'OAOPS_UNIT']));
    expect(names).not.toContain('SECRET_TOKEN');
    expect(outputText(stdout)).toContain('LANG=C.UTF-8');
  });

  it('passes stdin on, and does not mind a command that does not read it', async () => {
    const text = `${'王小明\n'.repeat(50_000)}end`;
    const result = await host.run({ argv: ['sha256sum'], stdin: text }, never);
    expect(outputText(result.stdout)).toContain(createHash('sha256').update(text).digest('hex'));
    expect(await host.run({ argv: ['true'], stdin: text }, never)).toMatchObject({ exitCode: 0 });
  });

  it('streams lines while the command runs', async () => {
    const lines: string[] = [];
    let atSecond = 0;
    const script = 'echo one; echo two >&2; while [ ! -e go ]; do sleep 0.02; done; printf "last without end"';
    const running = host.run(
      { argv: ['/bin/sh', '-c', script], onOutput: (stream, text) => void lines.push(`${stream}:${text}`) },
      never,
    );
    await eventually(() => lines.length === 2);
    atSecond = lines.length;
    writeFileSync(join(dir, 'go'), '');
    await running;
    expect(atSecond).toBe(2);
    expect(lines.sort()).toEqual(['stderr:two', 'stdout:last without end', 'stdout:one']);
  });

  it('reads invalid UTF-8 with replacement', async () => {
    const result = await host.run({ argv: ['printf', 'a\\377\\376b\\n'] }, never);
    expect(result.stdout.head).toBe('a\uFFFD\uFFFDb\n');
    expect(result.stdout.totalBytes).toBe(5);
  });

  it('does not wait for a background child that holds the outputs', async () => {
    const result = await host.run({ argv: ['/bin/sh', '-c', 'sleep 717.125 & echo done'] }, never);
    expect(outputText(result.stdout)).toBe('done\n');
    const left = processesWith('717.125');
    expect(left).not.toEqual([]);
    for (const pid of left) process.kill(pid);
  });

  it('waits for a command that closes its outputs and goes on', async () => {
    const started = Date.now();
    const result = await host.run({ argv: ['/bin/sh', '-c', 'exec >&- 2>&-; sleep 0.4; exit 5'] }, never);
    expect(result.exitCode).toBe(5);
    expect(Date.now() - started).toBeGreaterThanOrEqual(400);
  });

  it('takes a huge output in flat memory', async () => {
    const before = process.memoryUsage.rss();
    const megabytes = 300;
    const result = await host.run({ argv: ['/bin/sh', '-c', `head -c ${megabytes}M /dev/zero | tr '\\0' 'x'`] }, never);
    expect(result.stdout).toMatchObject({ truncated: true, totalBytes: megabytes * 1024 * 1024 });
    const hash = createHash('sha256');
    const block = Buffer.alloc(1024 * 1024, 'x');
    for (let i = 0; i < megabytes; i++) hash.update(block);
    expect(result.stdout.sha256).toBe(hash.digest('hex'));
    expect(process.memoryUsage.rss() - before).toBeLessThan(120 * 1024 * 1024);
  });

  it('leaves no marker behind without a key, and one with a key until it is forgotten', async () => {
    const units = join(dir, 'state', 'units');
    await host.run({ argv: ['true'] }, never);
    expect(readdirSync(units)).toEqual([]);
    await host.run({ argv: ['true'], supervise: { key: 'run1.step/../x.a b' } }, never);
    expect(readdirSync(units)).toHaveLength(1);
    await host.forget('run1.step/../x.a b');
    expect(readdirSync(units)).toEqual([]);
  });
});

describe('timeout and abort', () => {
  it('ends the whole tree, also what went into a session of its own or ignores TERM', async () => {
    const script = [
      'setsid sh -c "sleep 611.5" &',
      'setsid sh -c "setsid sh -c \'trap : TERM; while :; do sleep 612.5; done\' & exec sleep 613.5" &',
      'sh -c "(setsid sleep 614.5 &) ; exit" ',
      'trap : TERM; while :; do sleep 615.5; done',
    ].join('\n');
    const result = await host.run({ argv: ['/bin/sh', '-c', script], timeoutMs: 400 }, never);
    expect(result.timedOut).toBe(true);
    for (const mark of ['611.5', '612.5', '613.5', '614.5', '615.5']) expect(processesWith(mark)).toEqual([]);
  });

  it('lets a command clean up on TERM', async () => {
    const result = await host.run(
      { argv: ['/bin/sh', '-c', 'trap "echo bye; exit 3" TERM; echo hi; sleep 616.5 & wait'], timeoutMs: 300 },
      never,
    );
    expect(result).toMatchObject({ timedOut: true, exitCode: 3 });
    expect(outputText(result.stdout)).toBe('hi\nbye\n');
  });

  it('ends on abort and reports it as a signal, not as a timeout', async () => {
    const controller = new AbortController();
    const running = host.run({ argv: ['sleep', '617.5'] }, controller.signal);
    await eventually(() => isSleeping('617.5'));
    controller.abort();
    expect(await running).toMatchObject({ timedOut: false, signal: 'SIGTERM' });
    expect(processesWith('617.5')).toEqual([]);
  });
});

describe('files', () => {
  it('writes by rename, keeps or sets the mode, and reads back', async () => {
    const path = join(dir, 'file 王.txt');
    await host.writeFile(path, Buffer.from('one'), { mode: 0o640 }, never);
    await host.writeFile(path, Buffer.from('two'), {}, never);
    expect(Buffer.from((await host.readFile(path, 100, never))!).toString()).toBe('two');
    expect((await import('node:fs')).statSync(path).mode & 0o777).toBe(0o640);
    expect(await host.hashFile(path, never)).toEqual({
      sha256: createHash('sha256').update('two').digest('hex'),
      sizeBytes: 3,
    });
    expect(await host.hashFile(join(dir, 'none'), never)).toBeNull();
    expect(await host.readFile(join(dir, 'none'), 10, never)).toBeNull();
    await expect(host.readFile(path, 2, never)).rejects.toMatchObject({ code: 'file-too-large' });
    await expect(host.writeFile(join(dir, 'no/such/x'), Buffer.from(''), {}, never)).rejects.toMatchObject({
      code: 'file-write',
    });
    mkdirSync(join(dir, 'folder'));
    await expect(host.writeFile(join(dir, 'folder'), Buffer.from(''), {}, never)).rejects.toMatchObject({
      code: 'file-irregular',
    });
    expect(readdirSync(dir).filter((name) => name.includes('oaops-'))).toEqual([]);
  });
});
