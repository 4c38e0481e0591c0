import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OaopsError } from '../../src/core/errors.ts';
import { sha256Hex } from '../../src/core/json.ts';
import { faultSeed, sampleOf } from '../helpers/fault-sample.ts';
import { FaultStage } from '../helpers/fault-stage.ts';

/*
 * Every kind of object of a repository, damaged in every way, on a folder and on S3, clear and encrypted. `verify` names what snapshots
 * need, a restore gives right bytes or names what it lacks, the next backup gets by, and a prune takes away nothing that is needed.
 */
interface Damage {
  name: string;
  change: (bytes: Buffer, other: Buffer | undefined) => Buffer | undefined;
}

const flip = (at: (length: number) => number) => (bytes: Buffer) => {
  const changed = Buffer.from(bytes);
  changed[at(bytes.length)]! ^= 1;
  return changed;
};
const damages: Damage[] = [
  { name: 'first bit flipped', change: flip(() => 0) },
  { name: 'middle bit flipped', change: flip((length) => length >> 1) },
  { name: 'last bit flipped', change: flip((length) => length - 1) },
  { name: 'some bit flipped', change: flip((length) => faultSeed % length) },
  { name: 'emptied', change: () => Buffer.alloc(0) },
  { name: 'cut in half', change: (bytes) => bytes.subarray(0, bytes.length >> 1) },
  { name: 'cut by one', change: (bytes) => bytes.subarray(0, -1) },
  { name: 'dropped', change: () => undefined },
  { name: 'in the place of another', change: (_bytes, other) => other },
];

/** Families whose objects hold or describe data: damage to them costs something. */
const needed = /^(packs|blocks|snapshots|keys)\//;

describe.each([
  { kind: 'folder', encrypted: false },
  { kind: 'folder', encrypted: true },
  { kind: 's3', encrypted: false },
  { kind: 's3', encrypted: true },
] as const)('on a leg of kind $kind, encrypted: $encrypted', ({ kind, encrypted }) => {
  let stage: FaultStage;
  let leg: string;

  /** All objects of the leg, by name. */
  const names = () =>
    kind === 's3'
      ? [...stage.server.objects.keys()].map((key) => key.slice('oa/'.length)).sort()
      : readdirSync(leg, { recursive: true, encoding: 'utf8' })
          .filter((name) => !name.startsWith('.') && statSync(join(leg, name)).isFile())
          .sort();
  const read = (name: string) =>
    kind === 's3' ? stage.server.objects.get(`oa/${name}`)!.bytes : readFileSync(join(leg, name));
  const write = (name: string, bytes: Buffer | undefined) => {
    if (kind === 's3') {
      if (bytes) stage.server.objects.set(`oa/${name}`, { bytes, modifiedMs: Date.now() });
      else stage.server.objects.delete(`oa/${name}`);
    } else if (bytes) {
      mkdirSync(dirname(join(leg, name)), { recursive: true });
      writeFileSync(join(leg, name), bytes);
    } else rmSync(join(leg, name));
  };

  beforeAll(async () => {
    console.log(`seed ${faultSeed}`);
    stage = await FaultStage.make({ encrypted });
    leg = kind === 's3' ? stage.bucket : stage.folder;
    const text = (word: string) => `${word} `.repeat(3000);
    stage.write({ same: text('same'), changes: text('one') });
    const first = await stage.backup([leg]);
    stage.write({ changes: text('two') });
    const second = await stage.backup([leg]);
    // What people and other programs leave there.
    const note = Buffer.from(JSON.stringify({ by: 'ops', at: '2026-01-01T00:00:00.000Z', reason: 'audit' }));
    write(`pins/${first.snapshot}`, note);
    write(`accepted/${second.snapshot}`, note);
    write(
      'removed/20260101T000000Z-00000001',
      Buffer.from(JSON.stringify({ snapshots: ['20260101T000000Z-00000000'] })),
    );
    const pack = names().find((name) => name.startsWith('packs/'))!;
    write('marks/20260101T000000Z-00000002', Buffer.from(JSON.stringify({ objects: [pack] })));
    write('anchors/20260101T000000Z-0000000001-00000000', Buffer.from('{}'));
    stage.keep('good');
  });
  afterAll(() => stage.close());

  /** The result, or the error with its next step. */
  const settled = async <T extends { exitCode: number }>(
    work: Promise<T>,
  ): Promise<Partial<T> & { exitCode: number }> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof OaopsError)) throw error;
      expect(error.next ?? '', error.message).not.toBe('');
      return { exitCode: error.exitCode } as Partial<T> & { exitCode: number };
    }
  };

  /** Nothing that a restore delivers is wrong; what is not there makes it fail. */
  const restoresTruly = async (): Promise<boolean> => {
    const restored = await settled(stage.restore([leg]));
    const whole = stage.contents();
    const there =
      restored.target && existsSync(join(restored.target, stage.source)) ? stage.contents(restored.target) : {};
    for (const [name, bytes] of Object.entries(there)) expect(bytes === whole[name], `${name} is wrong`).toBe(true);
    const complete = Object.keys(there).length === Object.keys(whole).length;
    if (!complete) expect(restored.exitCode).not.toBe(0);
    return complete && restored.exitCode === 0;
  };

  test('damaged, it is named, nothing wrong is delivered, and the next backup and prune get by', async () => {
    // Without its manifest a snapshot does not exist: a note, and a matter of test/backup/restore/newest.test.ts. A list of
    // recipients without its last line end says the same.
    const isNoDamage = (name: string, damage: Damage) =>
      (name.endsWith('.manifest') && damage.name === 'dropped') ||
      (name.startsWith('keys/') && damage.name === 'cut by one');
    const cases = names().flatMap((name) =>
      damages.filter((damage) => !isNoDamage(name, damage)).map((damage) => ({ name, damage })),
    );
    const broken: string[] = [];
    for (const { name, damage } of sampleOf(
      cases,
      36,
      (one) => one.name,
      (one) => one.damage.name,
    )) {
      stage.reset('good');
      const before = read(name);
      const family = name.replace(/[^/]*$/, '').replace(/^(\w+\/).*/, '$1');
      const twin = names().find(
        (other) =>
          other !== name &&
          other.startsWith(family) &&
          other.split('.')[1] === name.split('.')[1] &&
          sha256Hex(read(other)) !== sha256Hex(before),
      );
      const bytes = damage.change(before, twin === undefined ? undefined : read(twin));
      if (damage.name === 'in the place of another' && twin === undefined) continue;
      try {
        write(name, bytes);
        const { exitCode, legs } = await settled(stage.verify('full', [leg]));
        const named = (legs ?? []).flatMap(({ problems }) => problems.map(({ object }) => object));
        if (needed.test(name)) expect([exitCode, named.includes(name)]).toEqual([9, true]);
        const readable = await restoresTruly();
        if (!needed.test(name) && name !== 'config') expect(readable).toBe(true);

        const pruned = await settled(stage.prune([leg]));
        if (readable) expect(await restoresTruly(), `after a prune that ended with ${pruned.exitCode}`).toBe(true);

        const again = await settled(stage.backup([leg]));
        if (again.exitCode === 0) expect(await restoresTruly(), 'after a backup').toBe(true);
        else expect(/^(config|keys)/.test(name), `a backup ends with ${again.exitCode}`).toBe(true);
      } catch (error) {
        broken.push(`${name}, ${damage.name}: ${(error as Error).message}`);
      }
    }
    expect(broken.join('\n\n')).toBe('');
  });

  test('under another name of its kind it does no harm', async () => {
    const families = ['packs/', 'blocks/', 'snapshots/', 'pins/', 'marks/', 'locks/', 'removed/', 'anchors/', 'keys/'];
    for (const family of families) {
      const original = names().find((name) => name.startsWith(family));
      if (original === undefined) continue;
      stage.reset('good');
      const copy =
        family.startsWith('packs') || family.startsWith('blocks')
          ? `${family}00/${'0'.repeat(64)}`
          : original.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10));
      if (names().includes(copy)) continue;
      write(copy, read(original));
      const { exitCode } = await settled(stage.verify('full', [leg]));
      expect([0, 9], copy).toContain(exitCode);
      expect(await restoresTruly(), copy).toBe(true);
      await settled(stage.prune([leg]));
      expect(await restoresTruly(), copy).toBe(true);
    }
  });
});
