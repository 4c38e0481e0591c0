import { lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromText } from '../../../src/backup/format/byte-string.ts';
import { setTimes } from '../../../src/backup/restore/times.ts';

describe('modification times', () => {
  let work: string;
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'oaops-times-'));
    mkdirSync(join(work, 'folder'));
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it('that the file system sets to another one without an error are told, whichever of a folder has them', async () => {
    const second = 1_000_000_000n;
    // Behind what ext4 (2446) and XFS (2486) hold, and before 1901, and between them what all do.
    const seconds = {
      'folder/a': 1_700_000_000n,
      'folder/b': 99_000_000_000n,
      'folder/c': 1n,
      d: 2n,
      e: -9_000_000_000n,
    };
    const times = Object.entries(seconds).map(([path, at]) => ({ path: fromText(path), mtimeNs: at * second + 7n }));
    for (const path of Object.keys(seconds)) writeFileSync(join(work, path), '');
    const told = await setTimes(fromText(work), times);
    const other = times.filter(
      ({ path, mtimeNs }) => lstatSync(join(work, path), { bigint: true }).mtimeNs !== mtimeNs,
    );
    expect(told).toEqual(other.map(({ path }) => path));
    expect(told).not.toContain('folder/a');
  });
});
