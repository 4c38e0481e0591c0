import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Spoken, speak } from '../../helpers/json-shapes.ts';
import { needs } from '../../helpers/needs.ts';

/**
 * What scripts can rely on: members and types of every `--json` of the backup commands, and the exit codes. Written anew with
 * OAOPS_UPDATE_GOLDEN=1; a difference is a change of the contract.
 */
const golden = join(import.meta.dirname, '../../golden/backup-json.json');
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-shapes-'));
  mkdirSync(join(dir, 'src/empty'), { recursive: true });
  writeFileSync(join(dir, 'src/合同.txt'), 'signed');
  symlinkSync('合同.txt', join(dir, 'src/link'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const oaops = (...args: string[]) => speak(dir, args);

test('the backup commands speak as agreed', (context) => {
  // Without it every backup has one more warning.
  needs('getfattr')(context);
  const repo = ['--repo', 'repo'];
  const spoken = {
    'init without a choice of encryption': oaops('backup', 'init', ...repo),
    'list without a repository': oaops('backup', 'list', ...repo),
    init: oaops('backup', 'init', ...repo, '--no-encryption'),
    create: withoutProgress(oaops('backup', 'create', 'src', ...repo)),
    'create with a missing source': withoutProgress(oaops('backup', 'create', 'src', 'gone', ...repo)),
    'create with nothing but missing sources': withoutProgress(oaops('backup', 'create', 'gone', ...repo)),
    list: oaops('backup', 'list', ...repo),
    ls: oaops('backup', 'ls', 'latest', ...repo),
    verify: oaops('backup', 'verify', ...repo),
    'sync to a new leg': oaops('backup', 'sync', ...repo, '--repo', 'second', '--init'),
    'sync of one leg': oaops('backup', 'sync', ...repo),
    legs: oaops('backup', 'legs', ...repo, '--repo', 'second'),
    doctor: oaops('backup', 'doctor', ...repo, '--repo', 'second'),
    pin: oaops('backup', 'pin', 'latest', ...repo, '--reason', 'audit'),
    'list with a pin': oaops('backup', 'list', ...repo, '--last', '1'),
    unpin: oaops('backup', 'unpin', 'latest', ...repo),
    accept: oaops('backup', 'accept', 'latest', ...repo, '--reason', 'known'),
    'prune in a dry run': oaops('backup', 'prune', ...repo, '--keep-last', '1', '--dry-run'),
    'prune without a confirmation': oaops('backup', 'prune', ...repo, '--keep-last', '1'),
    prune: oaops('backup', 'prune', ...repo, '--keep-last', '1', '--confirm', 'repo'),
    refresh: oaops('backup', 'refresh', ...repo),
    restore: oaops('backup', 'restore', 'latest', ...repo, '--target', 'out'),
    'restore, a dry run in place': oaops('backup', 'restore', ...repo, '--target', 'out', '--in-place', '--dry-run'),
    'restore, nothing as old': oaops('backup', 'restore', ...repo, '--target', 'out2', '--at', '2001-01-01'),
    'cat of what is not there': oaops('backup', 'cat', 'latest', '/gone', ...repo),
    'restore of a snapshot that is not there': oaops('backup', 'restore', '2001', ...repo, '--target', 'out2'),
  };
  const text = `${JSON.stringify(spoken, null, 2)}\n`;
  if (process.env['OAOPS_UPDATE_GOLDEN']) writeFileSync(golden, text);
  expect(text).toBe(readFileSync(golden, 'utf8'));
}, 240_000);

/** A backup this small may or may not tell of progress. */
function withoutProgress(spoken: Spoken): Spoken {
  if (spoken.stdout !== null && typeof spoken.stdout === 'object') {
    const { status, ...rest } = spoken.stdout as Record<string, unknown>;
    // Two lines or one: the word of a summary is no message of progress.
    if (typeof status === 'object')
      return { ...spoken, stdout: Object.keys(rest).join() === 'summary' ? rest['summary'] : rest };
  }
  return spoken;
}
