import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DrillRequest, runDrill } from '../../../src/backup/drill/drill.ts';
import { sabotageKinds } from '../../../src/backup/drill/drill-spec.ts';
import { restoreKit } from '../../../src/backup/restore-kit.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { makeAgeKey, openDirectoryRepository } from '../../helpers/restoring.ts';
import { runHere } from './run-here.ts';

let dir: string;
let repo: string;
let data: string;
let identityFile: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-stock-'));
  [data, repo] = [join(dir, 'data'), join(dir, 'repo')];
  mkdirSync(data);
  writeFileSync(join(data, 'canary'), 'value-1\n');
  for (let i = 0; i < 20; i += 1) writeFileSync(join(data, `附件 ${i}`), `content ${i}`.repeat(3000));
  const key = makeAgeKey(dir);
  identityFile = key.identityFile;
  await makeRepositoryIn([repo], [key.recipient]);
  for (const { name, bytes } of restoreKit(join(import.meta.dirname, '../../..')))
    writeFileSync(join(repo, name), bytes);
  expect(await backUp([data], [repo], { state: join(dir, 'state') })).toMatchObject({ exitCode: 0 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const drill = (change: Partial<DrillRequest> = {}, planted: string | undefined = 'value-1') =>
  runDrill(
    () => openDirectoryRepository(repo, identityFile),
    {
      snapshot: 'latest',
      include: [],
      scratch: join(dir, 'scratch'),
      keep: 'never',
      compare: 'hashes',
      checks: [],
      stockPath: true,
      canary: { name: 'oa', file: join(data, 'canary') },
      rtoMs: 7_200_000,
      rpoMs: 86_400_000,
      sabotage: 'none',
      ...change,
    },
    {
      clock: systemClock,
      signal: new AbortController().signal,
      run: runHere,
      identityFile,
      planted: async () => planted,
    },
  );

describe('drill with the restore script alone', () => {
  it('passes, compares every hash and measures', async () => {
    const result = await drill();
    expect(result).toMatchObject({ kind: 'stock-path', verdict: 'pass', reasons: [], files: 21 });
    expect(result.compared).toMatchObject({ files: 21, different: 0 });
    expect(result.phases.extractMs).toBeGreaterThan(0);
    expect(readdirSync(join(dir, 'scratch'))).toEqual([]);
  });

  for (const sabotage of sabotageKinds.filter((kind) => kind !== 'none'))
    it(`turns red when sabotaged: ${sabotage}`, async () => {
      for (const stockPath of [true, false]) {
        const result = await drill({ sabotage, stockPath });
        expect(result).toMatchObject({ verdict: 'fail', rtoMs: null });
        expect(result.reasons.join()).not.toContain('did not notice');
      }
    });

  it('is red when another value than the one planted last came back, or none is known', async () => {
    expect(await drill({}, 'value-2')).toMatchObject({ verdict: 'fail', checks: [{ passed: false }] });
    const unknown = await drill({ canary: { name: 'oa', file: join(data, 'canary'), value: 'value-1' } }, undefined);
    expect(unknown).toMatchObject({ verdict: 'pass' });
    await expect(drill({ sabotage: 'lost-canary', canary: undefined })).rejects.toMatchObject({
      code: 'sabotage-impossible',
    });
  });
});
