import { createHash } from 'node:crypto';
import {
  appendFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AccessLog } from '../../bin/bench/backup/access-log.ts';
import { makeCorpus, sizeOfTree } from '../../bin/bench/backup/corpora.ts';
import { changeRows, insertRows, makeDump } from '../../bin/bench/backup/dump.ts';
import { measure } from '../../bin/bench/backup/measure.ts';
import { Results, type Sample } from '../../bin/bench/backup/results.ts';
import { matrixTables } from '../../bin/bench/backup/tables.ts';
import type { Tool } from '../../bin/bench/backup/tools.ts';
import { copyThinnedOut } from '../../bin/bench/backup/usr.ts';
import { needs } from '../helpers/needs.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-bench-test-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
const hashes = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => hashOf(file));

describe('corpora', () => {
  test('small files are the same each time, and one in a hundred changes', () => {
    const [one, two] = ['a', 'b'].map((name) => makeCorpus('small', join(dir, name), 0.003));
    const before = hashes(one!.root);
    expect(before.length).toBe(300);
    expect(hashes(two!.root)).toEqual(before);
    const size = sizeOfTree(one!.root);
    for (const corpus of [one!, two!]) corpus.changes[0]!.make('1');
    const after = hashes(one!.root);
    expect(after.filter((hash, i) => hash !== before[i]).length).toBe(3);
    expect(hashes(two!.root)).toEqual(after);
    expect(sizeOfTree(one!.root)).toEqual(size);
  });

  test('one row in a hundred of a dump is changed, in whole rows', () => {
    const file = join(dir, 'oa.sql');
    expect(makeDump(file, 200_000 * 128)).toBe(200_000);
    const before = rowsOf(file);
    changeRows(file, '1');
    const after = rowsOf(file);
    const different = after.filter((row, i) => row !== before[i]).length;
    // Runs may overlap.
    expect(different).toBeGreaterThan(1000);
    expect(different).toBeLessThanOrEqual(2000);
    expect(after.length).toBe(before.length);
  });

  test('rows are inserted and all others stay', () => {
    const file = join(dir, 'oa.sql');
    makeDump(file, 200_000 * 128);
    const before = rowsOf(file);
    insertRows(file, '1');
    const after = rowsOf(file);
    expect(after.length).toBe(202_000);
    const had = new Set(before);
    expect(after.filter((row) => had.has(row))).toEqual(before);
  });

  test('of a large folder a share is copied, hard links whole', () => {
    const from = join(dir, 'from');
    mkdirSync(join(from, 'sub'), { recursive: true });
    for (let n = 0; n < 40; n++) {
      writeFileSync(join(from, `${n}`), `${n}`.padEnd(1000), { mode: 0o640 });
      linkSync(join(from, `${n}`), join(from, 'sub', `${n}`));
    }
    writeFileSync(join(from, 'too-large'), Buffer.alloc(1001));
    const copy = join(dir, 'copy');
    mkdirSync(copy);
    expect(copyThinnedOut(from, copy, 10_000)).toBe(10 / 41);
    const names = readdirSync(copy).filter((name) => name !== 'sub');
    expect(names.length).toBe(10);
    expect(names).not.toContain('too-large');
    expect(readdirSync(join(copy, 'sub'))).toEqual(names);
    for (const name of names) {
      expect(hashOf(join(copy, name))).toBe(hashOf(join(from, name)));
      const [has, should] = [lstatSync(join(copy, name)), lstatSync(join(from, name))];
      expect([has.nlink, has.mode, has.mtime]).toEqual([2, should.mode, should.mtime]);
    }
  });

  function rowsOf(file: string): string[] {
    return readFileSync(file, 'latin1').split('\n').slice(0, -1);
  }
});

describe('figures', () => {
  const sample = (round: number, wallS: number): Sample => ({ round, wallS, cpuS: 1, rssMib: 300, load: 0 });
  const tool = (name: string) => ({ name }) as Tool;

  test('ratios pair what was measured in the same round', () => {
    const results = new Results();
    for (const [round, wallS] of [
      [0, 2],
      [2, 9],
    ] as const)
      results.add('small', 'full', 'oaops', sample(round, wallS));
    for (const [round, wallS] of [
      [0, 4],
      [1, 100],
      [2, 3],
    ] as const)
      results.add('small', 'full', 'restic', sample(round, wallS));
    expect(results.ratios('small', 'full', ['oaops', 'restic'], ({ wallS }) => wallS)).toEqual([0.5, 3]);
  });

  test('the tables say what is missed and what failed', () => {
    const results = new Results();
    results.add('small', 'full', 'oaops', sample(0, 2));
    results.add('small', 'full', 'restic', sample(0, 3));
    results.failures.push('restic, small, verify, round 1: broken');
    const corpus = { name: 'small', text: 'small files', root: dir, changes: [] } as const;
    const text = matrixTables({ results, corpora: [{ corpus, files: 3, bytes: 4 }] }, [tool('oaops'), tool('restic')]);
    expect(text).toContain('| small | full | 2.00 | 3.00 | **0.67** | 0.6: missed | 1 |');
    expect(text).toContain('| small | full | 1.0 | 1.0 | 300 | 300 | missed |');
    expect(text).toContain('Failed: restic, small, verify, round 1: broken.');
  });
});

describe('measuring', () => {
  beforeEach(needs('time'));

  test('a command is measured, one that fails is an error with its words', async () => {
    const how = { env: { PATH: '/usr/bin:/bin' }, report: join(dir, 'time'), signal: new AbortController().signal };
    const measured = await measure({ argv: ['sh', '-c', 'sleep 0.2'] }, how);
    expect(measured.wallS).toBeGreaterThan(0.19);
    expect(measured.rssMib).toBeGreaterThan(0.5);
    await expect(measure({ argv: ['sh', '-c', 'echo broken >&2; exit 3'] }, how)).rejects.toThrow(
      /"sh" ended with 3: broken/,
    );
  });

  test('a stop ends the command and what it started', async () => {
    const stop = new AbortController();
    const how = { env: { PATH: '/usr/bin:/bin' }, report: join(dir, 'time'), signal: stop.signal };
    const pidFile = join(dir, 'pid');
    const running = measure(
      { argv: ['sh', '-c', `sleep 300 & echo $! > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; wait`] },
      how,
    );
    const ended = expect(running).rejects.toThrow(/aborted/);
    await expect.poll(() => readdirSync(dir), { timeout: 10_000 }).toContain('pid');
    stop.abort();
    await ended;
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
  });

  test('requests are counted up to the mark, also when a line comes in two writes', async () => {
    const file = join(dir, 'access.log');
    const line = (method: string, path: string) =>
      `2026-11-29T11:19:09.398+0000 7f82  1 beast: 0x7f83: 127.0.0.1 - test [29/Nov/2026:11:19:06.858 +0000] "${method} ${path} HTTP/1.1" 200 0 - "agent" - latency=2.5s\n`;
    writeFileSync(
      file,
      `starting handler: beast\n${line('PUT', '/b/1')}${line('PUT', '/b/2')}${line('GET', '/b/2?x=1').slice(0, 90)}`,
    );
    const log = new AccessLog(file);
    const first = log.takeUntil('/b/mark-1');
    appendFileSync(file, `${line('GET', '/b/2?x=1').slice(90)}${line('HEAD', '/b/mark-1')}${line('DELETE', '/b/1')}`);
    expect(await first).toEqual({ PUT: 2, GET: 1 });
    appendFileSync(file, line('HEAD', '/b/mark-2'));
    expect(await log.takeUntil('/b/mark-2')).toEqual({ DELETE: 1 });
  });

  function isRunning(pid: number): boolean {
    const stat = statSync(`/proc/${pid}`, { throwIfNoEntry: false });
    return stat !== undefined && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  }
});
