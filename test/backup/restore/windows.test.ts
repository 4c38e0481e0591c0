import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreSnapshot } from '../../../src/backup/restore/restore.ts';
import type { RestoreResult } from '../../../src/backup/restore/result.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { FormatV1Writer } from '../../helpers/format-v1-writer.ts';
import { makeHostileTree } from '../../helpers/hostile-tree.ts';
import { treeDifferences, which } from '../../helpers/restore-script.ts';
import { flipBit, openDirectoryRepository, restoreFrom, withGet } from '../../helpers/restoring.ts';

const id = '20261122T180512Z-9f3a1c2b';
const equipped = ['rsync', 'setfattr', 'setfacl'].every((tool) => which(tool) !== undefined);
/** Each part ends by the number of its files or of its contents. */
const windows = [
  { heldFiles: 1, files: 3, pieces: 1000 },
  { heldFiles: 1, files: 1000, pieces: 2 },
  { heldFiles: 0, files: 1, pieces: 1 },
];

describe.skipIf(!equipped)('a restore of more files than are held at once', () => {
  let work: string;
  let source: string;
  let repository: string;
  let count = 0;
  const fresh = () => join(work, `out ${count++}`);
  const counted = ({ files, folders, others, links, bytes, skipped, exitCode }: RestoreResult) => ({
    ...{ files, folders, others, links, bytes, skipped, exitCode },
  });

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'oaops-windows-'));
    source = join(work, 'src');
    makeHostileTree(source);
    mkdirSync(join(source, 'many'));
    for (let i = 0; i < 60; i++) {
      writeFileSync(join(source, `many/${i}`), `content ${i % 50}`.repeat(20));
      // To the microsecond, to the millisecond, and as the clock has it.
      if (i % 3 > 0) utimesSync(join(source, `many/${i}`), 1_700_000_000, 1_700_000_000 + i / 10 ** (3 * (i % 3)));
    }
    repository = join(work, 'repository');
    const writer = new FormatV1Writer(repository);
    writer.snapshot(id, writer.tree(source), [source]);
  }, 120_000);
  afterAll(() => {
    execFileSync('chmod', ['-R', 'u+rwx', work]);
    rmSync(work, { recursive: true, force: true });
  });

  it.each(windows)('gives back the same tree and counts: %j', async (limits) => {
    const whole = await restoreFrom(repository, { target: fresh() });
    const target = fresh();
    const result = await restoreFrom(repository, { target }, undefined, limits);
    expect(result.problems).toEqual([]);
    expect(counted(result)).toEqual(counted(whole));
    expect(treeDifferences(source, target + source)).toBe('');
  });

  it('takes what is asked for', async () => {
    const request = { include: [`${source}/many`], exclude: ['7'] };
    const whole = await restoreFrom(repository, { target: fresh(), ...request });
    const target = fresh();
    const result = await restoreFrom(repository, { target, ...request }, undefined, windows[0]);
    expect(counted(result)).toEqual(counted(whole));
    expect(readdirSync(`${target}${source}`)).toEqual(['many']);
    expect(readdirSync(`${target}${source}/many`)).toHaveLength(59);
  });

  it('counts no files whose part of the manifest can be read the first time only', async () => {
    const repo = await openDirectoryRepository(repository);
    const { store } = repo;
    const reads = new Map<string, number>();
    const failing = withGet(store, async (name, range, signal) => {
      const before = reads.get(name) ?? 0;
      reads.set(name, before + 1);
      const bytes = await store.get(name, range, signal);
      return name.startsWith('blocks/') && before > 0 ? bytes.toReversed() : bytes;
    });
    const place = { clock: systemClock, signal: new AbortController().signal, windows: windows[0]! };
    const result = await restoreSnapshot({ ...repo, store: failing }, { snapshot: id, target: fresh() }, place);
    expect(result).toMatchObject({ exitCode: 3, files: 0, bytes: 0 });
    expect(result.lostEntries.length).toBeGreaterThan(0);
  });

  it('has ended all work when it fails', async () => {
    const few = join(work, 'few');
    mkdirSync(few);
    for (let i = 0; i < 6; i++) writeFileSync(join(few, `${i}`), `${i}`.repeat(1000));
    const writer = new FormatV1Writer(join(work, 'a pack for each'), { packBytes: 1 });
    writer.snapshot(id, writer.tree(few), [few]);
    const repo = await openDirectoryRepository(join(work, 'a pack for each'));
    const { store } = repo;
    let open = 0;
    let asked = 0;
    const failing = withGet(store, async (name, range, signal) => {
      if (!name.startsWith('packs/')) return store.get(name, range, signal);
      asked += 1;
      if (asked === 2) throw new Error('a defect');
      open += 1;
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return store.get(name, range, signal);
    });
    const place = { clock: systemClock, signal: new AbortController().signal };
    const restored = restoreSnapshot({ ...repo, store: failing }, { snapshot: id, target: fresh() }, place);
    await expect(restored).rejects.toThrow('a defect');
    expect(open).toBe(0);
    const atEnd = asked;
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBe(atEnd);
  });

  it('names each file that cannot be had, once, and delivers the others', async () => {
    const damaged = join(work, 'damaged');
    execFileSync('cp', ['-a', repository, damaged]);
    const folder = join(damaged, 'packs');
    for (const prefix of readdirSync(folder))
      for (const pack of readdirSync(join(folder, prefix))) flipBit(join(folder, prefix, pack));
    const whole = await restoreFrom(damaged, { target: fresh() });
    expect(whole.problems.length).toBeGreaterThan(0);
    const result = await restoreFrom(damaged, { target: fresh() }, undefined, windows[0]);
    const named = ({ problems }: RestoreResult) => problems.map(({ class: kind, path }) => `${kind} ${path}`).sort();
    expect(named(result)).toEqual(named(whole));
    expect(counted(result)).toEqual(counted(whole));
  });
});
