import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DrillRequest, runDrill } from '../../../src/backup/drill/drill.ts';
import { sabotageKinds } from '../../../src/backup/drill/drill-spec.ts';
import type { RunCommand } from '../../../src/backup/drill/load/types.ts';
import { restoreDrillKind } from '../../../src/backup/drill/restore-drill-kind.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { FormatV1Writer } from '../../helpers/format-v1-writer.ts';
import { which } from '../../helpers/restore-script.ts';
import { flipBit, makeAgeKey, openDirectoryRepository } from '../../helpers/restoring.ts';

const equipped = ['age', 'age-keygen'].every((tool) => which(tool) !== undefined);
/** The writer of the tests dates its snapshots so. */
const snapshotMs = Date.parse('2026-11-22T18:05:12.123Z');

describe.skipIf(!equipped)('restore drill', () => {
  let work: string;
  let source: string;
  let repo: string;
  let key: { identityFile: string; recipient: string };

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'oaops-drill-test-'));
    source = join(work, 'oa');
    mkdirSync(source);
    writeFileSync(join(source, 'canary'), 'planted on Monday: 4711\n');
    for (let i = 0; i < 20; i += 1) writeFileSync(join(source, `附件 ${i}`), `content ${i}`.repeat(3000));
    const database = new Database(join(source, 'oa.sqlite'));
    database.exec('create table approvals (id integer primary key); insert into approvals values (1), (2), (3);');
    database.close();
    symlinkSync('/etc/passwd', join(source, 'outside'));
    key = makeAgeKey(work);
    repo = join(work, 'repo');
    const writer = new FormatV1Writer(repo, { recipients: [key.recipient], packBytes: 200_000 });
    writer.snapshot('20261122T180512Z-9f3a1c2b', writer.tree(source), [source]);
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  const run: RunCommand = async (argv, cwd) => {
    try {
      execFileSync(argv[0]!, argv.slice(1), { cwd, stdio: 'pipe' });
      return { exitCode: 0, timedOut: false, tail: '' };
    } catch (error) {
      return { exitCode: (error as { status: number }).status, timedOut: false, tail: 'failed' };
    }
  };
  let lastScratch = '';
  const drill = (change: Partial<DrillRequest> = {}, at = { repo, ageMs: 1_200_000 }) => {
    lastScratch = mkdtempSync(join(work, 'scratch-'));
    const request: DrillRequest = {
      snapshot: 'latest',
      include: [],
      scratch: lastScratch,
      keep: 'never',
      compare: 'hashes',
      checks: [],
      rtoMs: 7_200_000,
      rpoMs: 86_400_000,
      sabotage: 'none',
      ...change,
    };
    const clock = { ...systemClock, nowMs: () => snapshotMs + at.ageMs };
    return runDrill(() => openDirectoryRepository(at.repo, key.identityFile), request, {
      clock,
      signal: new AbortController().signal,
      run,
    });
  };

  it('passes when everything comes back, and measures', async () => {
    const result = await drill({
      checks: [
        { type: 'file-exists', file: `${source}/canary`, minBytes: 5 },
        { type: 'canary', file: `${source}/canary`, contains: '4711' },
        { type: 'sqlite', file: `${source}/oa.sqlite`, query: 'select count(*) from approvals', equals: 3 },
        { type: 'command', argv: ['test', '-d', `.${source}`], timeoutSeconds: 10 },
      ],
    });
    expect(result).toMatchObject({ verdict: 'pass', reasons: [], rpoMs: 1_200_000, kept: null, files: 22 });
    expect(result.compared).toMatchObject({ files: 22, different: 0 });
    expect(result.rtoMs).toBeGreaterThan(0);
    expect(result.checks.map(({ passed }) => passed)).toEqual([true, true, true, true]);
    expect(readdirSync(lastScratch)).toEqual([]);
  });

  for (const sabotage of sabotageKinds.filter((kind) => kind !== 'none' && kind !== 'lost-canary')) {
    it(`turns red when sabotaged: ${sabotage}`, async () => {
      const result = await drill({ sabotage });
      expect(result).toMatchObject({ verdict: 'fail', rtoMs: null });
      expect(result.reasons.join()).toMatch(/pack|identities|no snapshot|not readable/);
    });
  }

  it('turns red for real damage too, and keeps the copy when asked to', async () => {
    const broken = join(work, 'broken');
    execFileSync('cp', ['-a', repo, broken]);
    const [pack] = readdirSync(join(broken, 'packs'), { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.length > 10,
    );
    flipBit(join(broken, 'packs', pack!));
    const result = await drill({ keep: 'on-failure' }, { repo: broken, ageMs: 0 });
    expect(result).toMatchObject({ verdict: 'fail', damagedObjects: [expect.stringContaining(pack!)] });
    expect(readdirSync(lastScratch)).toHaveLength(1);
    const gone = await drill({}, { repo: join(work, 'nowhere'), ageMs: 0 });
    expect(gone).toMatchObject({ verdict: 'fail', reasons: [expect.stringContaining('there is no folder')] });
  });

  it('is partial when only an objective was missed', async () => {
    expect(await drill({ rpoMs: 1_000_000 })).toMatchObject({
      verdict: 'partial',
      reasons: [expect.stringContaining('old')],
    });
    expect(await drill({ rtoMs: 0.001 })).toMatchObject({
      verdict: 'partial',
      reasons: [expect.stringContaining('recovery took')],
    });
  });

  const failing: [string, DrillRequest['checks'][number]][] = [
    ['a missing file', { type: 'file-exists', file: '/nothing', minBytes: 0 }],
    ['a file too small', { type: 'file-exists', file: 'CANARY', minBytes: 10_000 }],
    ['a canary that is not there', { type: 'canary', file: 'CANARY', contains: '4712' }],
    ['a wrong count', { type: 'sqlite', file: 'DB', query: 'select count(*) from approvals', atLeast: 4 }],
    ['a file that is no database', { type: 'sqlite', file: 'CANARY', query: 'select 1' }],
    ['a failing command', { type: 'command', argv: ['false'], timeoutSeconds: 5 }],
    ['a link that leads to live data', { type: 'canary', file: 'OUTSIDE', contains: 'root' }],
  ];
  for (const [title, check] of failing) {
    it(`fails for ${title}`, async () => {
      const names: Record<string, string> = { CANARY: 'canary', DB: 'oa.sqlite', OUTSIDE: 'outside' };
      const name = 'file' in check ? names[check.file] : undefined;
      const real = name === undefined ? check : { ...check, file: `${source}/${name}` };
      const result = await drill({ checks: [real as typeof check] });
      expect(result).toMatchObject({ verdict: 'fail', rtoMs: null });
      expect(result.checks[0]!.passed).toBe(false);
    });
  }

  it('without a key says which one to give, not to look at the backup', async () => {
    const context = { clock: systemClock, signal: new AbortController().signal, run };
    const request: DrillRequest = {
      snapshot: 'latest',
      include: [],
      scratch: mkdtempSync(join(work, 'scratch-')),
      keep: 'never',
      compare: 'hashes',
      checks: [],
      rtoMs: 7_200_000,
      rpoMs: 86_400_000,
      sabotage: 'none',
    };
    const result = await runDrill(() => openDirectoryRepository(repo), request, context);
    expect(result).toMatchObject({ verdict: 'fail', next: expect.stringContaining('--identity') });
  });

  it('does not restore into what is backed up', async () => {
    await expect(drill({ scratch: source })).rejects.toMatchObject({ code: 'drill-target-live', exitCode: 2 });
    expect(readdirSync(source).filter((name) => name.startsWith('oaops-drill-'))).toEqual([]);
  });
});

describe('RestoreDrill', () => {
  const findings = (spec: Record<string, unknown>) => {
    const found: string[] = [];
    restoreDrillKind.rules!(restoreDrillKind.specSchema.parse({ repository: '/srv/backup', ...spec }), ({ rule }) =>
      found.push(rule),
    );
    return found;
  };

  it('refuses a drill that proves nothing', () => {
    expect(findings({})).toEqual([]);
    expect(findings({ compare: 'none' })).toEqual(['drill-proves-nothing']);
    expect(findings({ compare: 'none', checks: [{ type: 'file-exists', file: '/x' }] })).toEqual([
      'drill-proves-nothing',
    ]);
    expect(findings({ compare: 'none', checks: [{ type: 'canary', file: '/x', contains: 'y' }] })).toEqual([]);
  });

  it('can always be sabotaged, and has the objectives of the handbook', () => {
    const spec = restoreDrillKind.specSchema.parse({ repository: '/srv/backup' });
    const [step] = restoreDrillKind.expand(spec, { name: 'd' } as never);
    expect(step!.with).toMatchObject({ rtoMs: 7_200_000, rpoMs: 86_400_000, sabotage: '${{ inputs.sabotage }}' });
    expect((spec as { inputs: object }).inputs).toHaveProperty('sabotage');
  });
});
