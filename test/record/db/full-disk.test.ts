import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRecord } from '../../../src/record/open.ts';
import { recordOptions } from '../suite-options.ts';

const at = '2026-11-22T08:00:00.000Z';
const full = { code: 'record-disk-full', exitCode: 1, next: expect.stringContaining('Free some space') };

describe('a record on a small file system', () => {
  let dir: string;
  let isMounted = false;
  const resize = (size: string) => execFileSync('mount', ['-o', `remount,${size}`, dir]);

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-full-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', dir], { stdio: 'ignore' });
      isMounted = true;
    } catch {
      // Only root may.
    }
  });
  afterAll(() => {
    if (isMounted) execFileSync('umount', [dir]);
    rmSync(dir, { recursive: true, force: true });
  });

  it('says that there is no room at every stage, and keeps what was stored', async ({ skip }) => {
    if (!isMounted) skip('a file system could not be mounted');
    const options = recordOptions({ stateDir: dir });
    // Not even the index of the log; the log; some of the tables.
    for (const size of ['size=16k', 'size=40k', 'size=100k']) {
      resize(size);
      await expect(openRecord(options), size).rejects.toMatchObject(full);
    }
    resize('size=600k');
    const record = await openRecord(options);
    let stored = 0;
    const fill = async () => {
      for (; stored < 1000; stored++) await record.facts.add('t', `k${stored}`, at, 'x'.repeat(3000));
    };
    await expect(fill()).rejects.toMatchObject(full);
    expect(stored).toBeGreaterThan(0);
    expect(await record.facts.list('t')).toHaveLength(stored);
    await record.close();
    resize('size=4m');
    const again = await openRecord(options);
    await again.facts.add('t', 'later', at, 1);
    expect(await again.facts.list('t')).toHaveLength(stored + 1);
    expect(await again.audit.verify()).toMatchObject({ state: 'consistent-not-anchored' });
    await again.close();
    resize('ro');
    await expect(openRecord(options)).rejects.toMatchObject({
      code: 'record-not-writable',
      next: expect.stringContaining('OAOPS_STATE_DIR'),
    });
  });
});
