import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { restoreFrom } from '../../helpers/restoring.ts';

const dir = mkdtempSync(join(tmpdir(), 'oaops-pseudo-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let number = 0;

async function roundTrip(paths: string[]) {
  const base = join(dir, String(number++));
  const repo = join(base, 'repo');
  await makeRepositoryIn([repo], 'none');
  const made = await backUp(paths, [repo], { state: join(base, 'state') });
  const target = join(base, 'out');
  const restored = await restoreFrom(repo, { target });
  expect(restored.exitCode).toBe(0);
  return { made, target };
}

describe('files of which stat does not tell the size', () => {
  it('are read to their end', async () => {
    // Size 0 in /proc, one page in sysfs; some hold more than the first look takes.
    const paths = [
      '/proc/version',
      '/proc/filesystems',
      '/sys/kernel/mm/transparent_hugepage/enabled',
      '/proc/kallsyms',
    ];
    const before = new Map(paths.map((path) => [path, readFileSync(path)]));
    const { made, target } = await roundTrip(paths);
    expect(made.problems).toEqual([]);
    expect(made.exitCode).toBe(0);
    for (const path of paths) expect(readFileSync(target + path).equals(before.get(path)!), path).toBe(true);
    expect(before.get('/proc/kallsyms')!.length).toBeGreaterThan(64 * 1024);
  });

  it('and truly empty or all-hole ones stay what they are', async () => {
    const source = join(dir, 'real');
    mkdirSync(source);
    writeFileSync(join(source, 'empty'), '');
    execFileSync('truncate', ['-s', '3000000', join(source, 'hole')]);
    const { made, target } = await roundTrip([source]);
    expect(made.counts).toMatchObject({ bytes: 3_000_000, changed: 0 });
    expect(readFileSync(`${target}${source}/empty`).length).toBe(0);
    expect(readFileSync(`${target}${source}/hole`).equals(Buffer.alloc(3_000_000))).toBe(true);
  });
});
