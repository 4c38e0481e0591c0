import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { restoreKit } from '../../src/backup/restore-kit.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';
import { restoreScript, which } from '../helpers/restore-script.ts';

const packageRoot = fileURLToPath(new URL('../../', import.meta.url));
const text = (name: string) =>
  Buffer.from(restoreKit(packageRoot).find((one) => one.name === name)?.bytes ?? []).toString();

it('holds the script and the explanation', () => {
  expect(restoreKit(packageRoot).map(({ name }) => name)).toEqual(['README-RESTORE.txt', 'restore-v1.sh']);
  expect(text('restore-v1.sh')).toMatch(/^#!\/bin\/sh\n/);
  expect(text('README-RESTORE.txt')).toMatch(/HOW TO RESTORE[\s\S]*不用 oaops/);
});

it('stops when the installation lacks it', () => {
  expect(() => restoreKit(tmpdir())).toThrow(expect.objectContaining({ code: 'restore-kit-missing' }));
});

it('explains every exit code of the script, with the meaning it has in oaops', () => {
  const codes = [...text('restore-v1.sh').matchAll(/\b(?:die|worse) (\d+)/g)].map((match) => Number(match[1]));
  const used = [...new Set([0, ...codes])].sort((a, b) => a - b);
  const known: number[] = Object.values(ExitCode);
  expect(used.filter((code) => !known.includes(code))).toEqual([]);
  for (const part of text('README-RESTORE.txt').split('====')) {
    if (part.trim() === '' || !part.includes('restore-v1.sh')) continue;
    const explained = [...part.matchAll(/^ {4}(\d+) {2,}\D/gm)].map((match) => Number(match[1]));
    expect(explained).toEqual(used);
  }
});

it('names every option of the script', () => {
  const usage = spawnSync('/bin/sh', [restoreScript, '--help'], { encoding: 'utf8' });
  expect(usage.status).toBe(0);
  for (const option of ['-i', '-s', '-p', '-n', '--list']) {
    expect(usage.stdout).toContain(`  ${option} `);
    expect(text('README-RESTORE.txt')).toContain(` ${option} `);
  }
});

it.skipIf(!which('shellcheck'))('passes shellcheck as POSIX sh', () => {
  const done = spawnSync('shellcheck', ['-s', 'sh', restoreScript], { encoding: 'utf8' });
  expect(done.stdout + done.stderr).toBe('');
});
