import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparePaths } from '../../../src/backup/format/path-order.ts';
import { entriesOf } from '../../../src/backup/list-entries.ts';
import { readManifestRoot, readPackTables } from '../../../src/backup/repository/manifest.ts';
import { scanPack } from '../../../src/backup/restore/pack-scan.ts';
import type { RestoreResult } from '../../../src/backup/restore/result.ts';
import { FormatV1Writer } from '../../helpers/format-v1-writer.ts';
import { treeDifferences, which } from '../../helpers/restore-script.ts';
import { flipBit, makeAgeKey, openDirectoryRepository, restoreFrom, restoreFromLegs } from '../../helpers/restoring.ts';

const id = '20261122T180512Z-9f3a1c2b';
const equipped = ['rsync', 'age', 'age-keygen'].every((tool) => which(tool) !== undefined);

describe.skipIf(!equipped)('restore from damaged legs', () => {
  let work: string;
  let source: string;
  let whole: string;
  let identityFile: string;
  let packs: string[];
  let blocks: string[];
  let count = 0;
  const fresh = (name = 'out') => join(work, `${name} ${count++}`);
  const object = (kind: string, sha: string) => `${kind}/${sha.slice(0, 2)}/${sha}`;
  const copy = (change?: (repo: string) => void) => {
    const repo = fresh('leg');
    cpSync(whole, repo, { recursive: true });
    change?.(repo);
    return repo;
  };

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'oaops-damage-'));
    source = join(work, 'src');
    for (let folder = 0; folder < 6; folder++) {
      mkdirSync(join(source, `d${folder}`, 'deep'), { recursive: true });
      for (let i = 0; i < 8; i++) {
        writeFileSync(join(source, `d${folder}/f${i}`), randomBytes(20_000 + i));
        writeFileSync(join(source, `d${folder}/deep/f${i}`), `deep ${folder} ${i}`);
      }
      utimesSync(join(source, `d${folder}/deep`), 1_000_000_000 + folder, 1_000_000_000 + folder);
      utimesSync(join(source, `d${folder}`), 1_100_000_000 + folder, 1_100_000_000 + folder);
    }
    writeFileSync(join(source, 'large'), randomBytes(9 * 1024 * 1024));
    execFileSync('ln', [join(source, 'd1/f1'), join(source, 'd4/other name')]);
    whole = join(work, 'whole');
    const key = makeAgeKey(work);
    identityFile = key.identityFile;
    const writer = new FormatV1Writer(whole, { recipients: [key.recipient], packBytes: 500_000, entriesPerBlock: 12 });
    ({ packs, blocks } = writer.snapshot(id, writer.tree(source), [source]));
  }, 60_000);
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  /** Right bytes only; what is not there lies in a named file or range. */
  function checkTruthful(target: string, result: RestoreResult) {
    const named = new Set(result.problems.map(({ path }) => `/${path}`));
    const isNamed = (path: string) =>
      named.has(path) ||
      result.lostEntries.some(
        ({ first, last }) =>
          comparePaths(first.slice(1), path.slice(1)) <= 0 && comparePaths(path.slice(1), last.slice(1)) <= 0,
      );
    let missing = 0;
    for (const path of execFileSync('find', [source, '-print0'], { encoding: 'utf8' }).split('\0').filter(Boolean)) {
      const restored = `${target}${path}`;
      if (!existsSync(restored)) {
        missing++;
        expect(isNamed(path), `${path} is missing and not named`).toBe(true);
      } else if (statSync(path).isFile()) {
        expect(readFileSync(restored).equals(readFileSync(path)), path).toBe(true);
        expect(statSync(restored).mtimeMs).toBe(statSync(path).mtimeMs);
      } else if (!named.has(path)) {
        expect(statSync(restored).mtimeMs, path).toBe(statSync(path).mtimeMs);
      }
    }
    return missing;
  }

  it('one damaged block costs its entries only, and they are named', async () => {
    for (const block of blocks) {
      const name = object('blocks', block);
      const leg = copy((repo) => flipBit(join(repo, name)));
      const target = fresh();
      const result = await restoreFrom(leg, { target }, identityFile);
      const missing = checkTruthful(target, result);
      expect(result.damagedObjects).toMatchObject([{ object: name, location: leg, recovered: false }]);
      expect(result.exitCode).toBe(3);
      expect(result.lostEntries).toMatchObject([{ object: name, problem: expect.stringContaining('other content') }]);
      expect(missing).toBeLessThanOrEqual(result.lostEntries[0]!.entries);
      expect(result.lostEntries[0]!.entries).toBeLessThanOrEqual(12);
      rmSync(target, { recursive: true });
      rmSync(leg, { recursive: true });
    }
  }, 60_000);

  it('what was not asked for is not missed', async () => {
    const folder = `${source}/d5/deep`;
    const repository = await openDirectoryRepository(whole, identityFile);
    const { blocks: refs } = await readManifestRoot(repository, id);
    const block = refs.find(({ last }) => comparePaths(last, `${source.slice(1)}/d2`) < 0)!;
    const leg = copy((repo) => rmSync(join(repo, object('blocks', block.sha256))));
    const target = fresh();
    const part = await restoreFrom(leg, { target, include: [folder] }, identityFile);
    expect(part.lostEntries).toEqual([]);
    // The folders above are in the lost block: made, and told.
    expect(part.problems.every((one) => one.class === 'metadata')).toBe(true);
    expect(readdirSync(`${target}${folder}`)).toHaveLength(8);
    const all = await restoreFrom(leg, { target: fresh(), include: ['f1'] }, identityFile);
    expect(all.lostEntries).toHaveLength(1);
  });

  it('a lost table of packs costs nothing: packs tell by themselves how they are read', async () => {
    const repository = await openDirectoryRepository(whole, identityFile);
    const root = await readManifestRoot(repository, id);
    for (const pack of (await readPackTables(repository, root)).values()) {
      const stored = await repository.store.get(object('packs', pack.sha256));
      expect(await scanPack(pack.sha256, stored, true, repository.reading.identities)).toEqual(pack);
    }
    const leg = copy((repo) => {
      for (const table of root.packTables) rmSync(join(repo, object('blocks', table.sha256)));
    });
    const target = fresh();
    const result = await restoreFrom(leg, { target }, identityFile);
    expect(result).toMatchObject({ exitCode: 0, problems: [], lostEntries: [] });
    expect(result.damagedObjects.map(({ recovered }) => recovered)).toEqual(root.packTables.map(() => true));
    expect(treeDifferences(source, target + source)).toBe('');
  });

  it('takes content by content from the leg that has it right', async () => {
    // Each leg has something that the other has not.
    const one = copy((repo) => {
      rmSync(join(repo, object('packs', packs[0]!)));
      flipBit(join(repo, object('packs', packs[1]!)), 40_000);
      rmSync(join(repo, object('blocks', blocks[1]!)));
    });
    const two = copy((repo) => {
      rmSync(join(repo, object('packs', packs[3]!)));
      flipBit(join(repo, object('packs', packs[2]!)), 5);
      flipBit(join(repo, `snapshots/${id}.manifest`));
    });
    for (const legs of [
      [one, two],
      [two, one],
    ]) {
      const target = fresh();
      const result = await restoreFromLegs(legs, { target }, { identityFile });
      expect(result).toMatchObject({ exitCode: 0, problems: [], lostEntries: [] });
      expect(result.damagedObjects.length).toBeGreaterThan(2);
      expect(result.damagedObjects.every(({ recovered }) => recovered)).toBe(true);
      expect(treeDifferences(source, target + source)).toBe('');
    }
  });

  it('ls lists what is left of a snapshot', async () => {
    const leg = copy((repo) => flipBit(join(repo, object('blocks', blocks[2]!))));
    const lost: number[] = [];
    const listed = [];
    const repository = await openDirectoryRepository(leg, identityFile);
    for await (const entry of entriesOf(repository, id, { paths: [] }, ({ count }) => lost.push(count)))
      listed.push(entry);
    expect(lost).toHaveLength(1);
    const all = [];
    for await (const entry of entriesOf(
      await openDirectoryRepository(whole, identityFile),
      id,
      { paths: [] },
      () => undefined,
    ))
      all.push(entry);
    expect(listed).toHaveLength(all.length - lost[0]!);
  });

  /** Objects of a leg that a restore reads. */
  const objects = (repo: string) =>
    readdirSync(repo, { recursive: true, encoding: 'utf8' })
      .filter((name) => /^(packs|blocks|snapshots)\//.test(name) && statSync(join(repo, name)).isFile())
      .sort();
  const fault = fc.record({
    object: fc.nat(),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    kind: fc.constantFrom('flip', 'cut', 'delete', 'garbage'),
  });
  type Fault = { object: number; at: number; kind: string };
  const damage = (repo: string, faults: readonly Fault[]) => {
    const names = objects(repo);
    for (const { object: number, at, kind } of faults) {
      const file = join(repo, names[number % names.length]!);
      if (!existsSync(file)) continue;
      const { size } = statSync(file);
      if (kind === 'delete') rmSync(file);
      else if (kind === 'cut') truncateSync(file, Math.floor(size * at));
      else if (kind === 'garbage') writeFileSync(file, randomBytes(100));
      else if (size > 0) flipBit(file, Math.floor(size * at));
    }
  };
  const runs = Number(process.env['OAOPS_FUZZ_RUNS'] ?? 25);

  it('any damage to one leg is made up for by the other', async () => {
    const property = fc.asyncProperty(
      fc.array(fault, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      async (faults, swap) => {
        const broken = copy((repo) => damage(repo, faults));
        const target = fresh();
        const legs = swap ? [whole, broken] : [broken, whole];
        const result = await restoreFromLegs(legs, { target }, { identityFile });
        expect(result).toMatchObject({ exitCode: 0, problems: [], lostEntries: [] });
        expect(treeDifferences(source, target + source)).toBe('');
        rmSync(target, { recursive: true });
        rmSync(broken, { recursive: true });
      },
    );
    await fc.assert(property, { numRuns: runs });
  }, 300_000);

  it('damage to all legs costs what it must, and all of it is named', async () => {
    const some = fc.array(fault, { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(some, some, async (first, second) => {
      const legs = [first, second].map((faults) => copy((repo) => damage(repo, faults)));
      const target = fresh();
      const result = await restoreFromLegs(legs, { target }, { identityFile }).catch((error: { exitCode?: number }) => {
        // Without a manifest there is nothing to restore.
        expect(error.exitCode, String(error)).toBeOneOf([1, 9]);
        return undefined;
      });
      if (result) {
        const missing = checkTruthful(target, result);
        if (missing > 0) expect(result.exitCode).toBe(3);
        if (result.exitCode === 0) expect(treeDifferences(source, target + source)).toBe('');
        rmSync(target, { recursive: true });
      }
      for (const leg of legs) rmSync(leg, { recursive: true });
    });
    await fc.assert(property, { numRuns: runs });
  }, 300_000);
});
