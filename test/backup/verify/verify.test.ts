import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rephrase } from '../../../src/backup/legs/files.ts';
import type { ObjectStore } from '../../../src/backup/ports.ts';
import { SliceMemory } from '../../../src/backup/restore/slice-memory.ts';
import type { VerifyLevel } from '../../../src/backup/verify/levels.ts';
import { ReadThrough } from '../../../src/backup/verify/read-through.ts';
import { verifyRepository } from '../../../src/backup/verify/verify.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { FormatV1Writer } from '../../helpers/format-v1-writer.ts';
import { which } from '../../helpers/restore-script.ts';
import { flipBit, makeAgeKey, openDirectoryRepository, restoreFrom, withGet } from '../../helpers/restoring.ts';

const ids = ['20261121T180512Z-0000000a', '20261122T180512Z-9f3a1c2b'] as const;
const equipped = ['age', 'age-keygen'].every((tool) => which(tool) !== undefined);

describe.skipIf(!equipped)('verify', () => {
  let work: string;
  let good: string;
  let key: { identityFile: string; recipient: string };
  let count = 0;

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'oaops-verify-'));
    const source = join(work, 'src');
    mkdirSync(source);
    for (let i = 0; i < 60; i += 1) writeFileSync(join(source, `file ${i}`), `${i}`.repeat(5000 + i * 1000));
    key = makeAgeKey(work);
    good = join(work, 'good');
    const writer = new FormatV1Writer(good, { recipients: [key.recipient], packBytes: 700_000 });
    writer.snapshot(ids[0], writer.tree(source), [source]);
    writeFileSync(join(source, 'file 3'), 'changed'.repeat(3000));
    writer.snapshot(ids[1], writer.tree(source), [source]);
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  const copy = () => {
    const repo = join(work, `copy ${count++}`);
    execFileSync('cp', ['-a', good, repo]);
    return repo;
  };
  const verify = async (
    repo: string,
    level: VerifyLevel,
    identity: boolean,
    stateDir = join(work, `state ${count++}`),
    share?: number,
  ) => {
    const repository = await openDirectoryRepository(repo, identity ? key.identityFile : undefined);
    const place = { clock: systemClock, stateDir, signal: new AbortController().signal };
    return verifyRepository(repository, { level, ...(share ? { share } : {}) }, place);
  };
  /** As where the disk is bad below one object. */
  const verifyOnBadDisk = async (repo: string, bad: string, identity: boolean) => {
    const repository = await openDirectoryRepository(repo, identity ? key.identityFile : undefined);
    const { store } = repository;
    const eio = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', errno: -5 });
    const failing = withGet(store, async (name, range, signal) => {
      if (name === bad) throw rephrase(eio, store.location, name);
      return store.get(name, range, signal);
    });
    const place = {
      clock: systemClock,
      stateDir: join(work, `state ${count++}`),
      signal: new AbortController().signal,
      companions: () => [{ name: 'README-RESTORE.txt', bytes: Buffer.from('text') }],
    };
    return verifyRepository({ ...repository, store: failing }, { level: 'full' }, place);
  };
  const objects = (repo: string) =>
    readdirSync(repo, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();

  it('reads an object from its beginning to its end, in portions, and hashes all of it', async () => {
    const bytes = randomBytes(9_500_000);
    const asked: { offset: number; length: number }[] = [];
    const store = {
      kind: 'directory',
      get: async (_: string, range: { offset: number; length: number }) => {
        asked.push(range);
        return Uint8Array.from(bytes.subarray(range.offset, range.offset + range.length));
      },
    } as unknown as ObjectStore;
    const reading = new ReadThrough(store, 'packs/x', bytes.length, {
      signal: new AbortController().signal,
      memory: new SliceMemory(),
    });
    for (const [from, to, keepFrom] of [
      [0, 200, 200],
      [200, 1_500_000, 1_400_000],
      [1_400_000, 1_450_000, 1_440_000],
      [1_440_000, 1_500_001, 1_450_000],
      [1_450_000, 1_500_001, undefined],
      [8_400_000, 9_600_000, undefined],
    ] as const) {
      const segments = await reading.segments(from, to, keepFrom);
      const end = Math.min(to, bytes.length);
      let at = from;
      for (const { offset, bytes: part } of segments) {
        expect(offset).toBe(at);
        expect(bytes.subarray(at, at + part.length).equals(part), `${from}-${to}`).toBe(true);
        at += part.length;
      }
      expect(at).toBe(end);
    }
    expect(await reading.sha256()).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(reading.bytesRead).toBe(bytes.length);
    expect(Math.max(...asked.map(({ length }) => length))).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(asked.reduce((sum, { length }) => sum + length, 0)).toBe(bytes.length);
  });

  it('finds nothing wrong with a good repository and says what it read', async () => {
    for (const identity of [true, false]) {
      const structure = await verify(good, 'structure', identity);
      expect(structure).toMatchObject({
        exitCode: 0,
        problems: [],
        packsRead: 0,
        snapshots: 2,
        decrypted: false,
        oldestVerified: null,
      });
      const full = await verify(good, 'full', identity);
      expect(full).toMatchObject({ exitCode: 0, problems: [], decrypted: identity, unreferenced: 0 });
      expect(full.packsRead).toBe(full.packs);
      expect(full.packs).toBeGreaterThan(2);
      expect(full.contentsChecked).toBe(identity ? 61 : 0);
      expect(full.oldestVerified).toMatch(/^\d{4}-/);
    }
  });

  it('names an object below which the disk is bad, and verifies the rest', async () => {
    const read = ['packs/', 'blocks/', 'keys/', ...ids.map((id) => `snapshots/${id}`)];
    const names = objects(good).map((file) => file.slice(good.length + 1));
    for (const identity of [true, false]) {
      for (const name of names.filter((one) => read.some((prefix) => one.startsWith(prefix)))) {
        const { exitCode, problems, packs, packsRead } = await verifyOnBadDisk(good, name, identity);
        expect(exitCode, name).toBe(9);
        expect(problems, name).toContainEqual(
          expect.objectContaining({ object: name, problem: expect.stringContaining('EIO') }),
        );
        if (!name.endsWith('.index')) expect(packs - packsRead, name).toBeLessThanOrEqual(1);
      }
    }
  });

  it('notes a file of the restore kit below which the disk is bad', async () => {
    const repo = copy();
    writeFileSync(join(repo, 'README-RESTORE.txt'), 'text');
    expect(await verifyOnBadDisk(repo, 'README-RESTORE.txt', false)).toMatchObject({
      exitCode: 0,
      notes: [expect.stringMatching(/^README-RESTORE.txt cannot be read: .*EIO/)],
    });
  });

  for (const identity of [true, false]) {
    it(`finds a flipped bit in every object ${identity ? 'with' : 'without'} an identity`, async () => {
      const repo = copy();
      for (const file of objects(repo)) {
        const name = file.slice(repo.length + 1);
        // Read before anything else, and equal on all legs.
        if (name === 'config') continue;
        const before = readFileSync(file);
        for (const at of name.startsWith('packs/')
          ? [before.length >> 1]
          : [0, before.length >> 1, before.length - 2]) {
          flipBit(file, at);
          // Manifests and blocks are read at every level but structure.
          const share = name.startsWith('packs/') ? 1 : 0.01;
          const result = await verify(repo, 'sample', identity, undefined, share).catch(
            (error: { exitCode: number }) => error,
          );
          expect(result, `${name} at ${at}`).toMatchObject({ exitCode: 9 });
          writeFileSync(file, before);
        }
      }
    }, 60_000);
  }

  it('finds what is missing and what is cut without reading packs', async () => {
    for (const kind of ['packs', 'blocks', 'snapshots']) {
      const repo = copy();
      const files = objects(join(repo, kind)).filter((file) => !file.endsWith('.manifest'));
      unlinkSync(files[0]!);
      const result = await verify(repo, 'structure', false);
      expect(result).toMatchObject({ exitCode: 9, bytesRead: expect.any(Number) });
      const other = copy();
      const file = objects(join(other, kind))[0]!;
      writeFileSync(file, readFileSync(file).subarray(0, -1));
      expect(await verify(other, 'structure', false)).toMatchObject({ exitCode: 9 });
    }
  });

  it('names the list of recipients that is damaged', async () => {
    const repo = copy();
    writeFileSync(join(repo, 'keys/00000002'), 'not json');
    const { exitCode, problems } = await verify(repo, 'structure', false);
    expect(exitCode).toBe(9);
    expect(problems.map(({ object }) => object)).toEqual(['keys/00000002']);
  });

  it('tells of a manifest that is gone and of a changed restore kit, which are no damage', async () => {
    const repo = copy();
    const [index] = objects(join(repo, 'snapshots')).filter((name) => name.endsWith('.index'));
    rmSync(index!.replace(/index$/, 'manifest'));
    writeFileSync(join(repo, 'README-RESTORE.txt'), 'other');
    const companions = () =>
      ['README-RESTORE.txt', 'restore-v9.sh'].map((name) => ({ name, bytes: Buffer.from(name) }));
    const place = { clock: systemClock, stateDir: work, signal: new AbortController().signal, companions };
    const result = await verifyRepository(await openDirectoryRepository(repo), { level: 'structure' }, place);
    expect(result).toMatchObject({ exitCode: 0, snapshots: 1 });
    expect(result.notes).toEqual([
      expect.stringMatching(/\.index: there is no manifest with it/),
      expect.stringMatching(/^README-RESTORE.txt is not the one/),
      expect.stringMatching(/^restore-v9.sh is missing/),
    ]);
  });

  it('ends a restore without any block with the exit code of damaged data', async () => {
    const repo = copy();
    for (const block of objects(join(repo, 'blocks'))) rmSync(block);
    const restored = await restoreFrom(repo, { target: join(work, `out ${count++}`) }, key.identityFile);
    expect(restored).toMatchObject({ exitCode: 9, files: 0, folders: 0 });
    expect(restored.lostEntries.length).toBeGreaterThan(0);
  });

  it('names the files that a damaged pack takes along', async () => {
    const repo = copy();
    const [pack] = objects(join(repo, 'packs'));
    flipBit(pack!);
    const result = await verify(repo, 'full', true);
    expect(result.problems).toHaveLength(1);
    expect(result.problems[0]!.object).toBe(pack!.slice(repo.length + 1));
    expect(result.affectedFiles.length).toBeGreaterThan(0);
    const restored = await restoreFrom(repo, { target: join(work, `out ${count++}`) }, key.identityFile);
    expect(restored.exitCode).toBe(3);
    for (const { path } of restored.problems) expect(result.affectedFiles).toContain(`/${path}`);
  });

  it('reads other packs with each sample until all were read', async () => {
    const stateDir = join(work, 'rotating');
    const { packs } = await verify(good, 'structure', false);
    let rounds = 0;
    for (; rounds < 20; rounds += 1) {
      const result = await verify(good, 'sample', rounds % 2 === 0, stateDir, 0.25);
      expect(result.packsRead).toBe(Math.ceil(packs / 4));
      if (result.oldestVerified !== null) break;
    }
    expect(rounds).toBeLessThanOrEqual(4);
  });

  it('refuses a wrong key instead of calling the repository damaged', async () => {
    const repository = await openDirectoryRepository(good, makeAgeKey(work, 'wrong').identityFile);
    const place = { clock: systemClock, stateDir: work, signal: new AbortController().signal };
    await expect(verifyRepository(repository, { level: 'full' }, place)).rejects.toMatchObject({
      code: 'wrong-key',
      exitCode: 12,
    });
  });
});
