import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseShare } from '../../../src/backup/verify/levels.ts';
import { verifyText } from '../../../src/backup/verify/report.ts';
import { verifyRepository } from '../../../src/backup/verify/verify.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { FormatV1Writer } from '../../helpers/format-v1-writer.ts';
import { flipBit, makeAgeKey, openDirectoryRepository } from '../../helpers/restoring.ts';

let dir: string;
let data: string;
let repo: string;
let identityFile: string;
const signal = new AbortController().signal;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-spot-'));
  [data, repo] = [join(dir, 'data'), join(dir, 'repo')];
  mkdirSync(data);
  for (let i = 0; i < 40; i += 1) writeFileSync(join(data, `file ${i}`), `content ${i} `.repeat(200 + i));
  // In segments, with a hole.
  writeFileSync(join(data, 'large'), Buffer.alloc(10 * 1024 * 1024, 'a row of a table, '));
  writeFileSync(join(data, 'empty'), '');
  const key = makeAgeKey(dir);
  identityFile = key.identityFile;
  await makeRepositoryIn([repo], [key.recipient]);
  expect(await backUp([data], [repo], { state: join(dir, 'state') })).toMatchObject({ exitCode: 0 });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const spot = async (share = 1, seed?: string) =>
  verifyRepository(
    await openDirectoryRepository(repo, identityFile),
    { level: 'spot', share, ...(seed === undefined ? {} : { seed }) },
    { clock: systemClock, stateDir: join(dir, 'state'), signal },
  );

describe('verify --level spot', () => {
  it('reads from the leg and from the source, and says how much', async () => {
    const result = await spot();
    expect(result).toMatchObject({ exitCode: 0, level: 'spot', problems: [] });
    expect(result.spot).toMatchObject({ files: 42, chosen: 42, same: 42, changed: 0, gone: 0, unreadable: 0 });
    expect(result.bytesRead).toBeGreaterThan(1000);
    expect(verifyText(result)).toContain('42 the same as the live source');
  });

  it('tells what was changed since from damage', async () => {
    appendFileSync(join(data, 'file 3'), 'more');
    unlinkSync(join(data, 'file 4'));
    expect(await spot()).toMatchObject({ exitCode: 0, spot: { same: 40, changed: 1, gone: 1, different: [] } });
  });

  it('the same times and another content are damage', async () => {
    // ctime cannot be set on a file, so the snapshot is made to fit: other content, the times of the file as it is now.
    const made = async (host: string) => {
      const at = join(dir, `v1-${host}`);
      const writer = new FormatV1Writer(at, { host });
      const lines = writer.tree(data);
      writeFileSync(join(data, 'file 7'), 'rotten'.repeat(10));
      writeFileSync(join(data, 'file 8'), `content 9 `.repeat(208));
      for (const now of writer.tree(data)) {
        const then = lines.find(({ path }) => path === now.path)!;
        [then.mtime, then.ctime] = [now.mtime, now.ctime];
      }
      writer.snapshot('20261122T180512Z-9f3a1c2b', lines, [data]);
      return openDirectoryRepository(at);
    };
    const place = { clock: systemClock, stateDir: join(dir, 'state'), signal };
    const result = await verifyRepository(await made(hostname()), { level: 'spot', share: 1 }, place);
    expect(result).toMatchObject({ exitCode: 9, affectedFiles: [join(data, 'file 7'), join(data, 'file 8')] });
    expect(result.spot).toMatchObject({ same: 40, changed: 0 });
    expect(result.problems.map(({ problem }) => problem)).toEqual([
      expect.stringContaining('the live file has 60 bytes instead of'),
      expect.stringContaining('the content of the live file is another'),
    ]);
    await expect(verifyRepository(await made('other'), { level: 'spot' }, place)).rejects.toMatchObject({
      code: 'other-host',
      exitCode: 2,
    });
  });

  it('content damaged in the repository is found where the source is right', async () => {
    const packs = readdirSync(join(repo, 'packs'), { recursive: true, encoding: 'utf8' }).filter(
      (one) => one.length > 10,
    );
    for (const pack of packs) flipBit(join(repo, 'packs', pack));
    const result = await spot();
    expect(result.exitCode).toBe(9);
    expect(result.problems[0]!.problem).toContain('its stored content is damaged');
  });

  it('the same seed chooses the same files; a share that is too small still proves one', async () => {
    const [a, b] = [await spot(0.3, 'monday'), await spot(0.3, 'monday')];
    expect(a.spot).toEqual(b.spot);
    expect(a.spot!.chosen).toBeGreaterThan(2);
    expect(a.spot!.chosen).toBeLessThan(30);
    expect(await spot(0.00001)).toMatchObject({ exitCode: 0, spot: { chosen: 1, same: 1 } });
    expect((await spot(0.3)).spot!.seed).not.toBe((await spot(0.3)).spot!.seed);
  });

  it('proves nothing when the source is not there', async () => {
    rmSync(data, { recursive: true });
    expect(await spot()).toMatchObject({ exitCode: 3, notes: [expect.stringContaining('no file could be compared')] });
  });

  it('needs a key', async () => {
    const repository = await openDirectoryRepository(repo);
    const place = { clock: systemClock, stateDir: join(dir, 'state'), signal };
    await expect(verifyRepository(repository, { level: 'spot' }, place)).rejects.toMatchObject({
      code: 'identity-missing',
    });
  });
});

it('a share is written as a percentage', () => {
  expect(['10%', '10', '2.5 %', '100'].map(parseShare)).toEqual([0.1, 0.1, 0.025, 1]);
  for (const wrong of ['0', '101', 'ten', '-1', '1e1', '']) expect(() => parseShare(wrong)).toThrow('is not a share');
});
