import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLogFile } from '../../../src/cli/render/log-file.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { Redactor } from '../../../src/core/redaction.ts';

let dir: string;
let nowMs: number;
let elapsedMs: number;
const clock = { ...systemClock, nowMs: () => nowMs, monotonicMs: () => elapsedMs };
const open = (name: string, keep?: number) => openLogFile(join(dir, name), clock, new Redactor(), { keep });
const text = (name: string) => readFileSync(join(dir, name), 'utf8').replace(/^\S+ \d+ /gm, '');

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-log-'));
  nowMs = new Date(2026, 10, 22, 23, 59).getTime();
  elapsedMs = 0;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('each line goes to the file of its day, also when midnight comes in between', () => {
  const log = open('oaops-%Y-%m-%d.log');
  log.line('before');
  nowMs += 120_000;
  log.line('after');
  log.close();
  expect([text('oaops-2026-11-22.log'), text('oaops-2026-11-23.log')]).toEqual(['before\n', 'after\n']);
});

test('a file that logrotate moved away is opened anew by a command that runs on', () => {
  const log = open('oaops.log');
  log.line('one');
  renameSync(join(dir, 'oaops.log'), join(dir, 'oaops.log.1'));
  elapsedMs += 2000;
  log.line('two');
  log.close();
  expect([text('oaops.log.1'), text('oaops.log')]).toEqual(['one\n', 'two\n']);
});

test('keep leaves the newest files of the pattern, and no other file is touched', () => {
  for (let day = 10; day < 20; day++) {
    const file = join(dir, `oaops-2026-11-${day}.log`);
    writeFileSync(file, '');
    utimesSync(file, 1e9 + day, 1e9 + day);
  }
  for (const other of ['oaops-2026-11-10.log.gz', 'xoaops-2026-11-10.log', 'notes'])
    writeFileSync(join(dir, other), '');
  const log = open('oaops-%Y-%m-%d.log', 3);
  log.close();
  expect(readdirSync(dir).sort()).toEqual([
    'notes',
    'oaops-2026-11-10.log.gz',
    'oaops-2026-11-18.log',
    'oaops-2026-11-19.log',
    'oaops-2026-11-22.log',
    'xoaops-2026-11-10.log',
  ]);
  expect(() => open('oaops.log', 3)).toThrow(/is always the same one/);
  open('100%%.log').close();
  expect(readdirSync(dir)).toContain('100%.log');
});
