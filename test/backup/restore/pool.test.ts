import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { WorkerJob } from '../../../src/backup/restore/jobs.ts';
import { WorkerPool } from '../../../src/backup/restore/pool.ts';

it('threads start in a process whose own flags do not fit a file', () => {
  const pool = fileURLToPath(new URL('../../../src/backup/restore/pool.ts', import.meta.url));
  const program = `import { WorkerPool } from ${JSON.stringify(pool)};
    const pool = new WorkerPool({ bytes: 1e9, jobs: 2 }, { root: '/nowhere', chown: false });
    const answer = await pool.run({ kind: 'finish', files: new Map() });
    await pool.close();
    console.log(JSON.stringify(answer.failed));`;
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(done.stderr).toBe('');
  expect(done.stdout).toBe('[]\n');
});

it('a pool of which every thread broke says so to each further job', async () => {
  const pool = new WorkerPool({ bytes: 1e9, jobs: 1 });
  const broken = { kind: 'check', segments: [], key: undefined, pieces: new Uint8Array() } as unknown as WorkerJob;
  await expect(pool.run(broken)).rejects.toThrow(/undefined/);
  await expect(pool.run({ kind: 'finish', files: new Map() })).rejects.toThrow(/undefined/);
  await pool.close();
});
