import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingForRadosgw, type Radosgw, startRadosgw } from '../helpers/radosgw.ts';
import { runRestore, stockFolder, treeDifferences, which } from '../helpers/restore-script.ts';
import { makeAgeKey } from '../helpers/restoring.ts';

const program = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));
const equipped = ['rsync', 'age-keygen', 'setfattr', 'setfacl'].every((tool) => which(tool) !== undefined);
/** A tree that nobody here wrote: tens of thousands of small files, links, folders. */
const source = '/usr/share';

describe.skipIf(!equipped || !existsSync(source))('a real tree', () => {
  let work: string;
  let key: { identityFile: string; recipient: string };
  let gateway: Radosgw | undefined;
  const missing = missingForRadosgw();

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'oaops-real-'));
    key = makeAgeKey(work);
    if (missing.length === 0) gateway = await startRadosgw();
  }, 200_000);
  afterAll(async () => {
    await gateway?.close();
    rmSync(work, { recursive: true, force: true });
  });

  const env = () => ({ PATH: '/usr/bin:/bin', HOME: work, OAOPS_STATE_DIR: join(work, 'state'), ...gateway?.env });
  const oaops = (...args: string[]) => {
    const done = spawnSync(process.execPath, [program, ...args], { env: env(), encoding: 'utf8', maxBuffer: 1 << 28 });
    return { code: done.status, text: `${done.stdout}${done.stderr}` };
  };
  const expectOk = (outcome: { code: number | null; text: string }) =>
    expect(outcome, outcome.text).toMatchObject({ code: 0 });

  it('comes back the same from a folder and from S3, with metadata', () => {
    const legs = [join(work, 'repo'), ...(gateway ? [`s3://${gateway.bucket}/real`] : [])];
    const repos = legs.flatMap((leg) => ['--repo', leg]);
    expectOk(oaops('backup', 'init', ...repos, '--recipient', key.recipient));
    expectOk(oaops('backup', 'create', source, ...repos));
    for (const [i, leg] of legs.entries()) {
      expectOk(oaops('backup', 'verify', '--repo', leg, '--identity', key.identityFile));
      const target = join(work, `out ${i}`);
      expectOk(oaops('backup', 'restore', 'latest', '--repo', leg, '--identity', key.identityFile, '--target', target));
      expect(treeDifferences(source, target + source)).toBe('');
      rmSync(target, { recursive: true });
    }
  });

  it('comes back the same by the script in the repository, with stock tools alone', () => {
    const [repo, target] = [join(work, 'repo'), join(work, 'by script')];
    const path = stockFolder(join(work, 'stock'));
    const script = join(repo, 'restore-v1.sh');
    const restored = runRestore(['-i', key.identityFile, repo, target], { path, script });
    expect(restored.code, restored.stderr).toBe(0);
    expect(treeDifferences(source, target + source)).toBe('');
    rmSync(target, { recursive: true });
  });

  it('goes on with a restore that was ended half-way, and is exact', async () => {
    const repo = join(work, 'repo');
    const args = ['backup', 'restore', 'latest', '--repo', repo, '--identity', key.identityFile, '--target'];
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const target = join(work, `ended by ${signal}`);
      const child = spawn(process.execPath, [program, ...args, target], { env: env(), stdio: 'ignore' });
      await expect.poll(() => existsSync(target + source), { timeout: 60_000, interval: 5 }).toBe(true);
      child.kill(signal);
      const [code] = await once(child, 'exit');
      // A restore that was quicker than the signal is complete.
      if (code === 0) continue;
      expect(code).toBe(signal === 'SIGKILL' ? null : 143);
      expect(readdirSync(target)).toContain('.oaops-restore.json');
      expectOk(oaops(...args, target));
      expect(treeDifferences(source, target + source)).toBe('');
      expect(readdirSync(target)).toEqual(['usr']);
    }
  });
});
