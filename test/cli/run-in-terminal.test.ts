import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const program = join(import.meta.dirname, '../../bin/dev.js');
const socket = `oaops-run-${process.pid}`;
const hasTmux = spawnSync('tmux', ['-V']).status === 0;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-terminal-'));
});
afterAll(() => {
  tmux('kill-server');
  rmSync(dir, { recursive: true, force: true });
});

function tmux(...args: string[]): string {
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  return spawnSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8', env }).stdout;
}

/** A run in a terminal of its own; its state folder and its standard error bear its name. */
function start(name: string, args: string, columns = 80): void {
  const env = `env -u CI -u NO_COLOR -u LC_CTYPE LC_ALL=C.UTF-8 OAOPS_STATE_DIR=${join(dir, name)}`;
  const command = `cd ${dir}; ${env} ${program} ${args} 2>${name}.err; echo rc=$? | tee ${name}.rc; sleep 60`;
  tmux('new-session', '-d', '-s', name, '-x', String(columns), '-y', '24', command);
}

async function eventually<T>(what: () => T | undefined | false): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = what();
    if (found) return found;
    if (Date.now() > deadline) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function screen(name: string, wanted: RegExp): Promise<string> {
  let shown = '';
  try {
    return await eventually(() => {
      shown = tmux('capture-pane', '-p', '-t', name);
      return wanted.test(shown) && shown;
    });
  } catch {
    throw new Error(`never on the screen: ${wanted}\n${shown}`);
  }
}

function runbook(name: string, steps: string): string {
  const header = `apiVersion: oaops/v1\nkind: Procedure\nmetadata: {name: ${name}, version: 1.0.0, title: ${name}, owner: tests}\n`;
  writeFileSync(join(dir, `${name}.yaml`), `${header}spec:\n  steps:\n${steps}`);
  return `./${name}.yaml`;
}

function shown(name: string): { run: { status: string; exitCode: number }; steps: { status: string }[] } {
  const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, name) };
  return JSON.parse(spawnSync(program, ['runs', 'show', '--json'], { encoding: 'utf8', env, cwd: dir }).stdout);
}

const ask = '    - {id: a, uses: manual.confirm, with: {message: Is the first door closed?}}\n';

describe.skipIf(!hasTmux)('a run in a terminal', { timeout: 90_000 }, () => {
  test('shows the running step of a runbook with more steps than lines, in the language asked for', async () => {
    const step = (n: number) =>
      `    - {id: s${n}, name: {en: Step ${n} of many, zh-CN: 第${n}步}, uses: exec, with: {argv: [sleep, "${n === 5 ? 6 : 0}"]}}\n`;
    const file = runbook('tall', Array.from({ length: 60 }, (_, index) => step(index + 1)).join(''));
    start('tall', `run ${file} --yes --lang zh-CN`);
    const text = await screen('tall', /^\S 第5步 {2}\d/m);
    expect(text).toMatch(/^✔ 第4步/m);
    expect(text).toMatch(/… \+\d+/);
    tmux('send-keys', '-t', 'tall', 'C-c');
    expect(await screen('tall', /rc=130/)).toContain('55 个步骤未开始');
  });

  test('the plan that is confirmed fits the terminal, its texts disarmed; Ctrl-C there does nothing and says how to go on', async () => {
    const file = runbook(
      'confirmed',
      '    - {id: a, name: Write the notice of maintenance into its file, uses: exec, with: {argv: [printf, "evil\\e[2J"]}}\n',
    );
    start('confirmed', `run ${file}`, 40);
    const text = await screen('confirmed', /Run confirmed 1\.0\.0\? \(y\/N\)/);
    expect(text).toContain(' 1. a: Write the notice of maintenance\n    into its file [WRITE, exec]\n');
    expect(text).toContain('\\u001b[2J');
    tmux('send-keys', '-t', 'confirmed', 'C-c');
    await screen('confirmed', /rc=130/);
    expect(readFileSync(join(dir, 'confirmed.err'), 'utf8')).toBe(
      'oaops: stopped at the question; nothing was done\nRun the command again to be asked again; --dry-run only shows the plan, --yes does not ask.\n',
    );
  });

  test('a question at once after a resume is answered; Ctrl-C at the next one stops the run', async () => {
    const file = runbook('asks', `${ask}    - {id: b, uses: manual.confirm, with: {message: And the second?}}\n`);
    const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'asks') };
    expect(spawnSync(program, ['run', file], { env, cwd: dir }).status).toBe(6);
    start('asks', 'runs resume latest');
    await screen('asks', /first door closed\?.*\(y\/N\)/);
    tmux('send-keys', '-t', 'asks', 'y', 'Enter');
    await screen('asks', /second\?.*\(y\/N\)/);
    tmux('send-keys', '-t', 'asks', 'C-c');
    await screen('asks', /rc=130/);
    expect(shown('asks')).toMatchObject({
      run: { status: 'stopped', exitCode: 130 },
      steps: [{ status: 'ok' }, { status: 'aborted' }],
    });
  });

  test('two questions side by side are asked one after the other, and the live list stays out of the way', async () => {
    const file = runbook(
      'both',
      `    - {id: a, needs: [], uses: manual.confirm, with: {message: First?}}
    - {id: b, needs: [], uses: manual.confirm, with: {message: Second?}}
    - {id: c, needs: [], uses: exec, with: {argv: [sleep, "1"]}}
`,
    );
    start('both', `run ${file} --yes`);
    const first = await screen('both', /(First|Second)\? \(y\/N\)/);
    // The exec step ends meanwhile.
    await eventually(() => shown('both').steps[2]?.status === 'ok');
    expect(tmux('capture-pane', '-p', '-t', 'both')).toBe(first);
    tmux('send-keys', '-t', 'both', 'y', 'Enter');
    await screen('both', /(First|Second)\? \(y\/N\)/);
    tmux('send-keys', '-t', 'both', 'y', 'Enter');
    await screen('both', /rc=0/);
  });

  test('a terminal that is closed stops the run like SIGTERM: in a step, and at a question', async () => {
    const file = runbook(
      'hup',
      '    - {id: a, uses: exec, with: {argv: [sleep, "3"]}}\n    - {id: b, uses: exec, with: {argv: [sleep, "88"]}}\n',
    );
    for (const [name, args, seen] of [
      ['hup', `run ${file} --yes`, /^\S a/m],
      ['hup-ask', `run ${runbook('hup-ask', ask)} --yes`, /\(y\/N\)/],
    ] as const) {
      start(name, args);
      await screen(name, seen);
      tmux('kill-session', '-t', name);
      await eventually(() => shown(name).run.status !== 'running');
      expect(shown(name).run).toMatchObject({ status: 'stopped', exitCode: 143 });
      expect(readFileSync(join(dir, `${name}.err`), 'utf8')).toBe('');
    }
  });
});
