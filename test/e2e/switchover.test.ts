import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { postgresBin } from '../helpers/postgres.ts';
import { type PostgresPair, startPostgresPair } from '../helpers/postgres-pair.ts';

const program = join(import.meta.dirname, '../../bin/dev.js');

describe.skipIf(!postgresBin())('switchover between two PostgreSQL servers', () => {
  let dir: string;
  let pair: PostgresPair;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-switchover-'));
    writeFileSync(
      join(dir, 'hosts.yaml'),
      'all:\n  hosts:\n    oa-db-primary: {ansible_connection: local}\n    oa-db-standby: {ansible_connection: local}\n',
    );
    writeFileSync(join(dir, 'config.yaml'), `inventory: ${join(dir, 'hosts.yaml')}\n`, { mode: 0o600 });
    pair = await startPostgresPair();
    pair.sql(pair.primary, 'create table approvals (id int primary key); insert into approvals values (1), (2), (3)');
  }, 60_000);
  afterEach(() => {
    pair?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const oaops = (...args: string[]) =>
    new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
      const env = {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: dir,
        OAOPS_STATE_DIR: join(dir, 'state'),
        OAOPS_CONFIG: join(dir, 'config.yaml'),
      };
      const child = spawn(program, args, {
        cwd: dir,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const texts = { stdout: '', stderr: '' };
      for (const stream of ['stdout', 'stderr'] as const)
        child[stream].on('data', (chunk: Buffer) => {
          texts[stream] += chunk;
        });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, ...texts }));
    });

  const inputs = (more: Record<string, string> = {}) => {
    const { primary, standby } = pair;
    const all: Record<string, string> = {
      confirm: 'false',
      primaryAddress: '127.0.0.1',
      primaryPort: String(primary.port),
      primaryData: primary.data,
      primaryStart: primary.start,
      primaryStop: primary.stop,
      standbyAddress: '127.0.0.1',
      standbyPort: String(standby.port),
      standbyData: standby.data,
      standbyStart: standby.start,
      standbyStop: standby.stop,
      programs: pair.bin,
      systemUser: pair.systemUser,
      ...more,
    };
    return Object.entries(all).flatMap(([name, value]) => ['-i', `${name}=${value}`]);
  };
  const inRecovery = (server: PostgresPair['primary']) => pair.sql(server, 'select pg_is_in_recovery()');
  const runId = (stdout: string) => (JSON.parse(stdout.split('\n')[0]!) as { run: string }).run;

  it('goes there, holds, and comes back with what was written meanwhile', async () => {
    const first = await oaops('run', 'switchover', ...inputs({ hold: '62s' }), '--json');
    expect({ code: first.code, end: first.stdout.trim().split('\n').at(-1) }).toMatchObject({
      code: 6,
      end: expect.stringContaining('the service runs on the standby'),
    });
    // The process has ended; the service is on the other server.
    expect(pair.answers(pair.primary)).toBe(false);
    expect(inRecovery(pair.standby)).toBe('f');
    pair.sql(pair.standby, 'insert into approvals values (4)');
    expect(await oaops('tick')).toMatchObject({ code: 0 });
    expect(pair.answers(pair.primary)).toBe(false);

    await eventually(async () => {
      await oaops('tick');
      return JSON.parse((await oaops('runs', 'show', runId(first.stdout), '--json')).stdout).run.status !== 'waiting';
    }, 180_000);
    const shown = await oaops('runs', 'show', runId(first.stdout), '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({ run: { status: 'ok' } });
    expect(pair.sql(pair.primary, 'select count(*) from approvals')).toBe('4');
    expect(inRecovery(pair.standby)).toBe('t');
    pair.sql(pair.primary, 'insert into approvals values (5)');
    await eventually(async () => pair.sql(pair.standby, 'select count(*) from approvals') === '5', 20_000);
    const history = JSON.parse((await oaops('drill', 'history', '--json')).stdout);
    expect(history.drills).toMatchObject([{ runbook: 'switchover', verdict: 'pass' }]);
    expect(history.drills[0].rtoMs).toBeGreaterThan(0);
    expect(history.drills[0].rpoMs).toBeLessThan(60_000);
  }, 300_000);

  it('a promotion that fails is told, and never ends with two primaries', async () => {
    // The standby dies together with the primary.
    const both = `${pair.primary.stop}; ${pair.standby.stop}`;
    const failed = await oaops('run', 'switchover', ...inputs({ hold: '1s', primaryStop: both }), '--json');
    const end = JSON.parse(failed.stdout.trim().split('\n').at(-1)!) as Record<string, string>;
    expect(end).toMatchObject({ event: 'run.ended', status: 'undo-failed', exitCode: 1 });
    expect(end['message']).toContain('cannot be asked');
    expect(pair.answers(pair.primary)).toBe(false);
    // The standby is there again: taking back is possible now.
    pair.run(pair.standby.start);
    const undone = await oaops('runs', 'undo', runId(failed.stdout));
    expect(undone).toMatchObject({ code: 3 });
    expect([inRecovery(pair.primary), inRecovery(pair.standby)]).toEqual(['f', 't']);
  }, 120_000);

  it('a standby that does not prove itself fails the drill, and everything comes back all the same', async () => {
    const back = join(dir, 'back');
    const run = await oaops(
      'run',
      'switchover',
      ...inputs({ hold: '1s', check: `test -e ${back}`, toPrimary: `touch ${back}`, wayBack: 'rebuild' }),
      '--json',
    );
    expect(run).toMatchObject({ code: 1, stdout: expect.stringContaining('the databases are back in their places') });
    expect([inRecovery(pair.primary), inRecovery(pair.standby)]).toEqual(['f', 't']);
    const history = JSON.parse((await oaops('drill', 'history', '--json')).stdout);
    expect(history.drills).toMatchObject([{ verdict: 'fail', rtoMs: null }]);
  }, 120_000);
});
