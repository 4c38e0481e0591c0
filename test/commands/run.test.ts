import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = join(import.meta.dirname, '../../bin/dev.js');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-run-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(args: string[], env: Record<string, string> = {}): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(program, args, {
    cwd: dir,
    // As cron starts things.
    env: { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}
const oaops = (...args: string[]) => start(args).ended;

function runbook(name: string, steps: string, inputs = ''): string {
  const file = join(dir, `${name}.yaml`);
  const header = `apiVersion: oaops/v1\nkind: Procedure\nmetadata: {name: ${name}, version: 1.0.0, title: ${name}, owner: tests}\n`;
  writeFileSync(file, `${header}spec:\n${inputs}  steps:\n${steps}`);
  return `./${name}.yaml`;
}

async function until(what: string, check: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!check()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await delay(20);
  }
}

it('an approval that nobody could give is refused before anything is done', { timeout: 60_000 }, async () => {
  const file = runbook(
    'unapprovable',
    `    - {id: a, uses: exec, with: {argv: [touch, ${join(dir, 'too-early')}]}}\n    - {id: ok, uses: approval, with: {message: Go on?}}\n`,
  );
  const refused = await oaops('run', file);
  expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('Set approvals.allowedSigners') });
  expect(existsSync(join(dir, 'too-early'))).toBe(false);
});

describe('oaops tick', { timeout: 60_000 }, () => {
  it('speaks JSON, and tells cron about a run whose process was killed', async () => {
    const env = { OAOPS_STATE_DIR: join(dir, 'ticking') };
    const file = runbook(
      'killed',
      `    - {id: a, uses: exec, with: {argv: [sh, -c, 'touch ${join(dir, 'began')}; sleep 2']}}\n`,
    );
    const { child, ended } = start(['run', file], env);
    await until('the step', () => existsSync(join(dir, 'began')));
    child.kill('SIGKILL');
    await ended;
    const quiet = await start(['tick', '-q'], env).ended;
    expect(quiet).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('was interrupted') });
    const lines = (await start(['tick', '--json'], env).ended).stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        event: 'tick.ended',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        ran: [],
        held: [],
        failed: [],
        interrupted: [expect.stringMatching(/^\d{8}T/)],
      },
    ]);
  });
});

describe('oaops run', { timeout: 90_000 }, () => {
  it('waits without a terminal, and goes on when answered', async () => {
    const file = runbook(
      'asks',
      `    - {id: count, uses: manual.input, with: {type: number, message: How many?}, outputs: {n: result.value}}
    - {id: say, uses: exec, with: {argv: [echo, "\${{ string(steps.count.outputs.n) }}"]}, outputs: {text: result.stdout}}
    - {id: check, uses: assert, with: {that: "\${{ steps.say.outputs.text == '7' }}", message: not seven}}
`,
    );
    const run = await oaops('run', file);
    expect(run).toMatchObject({ code: 6, stderr: '' });
    const command = /oaops (runs answer \S+ count) --value VALUE/.exec(run.stdout);
    expect(command).not.toBeNull();
    expect((await oaops(...command![1]!.split(' '), '--value', '7')).code).toBe(0);
    expect((await oaops('tick')).code).toBe(0);
    const shown = JSON.parse((await oaops('runs', 'show', 'latest', '--json')).stdout);
    expect(shown.run).toMatchObject({ status: 'ok', exitCode: 0, runbook: 'asks' });
    expect(shown.steps.map((step: { status: string }) => step.status)).toEqual(['ok', 'ok', 'ok']);
    expect((await oaops('tick', '-q')).stdout).toBe('');
  });

  it('shows no part of a secret that lies where a long output is cut', async () => {
    const file = runbook(
      'cut',
      `    - id: a
      uses: exec
      with:
        shell: true
        argv: ['head -c 8187 /dev/zero | tr "\\0" x; echo "$PW"; seq 1 9000']
        env: {PW: {secret: 'env:PW'}}
`,
    );
    const run = await start(['run', file, '--json'], { PW: 'S3cret-Passw0rd' }).ended;
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('xxx***');
    expect(run.stdout).not.toContain('S3cre');
  });

  it('runs a plan from a file, and refuses it when something has changed', async () => {
    const file = runbook(
      'planned',
      '    - {id: a, uses: exec, with: {argv: [echo, "${{ inputs.word }}"]}}\n',
      '  inputs: {word: {type: string, required: true}}\n',
    );
    expect((await oaops('runbook', 'plan', file, '-i', 'word=hi', '--out', 'p.json')).code).toBe(0);
    expect((await oaops('run', '--plan', 'p.json', '--json')).stdout).toContain('"status":"ok","exitCode":0');
    expect(await oaops('run', '--plan', 'p.json', '-i', 'word=ho')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('input "word"'),
    });
    writeFileSync(join(dir, file), `${readFileSync(join(dir, file), 'utf8')}# changed\n`);
    expect(await oaops('run', '--plan', 'p.json')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('runbook'),
    });
    expect(await oaops('run', file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the input "word" is missing'),
    });
    expect((await oaops('run', file, '-i', 'word=x', '--dry-run')).stdout).toContain('run echo x');
  });

  it('stops at SIGTERM when the step has ended, with 143, and is resumed', async () => {
    const file = runbook(
      'stops',
      `    - {id: a, uses: exec, with: {shell: true, argv: ['touch a; while [ ! -e go ]; do sleep 0.05; done']${`, cwd: ${JSON.stringify(dir)}`}}}
    - {id: b, uses: exec, with: {argv: [touch, b], cwd: ${JSON.stringify(dir)}}}
`,
    );
    const { child, ended } = start(['run', file]);
    await until('the first step', () => existsSync(join(dir, 'a')));
    child.kill('SIGTERM');
    await delay(300);
    expect(child.exitCode).toBeNull();
    writeFileSync(join(dir, 'go'), '');
    expect(await ended).toMatchObject({ code: 143, stdout: expect.stringContaining('oaops runs resume') });
    expect(existsSync(join(dir, 'b'))).toBe(false);
    expect((await oaops('runs', 'resume', 'latest')).code).toBe(0);
    expect(existsSync(join(dir, 'b'))).toBe(true);
  });

  it('abandons at the second SIGINT, and leaves no process behind', async () => {
    const file = runbook(
      'abandons',
      `    - {id: a, uses: exec, with: {shell: true, argv: ['echo $$ >pid; exec sleep 300'], cwd: ${JSON.stringify(dir)}}}\n`,
    );
    const { child, ended } = start(['run', file]);
    await until(
      'the command',
      () => existsSync(join(dir, 'pid')) && readFileSync(join(dir, 'pid'), 'utf8').endsWith('\n'),
    );
    child.kill('SIGINT');
    await delay(200);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(() =>
      execFileSync('kill', ['-0', readFileSync(join(dir, 'pid'), 'utf8').trim()], { stdio: 'ignore' }),
    ).toThrow();
    expect((await oaops('runs', 'abort', 'latest')).code).toBe(0);
  });

  it('is aborted from another terminal, and keeps a second run of the runbook out', async () => {
    rmSync(join(dir, 'go'), { force: true });
    const file = runbook(
      'aborted',
      `    - {id: a, uses: exec, with: {shell: true, argv: ['touch started; while [ ! -e go ]; do sleep 0.05; done'], cwd: ${JSON.stringify(dir)}}}
    - {id: b, uses: exec, with: {argv: [touch, never], cwd: ${JSON.stringify(dir)}}}
`,
    );
    const { ended } = start(['run', file, '-v']);
    await until('the first step', () => existsSync(join(dir, 'started')));
    expect(await oaops('run', file)).toMatchObject({ code: 11 });
    expect(await oaops('runs', 'abort', 'latest', '--reason', 'wrong host', '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"asked"'),
    });
    await delay(1500);
    writeFileSync(join(dir, 'go'), '');
    expect(await ended).toMatchObject({ code: 1, stdout: expect.stringContaining('wrong host') });
    expect(existsSync(join(dir, 'never'))).toBe(false);
    expect(await oaops('runs', 'resume', 'latest')).toMatchObject({ code: 4 });
    expect((await oaops('runs', 'list', '--status', 'aborted', '--runbook', 'aborted', '--json')).stdout).toContain(
      '"message": "aborted: wrong host"',
    );
  });
});
