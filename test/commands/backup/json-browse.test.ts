import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { speak } from '../../helpers/json-shapes.ts';
import { needs } from '../../helpers/needs.ts';

/** As for the other backup commands: names, types and exit codes of what is looked at. OAOPS_UPDATE_GOLDEN=1 writes it anew. */
const golden = join(import.meta.dirname, '../../golden/browse-json.json');
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-shapes-'));
  mkdirSync(join(dir, 'src/empty'), { recursive: true });
  mkdirSync(join(dir, '.config/oaops'), { recursive: true });
  const place = JSON.stringify({ legs: [{ name: 'local', location: join(dir, 'repo') }] });
  writeFileSync(
    join(dir, '.config/oaops/config.yaml'),
    `repositories: {main: ${place}}\nschedules: {backup-hourly: {}}\n`,
  );
  writeFileSync(join(dir, 'src/合同.txt'), 'signed');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('what looks into backups and schedules speaks as agreed', { timeout: 180_000 }, (context) => {
  needs('getfattr')(context);
  const oaops = (...args: string[]) => speak(dir, args);
  const repo = ['--repo', 'repo'];
  expect(oaops('backup', 'init', ...repo, '--no-encryption').exitCode).toBe(0);
  expect(oaops('backup', 'create', 'src', ...repo).exitCode).toBe(0);
  const [first = ''] = readdirSync(join(dir, 'repo/snapshots'))
    .filter((name) => name.endsWith('.manifest'))
    .map((name) => name.replace('.manifest', ''));
  appendFileSync(join(dir, 'src/合同.txt'), ' twice');
  writeFileSync(join(dir, 'src/new'), 'new');
  expect(oaops('backup', 'create', 'src', ...repo).exitCode).toBe(0);
  const spoken = {
    diff: oaops('backup', 'diff', first, 'latest', ...repo),
    'diff with one that is not there': oaops('backup', 'diff', '2001', 'latest', ...repo),
    find: oaops('backup', 'find', '合同.txt', ...repo),
    'find of what is not there': oaops('backup', 'find', 'gone', ...repo),
    stats: oaops('backup', 'stats', ...repo),
    history: oaops('backup', 'history'),
    'schedule list': oaops('schedule', 'list'),
    'schedule next': oaops('schedule', 'next', '--count', '2'),
  };
  const text = `${JSON.stringify(spoken, null, 2)}\n`;
  if (process.env['OAOPS_UPDATE_GOLDEN']) writeFileSync(golden, text);
  expect(text).toBe(readFileSync(golden, 'utf8'));
});
