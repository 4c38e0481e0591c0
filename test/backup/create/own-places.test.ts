import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEntries, readManifestRoot } from '../../../src/backup/repository/manifest.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { openDirectoryRepository } from '../../helpers/restoring.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-own-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function pathsIn(repo: string, snapshot: string): Promise<string[]> {
  const repository = await openDirectoryRepository(repo);
  const paths: string[] = [];
  for await (const { path } of readEntries(repository, await readManifestRoot(repository, snapshot)))
    paths.push(`/${path}`);
  return paths.filter((path) => path.startsWith(`${dir}/`)).map((path) => path.slice(dir.length + 1));
}

describe('a source that holds the repository, the spool and the cache', () => {
  it('is backed up without them, and the repository is named', async () => {
    writeFileSync(join(dir, 'f'), 'x');
    mkdirSync(join(dir, 'backup'));
    symlinkSync(join(dir, 'backup'), join(dir, 'link'));
    const repo = join(dir, 'link/repo');
    await makeRepositoryIn([repo], 'none');
    const state = join(dir, 'state');
    for (let i = 0; i < 3; i++) {
      const { exitCode, snapshot, warnings } = await backUp([dir], [repo], { state });
      expect(exitCode).toBe(0);
      expect(warnings).toEqual([expect.stringContaining(`${dir}/backup/repo is left out`)]);
      const paths = await pathsIn(repo, snapshot);
      expect(paths).toEqual(expect.arrayContaining(['f', 'backup', 'link', 'state']));
      expect(paths.filter((path) => /^backup\/|^state\/cache\/(backup\/|backup-spool\/spool)/.test(path))).toEqual([]);
    }
  });
});
