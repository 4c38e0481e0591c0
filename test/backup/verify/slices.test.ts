import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { piecesIn } from '../../../src/backup/format/piece-records.ts';
import { doJob, type WorkerAnswer, type WorkerJob } from '../../../src/backup/restore/jobs.ts';
import { WorkerPool } from '../../../src/backup/restore/pool.ts';
import { readExpected } from '../../../src/backup/verify/contents.ts';
import { PackReading } from '../../../src/backup/verify/pack-reading.ts';
import { PieceStore } from '../../../src/backup/verify/piece-store.ts';
import { checkStructure } from '../../../src/backup/verify/structure.ts';
import { verifyRepository } from '../../../src/backup/verify/verify.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { FormatV1Writer } from '../../helpers/format-v1-writer.ts';
import { flipBit, openDirectoryRepository } from '../../helpers/restoring.ts';

const mib = 1024 * 1024;

describe('verify reads a pack slice by slice', () => {
  let work: string;
  let repo: string;
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'oaops-slices-'));
    repo = join(work, 'repo');
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  const make = (sizes: readonly number[], packBytes: number) => {
    const source = join(work, 'src');
    mkdirSync(source);
    for (const [i, size] of sizes.entries()) writeFileSync(join(source, `${i}`.padStart(3, '0')), randomBytes(size));
    const writer = new FormatV1Writer(repo, { packBytes });
    writer.snapshot('20261121T180512Z-0000000a', writer.tree(source), [source]);
  };
  const packs = () =>
    readdirSync(join(repo, 'packs'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => ({ name, file: join(parentPath, name) }));
  const place = () => ({ clock: systemClock, stateDir: join(work, 'state'), signal: new AbortController().signal });
  const verify = async () => verifyRepository(await openDirectoryRepository(repo), { level: 'full' }, place());

  /** Answers only when `hold` lets it, and remembers what was asked. */
  const readWith = async (run: (job: WorkerJob & { kind: 'check' }) => Promise<WorkerAnswer>, take?: () => Buffer) => {
    const repository = await openDirectoryRepository(repo);
    const { signal } = place();
    const structure = await checkStructure(repository.store, undefined, signal);
    const pieces = new PieceStore(join(work, 'state'));
    const inPlace = new WorkerPool({ bytes: 0, jobs: 1 });
    const expected = await readExpected(repository, structure, pieces, inPlace, signal);
    const pool = { size: 2, run } as unknown as WorkerPool;
    if (take) pieces.take = take;
    const reading = new PackReading(repository, structure, { ...expected, pool }, place());
    return { reading, structure };
  };

  it('with no more slices in memory than threads and one, also of a single pack, whatever the number of packs', async () => {
    for (const packBytes of [100 * mib, 9 * mib]) {
      make(
        Array.from({ length: 20 }, () => 1.5 * mib),
        packBytes,
      );
      let started = 0;
      let open = 0;
      let most = 0;
      let seen = 0;
      const waiting: (() => void)[] = [];
      const { reading, structure } = await readWith(async (job) => {
        started += 1;
        open += 1;
        most = Math.max(most, open);
        seen += job.pieces.length / 48;
        // The first answers wait until as many are asked for as ever may be: with less overlap this would hang.
        if (started < 3) await new Promise<void>((resolve) => waiting.push(resolve));
        else for (const go of waiting.splice(0)) go();
        const answer = doJob(job, undefined);
        open -= 1;
        return answer;
      });
      await reading.packs(packs().map(({ name }) => name));
      expect({ most, seen, problems: structure.problems }).toEqual({ most: 3, seen: 20, problems: [] });
      expect(started).toBeGreaterThanOrEqual(6);
      expect(reading.contentsChecked).toBe(20);
      expect(reading.packsRead).toBe(packs().length);
      expect(reading.bytesRead).toBe(packs().reduce((sum, { file }) => sum + statSync(file).size, 0));
      rmSync(join(work, 'src'), { recursive: true });
      rmSync(repo, { recursive: true });
    }
  });

  it('the largest packs first', async () => {
    make(
      [1, 6, 2, 8, 4, 3].map((size) => size * mib),
      1,
    );
    const order: number[] = [];
    const waiting: (() => void)[] = [];
    const { reading } = await readWith(async (job) => {
      for (const { length } of piecesIn(job.pieces as Buffer)) order.push(length / mib);
      if (order.length < 3) await new Promise<void>((resolve) => waiting.push(resolve));
      else for (const go of waiting.splice(0)) go();
      return doJob(job, undefined);
    });
    await reading.packs(packs().map(({ name }) => name));
    expect(order.slice(0, 3).sort()).toEqual([4, 6, 8]);
    expect(order.toSorted()).toEqual([1, 2, 3, 4, 6, 8]);
  });

  it('and finds what is damaged in any of them', async () => {
    make(
      Array.from({ length: 12 }, () => 1.5 * mib),
      100 * mib,
    );
    const [pack] = packs();
    const size = statSync(pack!.file).size;
    for (const at of [3, 6, 11, 15].map((share) => Math.floor((size * share) / 16))) {
      flipBit(pack!.file, at);
      const { exitCode, problems, bytesRead, packsRead } = await verify();
      expect({ exitCode, packsRead }).toEqual({ exitCode: 9, packsRead: 1 });
      expect(problems).toEqual([expect.objectContaining({ problem: 'its sha256 is not its name' })]);
      expect(bytesRead).toBeGreaterThan(size);
      flipBit(pack!.file, at);
    }
    expect(await verify()).toMatchObject({ exitCode: 0, contentsChecked: 12 });
    truncateSync(pack!.file, 7 * mib);
    const cut = await verify();
    expect(cut.exitCode).toBe(9);
    expect(cut.problems).toEqual([expect.objectContaining({ problem: `${7 * mib} bytes instead of ${size}` })]);
  });

  it('and ends with the error of a check that fails while the next slice is read, as with any other', async () => {
    make(
      Array.from({ length: 12 }, () => 1.5 * mib),
      100 * mib,
    );
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const { reading } = await readWith(async () => {
        throw new Error('the thread is gone');
      });
      await expect(reading.packs(packs().map(({ name }) => name))).rejects.toThrow('the thread is gone');
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(unhandled).toEqual([]);
  });

  it('and does not blame a pack for a bad disk of this machine', async () => {
    make([mib], mib);
    const { reading, structure } = await readWith(
      async (job) => doJob(job, undefined),
      () => {
        throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
      },
    );
    await expect(reading.packs(packs().map(({ name }) => name))).rejects.toThrow('EIO');
    expect(structure.problems).toEqual([]);
  });

  it('and ends with the error of a check, without reading all other packs', async () => {
    make(
      Array.from({ length: 30 }, () => mib),
      2 * mib,
    );
    let asked = 0;
    const { reading } = await readWith(async () => {
      asked += 1;
      throw new Error('the thread is gone');
    });
    await expect(reading.packs(packs().map(({ name }) => name))).rejects.toThrow('the thread is gone');
    expect(asked).toBeLessThanOrEqual(3);
    expect(reading.packsRead).toBe(0);
  });
});
