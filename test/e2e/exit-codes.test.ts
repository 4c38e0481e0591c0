import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin/dev.js');

let dir: string;
let env: Record<string, string>;
const started: ChildProcess[] = [];

function oaops(...args: string[]): number | null {
  return spawnSync(bin, args, { env, cwd: dir, stdio: 'pipe' }).status;
}

/** What a run ends with that is told to stop in its first step; the second one leaves it time to hear of that. */
async function stoppedBy(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
  const mark = join(dir, `busy-${signal}`);
  const file = runbook(signal.toLowerCase(), [
    `{id: a, uses: exec, with: {argv: [sh, -c, 'touch ${mark}; while [ -e ${mark} ]; do sleep 0.05; done']}}`,
    '{id: b, needs: [a], uses: exec, with: {argv: [sleep, "2"]}}',
    '{id: c, needs: [b], uses: exec, with: {argv: ["true"]}}',
  ]);
  const child = spawn(bin, ['run', file], { env, cwd: dir, stdio: 'ignore' });
  started.push(child);
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('exit', (code, by) => resolve(code ?? by)),
  );
  await eventually(() => existsSync(mark), 30_000);
  child.kill(signal);
  rmSync(mark);
  return ended;
}

function runbook(name: string, steps: string[]): string {
  const list = steps.map((step) => `    - ${step}`).join('\n');
  writeFileSync(
    join(dir, `${name}.yaml`),
    `apiVersion: oaops/v1\nkind: Procedure\nmetadata: {name: ${name}, version: 1.0.0, title: {en: Try}, owner: ops}\nspec:\n  steps:\n${list}\n`,
  );
  return `${name}.yaml`;
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-exit-'));
  env = { PATH: String(process.env['PATH']), HOME: dir, OAOPS_LANG: 'en', OAOPS_STATE_DIR: join(dir, 'state') };
  mkdirSync(join(dir, 'data'));
  writeFileSync(join(dir, 'data/file'), 'content');
  for (const repo of ['plain', 'damaged']) {
    expect(oaops('backup', 'init', '--repo', repo, '--no-encryption')).toBe(0);
    expect(oaops('backup', 'create', 'data', '--repo', repo)).toBe(0);
  }
  for (const key of ['right', 'other']) expect(oaops('backup', 'key', 'generate', `${key}.key`)).toBe(0);
  const recipient = /age1[a-z0-9]+/.exec(readFileSync(join(dir, 'right.key'), 'utf8'))![0];
  expect(oaops('backup', 'init', '--repo', 'sealed', '--recipient', recipient)).toBe(0);
  expect(oaops('backup', 'create', 'data', '--repo', 'sealed')).toBe(0);
});
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** One real command for each row of the table in docs/exit-codes.md. */
const provoked: Record<number, () => unknown> = {
  0: () => oaops('runbook', 'list'),
  1: () => oaops('run', runbook('fails', ['{id: a, uses: exec, with: {argv: ["false"]}}'])),
  2: () => oaops('runs', 'list', '--nonsense'),
  3: () => oaops('backup', 'create', 'data', 'missing', '--repo', 'plain'),
  // Nobody could give the approval: no file names who may.
  4: () => oaops('run', runbook('approved', ['{id: a, uses: approval, with: {message: Go on?}}'])),
  5: () => {
    const made = '{id: a, uses: exec, with: {argv: ["true"]}, undo: {uses: exec, with: {argv: ["true"]}, scope: all}}';
    return oaops(
      'run',
      runbook('back', [made, '{id: b, needs: [a], uses: exec, onFailure: undo, with: {argv: ["false"]}}']),
    );
  },
  6: () => oaops('run', runbook('asks', ['{id: a, uses: manual.confirm, with: {message: Done?}}'])),
  9: () => {
    writeFileSync(join(dir, 'bundle.tar'), 'no bundle');
    return oaops('evidence', 'verify', 'bundle.tar');
  },
  10: () => oaops('backup', 'list', '--repo', 'nowhere'),
  11: async () => {
    const holder = spawn(
      process.execPath,
      [join(root, 'test/helpers/lock-holder.ts'), JSON.stringify({ root: join(dir, 'plain'), kind: 'exclusive' })],
      { env },
    );
    started.push(holder);
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const code = oaops('backup', 'verify', '--repo', 'plain');
    holder.kill('SIGKILL');
    return code;
  },
  12: () => oaops('backup', 'ls', 'latest', '--repo', 'sealed', '--identity', 'other.key'),
  130: () => stoppedBy('SIGINT'),
  143: () => stoppedBy('SIGTERM'),
};

describe('each row of the table', () => {
  const document = readFileSync(join(root, 'docs/exit-codes.md'), 'utf8');
  const rows = [...document.matchAll(/^\| (\d+) \| ([^|]+) \|/gm)].map(([, code, meaning]) => ({
    code: Number(code),
    meaning: meaning!,
  }));

  test('has a command here', () => {
    expect(rows.map(({ code }) => code)).toEqual(Object.keys(provoked).map(Number));
  });

  test.each(rows)('$code: $meaning', async ({ code }) => {
    expect(await provoked[code]!()).toBe(code);
  });
});
