import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';

const program = join(import.meta.dirname, '../../bin/dev.js');
const socket = `oaops-typed-${process.pid}`;
const hasTmux = spawnSync('tmux', ['-V']).status === 0;
const secret = 'Korrekt-Pferd-7731';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-typed-'));
  const header = (name: string) =>
    `apiVersion: oaops/v1\nkind: Procedure\nmetadata: {name: ${name}, version: 1.0.0, title: ${name}, owner: tests}\n`;
  const hashed = (fails: string) => `    - id: hash
      uses: exec
      with:
        shell: true
        argv: ['test -n "$A" && printf %s "$A" | sha256sum >>sum; echo "$A"; ${fails}']
        env: {A: {secret: 'prompt:Password of OA'}}
`;
  const again = `    - {id: again, uses: exec, with: {shell: true, argv: ['sha256sum >>sum'], stdin: {secret: 'prompt:Password of OA'}}}\n`;
  writeFileSync(join(dir, 'typed.yaml'), `${header('typed')}spec:\n  steps:\n${hashed('true')}${again}`);
  writeFileSync(join(dir, 'fails.yaml'), `${header('fails')}spec:\n  steps:\n${hashed('test -e now')}`);
  writeFileSync(
    join(dir, 'waits.yaml'),
    `${header('waits')}spec:\n  inputs:\n    key: {type: secret, required: true}\n  steps:
    - {id: ask, uses: manual.confirm, with: {message: Ready?}}
    - {id: use, uses: exec, with: {argv: [cat], stdin: '\${{ inputs.key }}'}}\n`,
  );
});
afterAll(() => {
  tmux('kill-server');
  rmSync(dir, { recursive: true, force: true });
});

function tmux(...args: string[]): string {
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  return spawnSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8', env }).stdout;
}

function start(name: string, args: string): void {
  const env = `env -u CI -u NO_COLOR -u LC_CTYPE LC_ALL=C.UTF-8 OAOPS_STATE_DIR=${join(dir, 'state')}`;
  const command = `cd ${dir}; ${env} ${program} ${args} 2>${name}.err; echo rc=$? | tee ${name}.rc; sleep 60`;
  tmux('new-session', '-d', '-s', name, '-x', '100', '-y', '30', command);
}

const shown = (name: string) => tmux('capture-pane', '-p', '-S', '-', '-t', name);

async function screen(name: string, wanted: RegExp): Promise<string> {
  await eventually(() => wanted.test(shown(name)), 30_000).catch(() => {
    throw new Error(`never on the screen: ${wanted}\n${shown(name)}`);
  });
  return shown(name);
}

function oaops(...args: string[]) {
  const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') };
  return spawnSync(program, args, { encoding: 'utf8', env, cwd: dir, input: 'not from here\n' });
}

function filesHolding(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

test('without a terminal nothing starts: exit 4, the question, and what to do; a plan needs nobody', () => {
  const refused = oaops('run', 'typed.yaml', '--yes');
  expect(refused.status).toBe(4);
  expect(refused.stderr).toContain('a secret must be typed here, and there is no terminal: Password of OA');
  expect(refused.stderr).toContain('or name the secret by env:, file: or cred:');
  expect(JSON.parse(oaops('runs', 'list', '--json').stdout)).toEqual([]);
  expect(oaops('run', 'typed.yaml', '--dry-run').status).toBe(0);
});

test('a prompted secret as input of a run that can wait is refused when it is planned', () => {
  const refused = oaops('runbook', 'plan', 'waits.yaml', '-i', 'key=prompt:Key');
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('a prompted secret (Key) in a run that can wait (step "ask")');
});

describe.skipIf(!hasTmux)('at a terminal', { timeout: 90_000 }, () => {
  test('it is asked once, shown nowhere, not by Ctrl-T either, and stored nowhere', async () => {
    start('typed', 'run typed.yaml --yes');
    await screen('typed', /Password of OA/);
    tmux('send-keys', '-t', 'typed', 'Enter');
    await screen('typed', /cannot be empty/);
    tmux('send-keys', '-t', 'typed', '-l', secret.slice(0, 8));
    tmux('send-keys', '-t', 'typed', 'C-t');
    tmux('send-keys', '-t', 'typed', '-l', secret.slice(8));
    tmux('send-keys', '-t', 'typed', 'Enter');
    const screenText = await screen('typed', /rc=0/);
    for (const part of [secret, secret.slice(0, 8), secret.slice(8)]) expect(screenText).not.toContain(part);
    expect(screenText.match(/Password of OA/g)).toHaveLength(1);
    expect(filesHolding(dir, secret)).toEqual([]);
    const sum = createHash('sha256').update(secret).digest('hex');
    expect(readFileSync(join(dir, 'sum'), 'utf8')).toBe(`${sum}  -\n${sum}  -\n`);
  });

  test('Ctrl-C at the question: exit 130 and no run; a resume asks again', async () => {
    start('stop', 'run fails.yaml --yes');
    await screen('stop', /Password of OA/);
    tmux('send-keys', '-t', 'stop', 'C-c');
    await screen('stop', /rc=130/);
    start('fails', 'run fails.yaml --yes');
    await screen('fails', /Password of OA/);
    tmux('send-keys', '-t', 'fails', '-l', secret);
    tmux('send-keys', '-t', 'fails', 'Enter');
    await screen('fails', /rc=1\b/);
    expect(oaops('runs', 'resume', 'latest').status).toBe(4);
    writeFileSync(join(dir, 'now'), '');
    start('again', 'runs resume latest');
    await screen('again', /Password of OA/);
    tmux('send-keys', '-t', 'again', '-l', secret);
    tmux('send-keys', '-t', 'again', 'Enter');
    await screen('again', /rc=0/);
    expect(existsSync(join(dir, 'again.rc'))).toBe(true);
    expect(filesHolding(dir, secret)).toEqual([]);
  });
});
