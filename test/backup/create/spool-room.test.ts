import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backUp, differences, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { restoreFrom } from '../../helpers/restoring.ts';

const mib = 1024 * 1024;

describe('a spool with little room', () => {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-spool-'));
  const spoolDir = join(dir, 'spool');
  let isMounted = false;
  beforeAll(() => {
    mkdirSync(spoolDir);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', spoolDir], { stdio: 'ignore' });
      isMounted = true;
    } catch {
      // Only root may.
    }
  });
  afterAll(() => {
    if (isMounted) execFileSync('umount', [spoolDir]);
    rmSync(dir, { recursive: true, force: true });
  });

  async function place(name: string, sizeBytes: number) {
    const source = join(dir, name, 'source');
    mkdirSync(source, { recursive: true });
    for (let i = 0; i * mib < sizeBytes; i++)
      writeFileSync(join(source, `f${i}`), randomBytes(Math.min(mib, sizeBytes)));
    const repo = join(dir, name, 'repo');
    await makeRepositoryIn([repo], 'none');
    return { source, repo, state: join(dir, name, 'state') };
  }

  it('is enough for a small backup', async ({ skip }) => {
    if (!isMounted) skip('a file system could not be mounted');
    const { source, repo, state } = await place('small', 1000);
    expect(await backUp([source], [repo], { state, spoolDir })).toMatchObject({ exitCode: 0 });
  });

  it('holds as many packs at once as fit', async ({ skip }) => {
    if (!isMounted) skip('a file system could not be mounted');
    const { source, repo, state } = await place('large', 60 * mib);
    const made = await backUp([source], [repo], { state, spoolDir, packTargetBytes: 6 * mib });
    expect(made).toMatchObject({ exitCode: 0, problems: [] });
    const target = join(dir, 'large', 'out');
    await restoreFrom(repo, { target });
    expect(differences(source, target + source)).toEqual([]);
  });

  it('that cannot hold one pack ends the backup with its name', async ({ skip }) => {
    if (!isMounted) skip('a file system could not be mounted');
    const { source, repo, state } = await place('full', 40 * mib);
    await expect(backUp([source], [repo], { state, spoolDir })).rejects.toMatchObject({
      code: 'spool-full',
      message: expect.stringContaining(spoolDir),
      next: expect.stringContaining('--spool-dir'),
    });
  });
});
