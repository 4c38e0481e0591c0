import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completionScript } from '../../src/cli/completion/scripts.ts';
import { completionTree, type ManifestCommand } from '../../src/cli/completion/tree.ts';

const json = { name: 'json', type: 'boolean', description: 'print JSON' };
const commands: ManifestCommand[] = [
  {
    id: 'run',
    summary: "Run a runbook; it's planned first",
    flags: { json, color: { name: 'color', type: 'boolean', allowNo: true } },
  },
  { id: 'runbook:list', summary: 'List runbooks', flags: { json } },
  {
    id: 'runbook:validate',
    summary: 'Validate',
    flags: {
      format: { name: 'format', type: 'option', options: ['text', 'sarif'] },
      quiet: { name: 'quiet', char: 'q', type: 'boolean' },
    },
  },
  { id: 'autocomplete', summary: 'Print a script', args: { shell: { options: ['bash', 'zsh', 'fish'] } } },
  { id: 'runs:show', summary: 'Show a run' },
  { id: 'secret', summary: 'Not shown', hidden: true },
];
const places = completionTree(commands, [{ name: 'runbook', description: 'Work with runbooks' }]);

let folder: string;

/** A stand-in for the program: completion asks it for the names of runbooks. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-completion-'));
  writeFileSync(
    join(folder, 'oaops'),
    `#!/bin/sh\n[ "$1" = runs ] && printf '[\\n  {\\n    "id": "20261129T1-aa",\\n    "status": "ok"\\n  }\\n]\\n' && exit\nprintf '{\\n  "runbooks": [\\n    {\\n      "name": "backup-daily",\\n      "version": "1.0.0"\\n    },\\n    {\\n      "name": "restore-drill"\\n    }\\n  ]\\n}\\n'\n`,
  );
  chmodSync(join(folder, 'oaops'), 0o755);
  for (const shell of ['bash', 'zsh', 'fish'] as const)
    writeFileSync(join(folder, `_${shell}`), completionScript(shell, places));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function inShell(shell: string, args: string[], input?: string): string {
  const { stdout, stderr } = spawnSync(shell, args, {
    encoding: 'utf8',
    cwd: folder,
    input,
    env: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, TERM: 'xterm' },
  });
  expect(stderr).toBe('');
  return stdout;
}

function bash(...line: string[]): string[] {
  const script = `source ./_bash; COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${line.length - 1}; _oaops; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return inShell('bash', ['--norc', '-c', script]).split('\n').filter(Boolean);
}

function fish(line: string): string[] {
  return inShell('fish', ['--no-config', '-c', `source ./_fish; complete -C '${line}'`])
    .split('\n')
    .filter(Boolean)
    .map((row) => row.split('\t')[0]!);
}

const present = (shell: string) => spawnSync(shell, ['--version']).status === 0;

describe.skipIf(!present('bash'))('bash', () => {
  test('completes topics and commands, not hidden ones', () => {
    expect(bash('oaops', '')).toEqual(['autocomplete', 'run', 'runbook', 'runs']);
    expect(bash('oaops', 'runbook', '')).toEqual(['list', 'validate']);
  });
  test('completes flags, after values and arguments too', () => {
    expect(bash('oaops', 'runbook', 'validate', '--q')).toEqual(['--quiet']);
    expect(bash('oaops', 'run', 'x.yaml', '--no-')).toEqual(['--no-color']);
  });
  test('completes values of flags, with a space or an equals sign', () => {
    expect(bash('oaops', 'runbook', 'validate', '--format', 's')).toEqual(['sarif']);
    expect(bash('oaops', 'runbook', 'validate', '--format', '=', 's')).toEqual(['sarif']);
    expect(bash('oaops', 'autocomplete', 'z')).toEqual(['zsh']);
  });
  test('asks oaops for the names of runbooks and the ids of runs', () => {
    expect(bash('oaops', 'run', '')).toEqual(['backup-daily', 'restore-drill']);
    expect(bash('oaops', 'runs', 'show', '')).toEqual(['latest', '20261129T1-aa']);
    expect(bash('oaops', 'runs', 'show', '2026')).toEqual(['20261129T1-aa']);
  });
});

describe.skipIf(!present('fish'))('fish', () => {
  test('completes topics, commands, flags, values and runbooks', () => {
    expect(fish('oaops ')).toEqual(expect.arrayContaining(['autocomplete', 'run', 'runbook', 'runs']));
    expect(fish('oaops runbook ')).toEqual(['list', 'validate']);
    expect(fish('oaops runbook validate --q')).toEqual(['--quiet']);
    expect(fish('oaops runbook validate --format s')).toEqual(['sarif']);
    expect(fish('oaops run back')).toEqual(['backup-daily']);
    expect(fish('oaops runs show 2026')).toEqual(['20261129T1-aa']);
  });
});

describe.skipIf(!present('zsh'))('zsh', () => {
  /** What compadd is offered, caught by a stand-in: without a terminal zsh does not complete. */
  const zsh = (...line: string[]) =>
    inShell('zsh', [
      '-f',
      '-c',
      `compdef() { :; }; _files() { print files; }; compadd() { shift; print -l -- "$@"; }
      _describe() { [[ $1 == -o ]] && shift; print -l -- "\${(@)\${(P)2}%%:*}"; }
      source ./_zsh; words=(${line.map((word) => `'${word}'`).join(' ')}); CURRENT=${line.length}; _oaops`,
    ])
      .split('\n')
      .filter(Boolean);

  test('completes topics, commands, flags, values and runbooks', () => {
    expect(zsh('oaops', '')).toEqual(['autocomplete', 'run', 'runbook', 'runs']);
    expect(zsh('oaops', 'runbook', '')).toEqual(['list', 'validate']);
    expect(zsh('oaops', 'runbook', 'validate', '--')).toEqual(['--format', '-q', '--quiet', '-h', '--help']);
    expect(zsh('oaops', 'runbook', 'validate', '--format', '')).toEqual(['text', 'sarif']);
    expect(zsh('oaops', 'run', '')).toEqual(['backup-daily', 'restore-drill', 'files']);
    expect(zsh('oaops', 'runs', 'show', '')).toEqual(['latest', '20261129T1-aa']);
  });
});
