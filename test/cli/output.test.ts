import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

// Each line of a script starts the program.
vi.setConfig({ testTimeout: 60_000 });

const dev = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'oaops-output-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The program in a shell, as a user has it; `$oaops` is its path. */
function sh(script: string, env: Record<string, string> = {}) {
  return spawnSync('/bin/bash', ['-c', script], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', HOME: home, oaops: dev, ...env },
  });
}

test('a reader that goes away is not an error', () => {
  const result = sh('"$oaops" config schema | head -1; echo "${PIPESTATUS[0]}"');
  expect(result).toMatchObject({ stdout: '{\n0\n', stderr: '' });
});

test('nor is one that goes away in the middle of a long list', { timeout: 120_000 }, () => {
  const env = { OAOPS_STATE_DIR: join(home, 'long') };
  expect(sh('"$oaops" audit list', env).status).toBe(0);
  const record = new Database(join(home, 'long/record/record.db'));
  record.exec(`insert into audit with recursive n(i) as (select 1000 union all select i + 1 from n where i < 6000)
    select ${(record.pragma('table_info(audit)') as { name: string }[])
      .map(({ name }) => (name === 'seq' ? 'i' : name))
      .join(', ')} from n, (select * from audit limit 1)`);
  record.close();
  for (const command of ['audit export', 'audit list --limit 100000', 'record export -']) {
    const result = sh(`"$oaops" ${command} | head -1 | wc -l; echo "\${PIPESTATUS[0]}"`, env);
    expect(result).toMatchObject({ stdout: '1\n0\n', stderr: '' });
  }
});

test('a full disk under the output is told, and is never a success', () => {
  const result = sh('"$oaops" config schema > /dev/full');
  expect(result.status).toBe(1);
  expect(result.stderr).toMatch(/^oaops: cannot write the output: ENOSPC[^\n]*\n$/);
});

test('help stays within 80 columns, its first line too; examples stay whole', () => {
  const page = sh('"$oaops" audit anchor --help; echo; "$oaops" backup refresh --help').stdout;
  const wide = page.split('\n').filter((line) => line.length > 80 && !/^ +\$ /.test(line));
  expect(page).toContain('signed when there\nis a key');
  expect(wide).toEqual([]);
});

test('neither the version line nor the help falls over a full disk', () => {
  for (const flag of ['--version', '--help']) {
    const result = sh(`"$oaops" ${flag} > /dev/full`);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/^oaops: cannot write the output: ENOSPC[^\n]*\n$/);
  }
});

test('a log file on a full disk is told once, and does not stop the work', () => {
  const result = sh('"$oaops" config show --log-file /dev/full');
  expect(result.status).toBe(0);
  expect(result.stderr).toMatch(
    /^warning: the log file \/dev\/full cannot be written, lines are lost: ENOSPC[^\n]*\n$/,
  );
});

test('a wrong flag, an unknown command and no command are usage errors with a next step', () => {
  const flag = sh('"$oaops" config show --origni');
  expect(flag.status).toBe(2);
  expect(flag.stderr).toBe('oaops: nonexistent flag: --origni\nDid you mean "--origin"?\n');
  expect(sh('"$oaops" config show --nothing-like-it').stderr).toBe(
    'oaops: nonexistent flag: --nothing-like-it\nRun the command with --help to see its arguments and flags.\n',
  );
  const command = sh('"$oaops" confg show');
  expect([command.status, command.stderr]).toEqual([
    2,
    'oaops: there is no command "confg show"\nDid you mean "oaops config show"?\n',
  ]);
  expect(JSON.parse(sh('"$oaops" --json confg').stderr)).toMatchObject({
    error: { code: 'command-unknown', exitCode: 2, details: { nearest: 'config' } },
  });
});

test('errors are in the language that was asked for', () => {
  expect(sh('"$oaops" confg', { LANG: 'zh_CN.UTF-8' }).stderr).toContain('没有命令 "confg"');
  expect(sh('"$oaops" confg --lang en', { LANG: 'zh_CN.UTF-8' }).stderr).toContain('there is no command');
});

test('--quiet prints nothing on success; --log-file tells what was done and how it ended', () => {
  const result = sh('"$oaops" config show -q --log-file "$HOME/log" && cat "$HOME/log"');
  expect(result.stdout).toMatch(/^\S+Z \d+ oaops config show \S+ started\n(\S+Z \d+ .*\n)*\S+Z \d+ exit code 0\n$/);
});

test('an error is in the log file, with its code', () => {
  const result = sh(
    '"$oaops" config show --config /nonexistent/c.yaml --log-file "$HOME/log2"; echo $?; cat "$HOME/log2"',
  );
  expect(result.stdout).toMatch(/^2\n/);
  expect(result.stdout).toContain('error: there is no configuration file /nonexistent/c.yaml (config-missing)');
});

test('nothing from the home folder is loaded as a plugin', () => {
  const result = sh(`mkdir -p "$HOME/.local/share/oaops/node_modules/evil"
    echo '{"private":true,"oclif":{"plugins":[{"name":"evil","type":"user"}]}}' > "$HOME/.local/share/oaops/package.json"
    echo '{"name":"evil","version":"1.0.0","oclif":{"commands":"./c"}}' > "$HOME/.local/share/oaops/node_modules/evil/package.json"
    mkdir "$HOME/.local/share/oaops/node_modules/evil/c"; echo 'throw new Error("loaded")' > "$HOME/.local/share/oaops/node_modules/evil/c/evil.js"
    "$oaops" evil; "$oaops" --help`);
  expect(result.stderr).toContain('there is no command "evil"');
  expect(result.stdout + result.stderr).not.toMatch(/loaded|evil plugin/);
});
