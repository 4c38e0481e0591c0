import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runDrill } from '../../../src/backup/drill/drill.ts';
import { openScratch } from '../../../src/backup/drill/scratch.ts';
import { restoreText } from '../../../src/backup/restore/report.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { currentProcessIdentity } from '../../../src/core/process-identity.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { openDirectoryRepository, restoreFrom } from '../../helpers/restoring.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-scratch-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('scratch folder of a drill', () => {
  it('of a drill that was killed goes away with the next one; others stay', () => {
    const { bootId } = currentProcessIdentity();
    const { pid } = spawnSync('true');
    const dead = [`oaops-drill-${pid}-123-${bootId}-abcdef`, `oaops-drill-1-1-0000-0000-abcdef`];
    const others = ['oaops-drill-kept-abcdef', 'oaops-drill-mine', 'data'];
    for (const name of [...dead, ...others]) mkdirSync(join(dir, name));
    writeFileSync(join(dir, dead[0]!, 'secret'), 'x');
    const first = openScratch(dir);
    const second = openScratch(dir);
    expect(statSync(first.dir).mode & 0o777).toBe(0o700);
    for (const name of others) expect(existsSync(join(dir, name))).toBe(true);
    for (const name of dead) expect(existsSync(join(dir, name))).toBe(false);
    const kept = first.keep();
    second.remove();
    openScratch(dir).remove();
    expect(readdirSync(dir).sort()).toEqual([...others, kept.slice(dir.length + 1)].sort());
  });

  it('is removed with folders in it that their owner may not change', () => {
    const script = `
      import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
      import { openScratch } from '${new URL('../../../src/backup/drill/scratch.ts', import.meta.url)}';
      if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
      const scratch = openScratch(process.argv[1]);
      mkdirSync(scratch.dir + '/closed/more', { recursive: true });
      writeFileSync(scratch.dir + '/closed/more/f', 'x');
      chmodSync(scratch.dir + '/closed/more', 0);
      chmodSync(scratch.dir + '/closed', 0o500);
      scratch.remove();
      process.stdout.write(existsSync(scratch.dir) ? 'there' : 'gone');
    `;
    chmodSync(dir, 0o777);
    const argv = ['--input-type=module-typescript', '-e', script, dir];
    const { stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: 'gone', stderr: '' });
  });

  it('a drill of an incomplete backup is not a pass', async () => {
    const [data, repo] = [join(dir, 'data'), join(dir, 'repo')];
    mkdirSync(data);
    writeFileSync(join(data, 'f'), 'x');
    await makeRepositoryIn([repo], 'none');
    const made = await backUp([data, join(dir, 'not-mounted')], [repo], { state: join(dir, 'state') });
    expect(made.exitCode).toBe(3);
    const restored = await restoreFrom(repo, { target: join(dir, 'out') });
    expect(restored).toMatchObject({ exitCode: 0, snapshotStatus: 'incomplete' });
    expect(restoreText(restored)).toContain('the backup itself was incomplete');
    const request = {
      snapshot: 'latest',
      include: [],
      scratch: join(dir, 's'),
      keep: 'never',
      compare: 'hashes',
    } as const;
    const objectives = { checks: [], rtoMs: 7_200_000, rpoMs: 86_400_000, sabotage: 'none' } as const;
    const place = {
      clock: systemClock,
      signal: new AbortController().signal,
      run: async () => ({ exitCode: 0, timedOut: false, tail: '' }),
    };
    const result = await runDrill(() => openDirectoryRepository(repo), { ...request, ...objectives }, place);
    expect(result).toMatchObject({
      verdict: 'partial',
      reasons: [`the backup itself was incomplete, such as missing-source ${dir}/not-mounted`],
    });
    expect(readdirSync(join(dir, 's'))).toEqual([]);
  });
});
