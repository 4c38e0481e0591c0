import { afterAll, beforeAll, expect, test } from 'vitest';
import { OaopsError } from '../../src/core/errors.ts';
import { faultSeed, sampleOf } from '../helpers/fault-sample.ts';
import { FaultStage } from '../helpers/fault-stage.ts';
import type { Fault } from '../helpers/scripted-s3.ts';

/*
 * Every call to S3 that a command makes meets every fault, once and for good. What must hold: what is told is true, no snapshot lacks
 * anything, no wrong byte is delivered, the other leg is complete, and the next run makes good what was left undone.
 */
let stage: FaultStage;

beforeAll(async () => {
  console.log(`seed ${faultSeed}`);
  stage = await FaultStage.make();
  stage.write({ same: text('same 1'), changes: text('changes 1') });
  await stage.backup();
  stage.write({ changes: text('changes 2') });
  await stage.backup();
  stage.keep('even');
  await stage.backup([stage.folder]);
  stage.keep('behind');
});
afterAll(() => stage.close());

function text(word: string): string {
  return `${word} `.repeat(3000);
}

const anywhere: Fault[] = [
  500,
  503,
  'timeout',
  'reset',
  'lost',
  'stall-late',
  '500-late',
  403,
  'skewed',
  'expired',
  'no-bucket',
];
const ofRead: Fault[] = ['truncated', 'short', 'wrong-bytes'];
const ofList: Fault[] = ['truncated', 'short', 'stale'];
const ofPut: Fault[] = ['conflict', 'bad-digest', 'says-taken', 'overwrites', 'lying-put', 'stored-wrong'];
const ofDelete: Fault[] = ['lying-delete'];

function faultsFor(call: string): Fault[] {
  if (call.startsWith('PUT')) return [...anywhere, ...ofPut];
  if (call.startsWith('DELETE')) return [...anywhere, ...ofDelete];
  if (call.startsWith('HEAD')) return anywhere;
  return [...anywhere, ...(call.includes('?') ? ofList : ofRead)];
}

/** What another try cures. */
const passing = new Set<Fault>([
  500,
  503,
  'timeout',
  'reset',
  'lost',
  'stall-late',
  '500-late',
  'truncated',
  'conflict',
  'bad-digest',
  'says-taken',
]);

interface Told {
  exitCode: number;
  /** Everything that was said, for failures with the next step. */
  said: string[];
  snapshot?: string | undefined;
  result?: unknown;
}

interface AnyResult {
  exitCode?: number;
  snapshot?: string;
  warnings?: string[];
  legs?: { error?: { message: string; next?: string } }[];
  unread?: { error: { message: string; next?: string } }[];
  problems?: unknown;
}

/** Runs it as a command would; each failure must come with the next step. */
async function told(work: () => Promise<unknown>): Promise<Told> {
  try {
    const result = (await work()) as AnyResult;
    const errors = [...(result.legs ?? []), ...(result.unread ?? [])].flatMap(({ error }) => (error ? [error] : []));
    for (const error of errors) expect(error.next, error.message).toBeTruthy();
    const said = [...(result.warnings ?? []), ...errors.map(({ message }) => message)];
    return { exitCode: result.exitCode ?? 0, said, snapshot: result.snapshot, result };
  } catch (error) {
    if (!(error instanceof OaopsError)) throw error;
    expect(error.next, error.message).toBeTruthy();
    return { exitCode: error.exitCode, said: [error.message] };
  }
}

interface Sweep {
  /** State of the stage it begins with. */
  from: string;
  work: () => Promise<unknown>;
  /** What must hold whatever was told. */
  after: (told: Told, fault: Fault) => Promise<void>;
  /** How many cases of each kind are run in a sample. */
  once: number;
  forGood: number;
}

async function sweep({ from, work, after, once, forGood }: Sweep): Promise<void> {
  stage.reset(from);
  expect(await told(work)).toMatchObject({ exitCode: 0 });
  const pairs = stage.server.calls.flatMap((call, number) =>
    faultsFor(call).map((fault) => ({ call: call.replace(/\/[^/]{8,}/g, '/...'), number, fault })),
  );
  const ends: Record<string, number> = {};
  const broken: string[] = [];
  const cases = [once, forGood].flatMap((size, good) =>
    sampleOf(
      pairs,
      size,
      ({ number }) => number,
      ({ fault }) => fault,
    ).map((one) => ({ ...one, good: good === 1 })),
  );
  for (const { call, number, fault, good } of cases) {
    const at = `${fault} ${good ? 'from' : 'at'} call ${number} (${call})`;
    stage.reset(from);
    stage.server.plan = (_, now) => (now === number || (good && now > number) ? fault : undefined);
    const ended = await told(work);
    stage.server.plan = undefined;
    stage.endProcess();
    const end = `${good ? 'for good' : 'once'}, exit ${ended.exitCode}`;
    ends[end] = (ends[end] ?? 0) + 1;
    try {
      if (!good && passing.has(fault)) expect(ended).toMatchObject({ exitCode: 0 });
      await after(ended, fault);
    } catch (error) {
      broken.push(`${at}: exit ${ended.exitCode}, ${ended.said.join('; ')}\n${(error as Error).message}`);
    }
  }
  console.log(JSON.stringify(ends));
  expect(broken.join('\n\n')).toBe('');
}

/** Only damage that the fault itself made may be there, and it is found. */
async function nothingMissing(fault: Fault): Promise<void> {
  const { legs, unread } = await stage.verify(fault === 'stored-wrong' ? 'full' : 'structure');
  expect(unread).toEqual([]);
  const problems = legs.flatMap((leg) => leg.problems);
  if (fault !== 'stored-wrong') expect(problems).toEqual([]);
}

async function restoresFrom(repo: string): Promise<void> {
  const restored = await stage.restore([repo]);
  expect(restored).toMatchObject({ exitCode: 0, problems: [] });
  expect(stage.contents(restored.target)).toEqual(stage.contents());
}

test('a backup to S3 alone: done, or nothing is there and the exit code says so', async () => {
  await sweep({
    from: 'even',
    work: () => stage.backup([stage.bucket]),
    after: async ({ exitCode, snapshot }, fault) => {
      expect([0, 1, 3, 4, 9, 10, 11]).toContain(exitCode);
      await nothingMissing(fault);
      const ids = await stage.snapshotsOn(stage.bucket);
      if (exitCode === 0) expect(ids).toContain(snapshot);
      expect(await stage.backup([stage.bucket])).toMatchObject({ exitCode: 0 });
      if (fault !== 'stored-wrong') await restoresFrom(stage.bucket);
    },
    once: 12,
    forGood: 8,
  });
});

test('verify: names only what is there, or says what it could not look at', async () => {
  await sweep({
    from: 'even',
    work: () => stage.verify('full'),
    after: async ({ exitCode, result }, fault) => {
      expect([0, 3, 9]).toContain(exitCode);
      // Wrong or missing as it came, once: that is what was really read.
      if (exitCode === 9) expect(['short', 'wrong-bytes', 'stale']).toContain(fault);
      if (exitCode === 3) expect((result as { unread: unknown[] }).unread).not.toEqual([]);
      expect(await stage.verify('structure')).toMatchObject({ exitCode: 0 });
    },
    once: 18,
    forGood: 8,
  });
});

test('restore from two legs: the same bytes', async () => {
  await sweep({
    from: 'even',
    work: () => stage.restore([stage.bucket, stage.folder]),
    after: async ({ exitCode, result }) => {
      expect(exitCode).toBe(0);
      expect(stage.contents((result as { target: string }).target)).toEqual(stage.contents());
    },
    once: 18,
    forGood: 8,
  });
});

test('restore from S3 alone: right bytes, or named and not there', async () => {
  await sweep({
    from: 'even',
    work: () => stage.restore([stage.bucket]),
    after: async ({ exitCode, result }) => {
      expect([0, 1, 3, 4, 9, 10, 11, 12]).toContain(exitCode);
      if (result === undefined) return;
      const whole = stage.contents();
      const got = stage.contents((result as { target: string }).target);
      for (const [name, bytes] of Object.entries(got)) expect(bytes === whole[name], name).toBe(true);
      if (exitCode === 0) expect(got).toEqual(whole);
    },
    once: 18,
    forGood: 8,
  });
});

test('prune: no snapshot lacks anything, and the next one goes on', async () => {
  await sweep({
    from: 'even',
    work: () => stage.prune(),
    after: async ({ exitCode }, fault) => {
      // Pins on either leg count: when one cannot be asked for them, nothing is removed.
      expect([0, 1, 3, 10]).toContain(exitCode);
      await nothingMissing(fault);
      expect((await stage.snapshotsOn(stage.bucket)).length).toBeGreaterThan(0);
      expect(await stage.prune()).toMatchObject({ exitCode: 0 });
      await nothingMissing(fault);
      expect(await stage.snapshotsOn(stage.bucket)).toHaveLength(1);
      await restoresFrom(stage.bucket);
    },
    once: 18,
    forGood: 8,
  });
});

test('sync to S3: the snapshot is there whole, or not', async () => {
  await sweep({
    from: 'behind',
    work: () => stage.sync(),
    after: async ({ exitCode }, fault) => {
      expect([0, 1, 3, 10]).toContain(exitCode);
      await nothingMissing(fault);
      if (exitCode === 0) expect(await stage.snapshotsOn(stage.bucket)).toHaveLength(3);
      expect(await stage.sync()).toMatchObject({ exitCode: 0 });
      await nothingMissing(fault);
      expect(await stage.snapshotsOn(stage.bucket)).toHaveLength(3);
      if (fault !== 'stored-wrong') await restoresFrom(stage.bucket);
    },
    once: 18,
    forGood: 8,
  });
});

test('list: tells the snapshots of the leg that works, and which leg does not', async () => {
  await sweep({
    from: 'even',
    work: () => stage.list(),
    after: async ({ exitCode, result, said }) => {
      expect(exitCode).toBe(0);
      const { listed, stores } = result as Awaited<ReturnType<FaultStage['list']>>;
      expect(listed).toHaveLength(2);
      if (stores.length < 2) expect(said.join()).toContain(stage.bucket);
    },
    once: 12,
    forGood: 8,
  });
});

test('a backup to two legs: the other leg is complete, the next run heals', async () => {
  // Last, because the source is another one from here on.
  stage.write({ changes: text('changes 3'), more: text('more 3') });
  await sweep({
    from: 'even',
    work: () => stage.backup(),
    after: async ({ exitCode, said, snapshot }, fault) => {
      expect([0, 3]).toContain(exitCode);
      if (exitCode === 3) expect(said.join()).toContain(stage.bucket);
      await nothingMissing(fault);
      const [folder, bucket] = [await stage.snapshotsOn(stage.folder), await stage.snapshotsOn(stage.bucket)];
      expect(folder.at(-1)).toBe(snapshot);
      if (exitCode === 0) expect(bucket).toEqual(folder);
      expect(await stage.backup()).toMatchObject({ exitCode: 0 });
      expect(await stage.snapshotsOn(stage.bucket)).toHaveLength(4);
      await restoresFrom(fault === 'stored-wrong' ? stage.folder : stage.bucket);
    },
    once: 18,
    forGood: 8,
  });
});
