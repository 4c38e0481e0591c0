import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { carryOut } from '../../src/app/accounts/carry-out.ts';
import { prepareAccounts } from '../../src/app/accounts/run.ts';
import { carryOutUndo, prepareUndo } from '../../src/app/accounts/undo.ts';
import { type App, openApp } from '../../src/app.ts';
import { systemClock } from '../../src/core/clock.ts';
import { OaopsError } from '../../src/core/errors.ts';
import { eventually } from '../helpers/eventually.ts';
import { day, PersonSite } from '../helpers/person-site.ts';

/** The tables of an OA system and its roster, cleaned up over weeks as an administrator would. */

const dayMs = 86_400_000;
const program = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));
const people = Array.from({ length: 30 }, (_, index) => `u${String(index + 1).padStart(2, '0')}`);

let site: PersonSite;
const apps: App[] = [];

/** Days from now at which a process runs. */
function appAt(days: number): App {
  const app = openApp(
    { json: false, quiet: true, verbose: false, debug: false, color: false },
    {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: site.dir,
        OAOPS_STATE_DIR: join(site.dir, 'state'),
        OAOPS_CONFIG: join(site.dir, 'config.yaml'),
      },
      clock: { ...systemClock, nowMs: () => Date.now() + days * dayMs },
    },
  );
  apps.push(app);
  return app;
}

/** The roster with these people, of whom some have left. */
function roster(names: readonly string[], left: readonly string[]): void {
  site.roster(
    ...names.map((name) => {
      const state = left.includes(name) ? `left,,${day(-3)}` : 'active,,';
      return `E-${name},${name},${name},${name}@oa.example,销售部,代表,,${state}`;
    }),
  );
}

function runbook(cleanup: object = {}): void {
  const spec = {
    operation: 'cleanup',
    only: ['oa'],
    cleanup: {
      sign: 'none',
      parallel: 1,
      rules: [{ finding: 'leaver', do: ['disable', 'strip', 'hold'], deleteAfter: '30d' }],
      ...cleanup,
    },
  };
  const metadata = { name: 'tidy', version: '1.0.0', title: 'Tidy', owner: 'tests' };
  writeFileSync(
    join(site.dir, 'tidy.yaml'),
    JSON.stringify({ apiVersion: 'oaops/v1', kind: 'AccountReview', metadata, spec }),
  );
}

const given = () => ({ runbook: join(site.dir, 'tidy.yaml'), inputs: [] });

async function cleanup(days = 0, confirm?: string) {
  const app = appAt(days);
  const prepared = await prepareAccounts(app, ['cleanup'], given());
  return carryOut(app, prepared, { lang: 'en', ...site.show(false), ...(confirm === undefined ? {} : { confirm }) });
}

async function refusal(work: Promise<unknown>): Promise<OaopsError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OaopsError);
  return error as OaopsError;
}

/** What is not as it was made: `u01 held -/- -`. */
function changed(): string[] {
  return site.users('oa').filter((line) => !/^u\d\d on -\/- read,sell$/.test(line));
}

beforeEach(() => {
  site = new PersonSite();
  for (const login of people) site.user('oa', { login, emp: `E-${login}`, rights: ['read', 'sell'] });
  roster(people, ['u01', 'u02']);
  runbook();
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

describe('account cleanup', () => {
  it('plans, disables, holds, has nothing to do again, and deletes by a later run only', async () => {
    // What is planned alone changes nothing.
    const planned = await prepareAccounts(appAt(0), ['cleanup'], given());
    expect(planned.text('en')).toContain(
      'u01 (oa): disable it; take all rights away; move it to the hold area; left on',
    );
    expect(changed()).toEqual([]);

    expect((await cleanup()).end).toMatchObject({ status: 'ok', exitCode: 0 });
    expect(changed()).toEqual(['u01 held -/- -', 'u02 held -/- -']);
    const again = await cleanup();
    expect(again.end.exitCode).toBe(0);
    expect(again.text).not.toContain('changed');

    // The hold is not over; then it is, and nothing is deleted without somebody's word.
    expect((await cleanup(29)).end.exitCode).toBe(0);
    expect(changed()).toHaveLength(2);
    const unconfirmed = await refusal(cleanup(31));
    expect(unconfirmed).toMatchObject({ exitCode: 4, message: expect.stringContaining('destructive steps') });
    expect(changed()).toHaveLength(2);
    const deleted = await cleanup(31, 'tidy');
    expect(deleted.end).toMatchObject({ status: 'ok', exitCode: 0 });
    expect(site.users('oa')).toHaveLength(people.length - 2);
    expect(changed()).toEqual([]);
  });

  it('does not delete whom the roster has again by then', async () => {
    await cleanup();
    roster(people, ['u02']);
    const { end } = await cleanup(31, 'tidy');
    expect(end.exitCode).toBe(3);
    expect(changed()).toEqual(['u01 held -/- -']);
  });

  it('puts everything back as it was', async () => {
    const { end } = await cleanup();
    const app = appAt(1);
    const undo = await prepareUndo(app, { run: end.run, only: [], directory: undefined });
    expect((await carryOut(app, undo, { lang: 'en', ...site.show(false) })).end.exitCode).toBe(0);
    expect(changed()).toEqual([]);
    const nothing = await refusal(prepareUndo(appAt(1), { run: end.run, only: [], directory: undefined }));
    expect(nothing).toMatchObject({ code: 'nothing-to-undo', exitCode: 4 });
  });

  it('takes nothing back while somebody goes on with the run, or takes it back', async () => {
    const { end } = await cleanup();
    const app = appAt(1);
    const undo = await prepareUndo(app, { run: end.run, only: [], directory: undefined });
    const { locks } = await app.record();
    const lock = await locks.acquire(`run:${end.run}`, 'resume');
    const show = { lang: 'en' as const, ...site.show(false) };
    expect(await refusal(carryOutUndo(app, undo, show))).toMatchObject({ code: 'lock-held', exitCode: 11 });
    expect(changed()).toHaveLength(2);
    await lock.release();
    expect((await carryOutUndo(app, undo, show)).end.exitCode).toBe(0);
    expect(changed()).toEqual([]);
  });

  it('spares whoever is protected, and says so', async () => {
    site.company({ protected: [{ account: 'u01', reason: 'under investigation' }] });
    const { end, text } = await cleanup();
    expect(end.exitCode).toBe(0);
    expect(changed()).toEqual(['u02 held -/- -']);
    expect(text).toContain('1 of 1 accounts changed, 1 left alone by rule');
    expect(text).toContain('left alone: u01 (oa): protected: under investigation; left on');
  });

  const rosters: [string, () => void][] = [
    ['is empty', () => roster([], [])],
    ['has lost half of its people', () => roster(people.slice(0, 15), ['u01'])],
    [
      'is one of another company',
      () =>
        roster(
          people.map((name) => `x${name}`),
          people.map((name) => `x${name}`),
        ),
    ],
    ['says that most have left', () => roster(people, people.slice(0, 25))],
  ];
  it.each(rosters)('refuses a roster that %s, and changes nothing', async (_what, write) => {
    // The roster was believed once.
    roster(people, []);
    await cleanup();
    write();
    const before = site.users('oa');
    const error = await refusal(cleanup());
    expect(error.exitCode).toBe(4);
    expect(site.users('oa')).toEqual(before);
  });

  it('asks a second person for more than the cap, and goes on with a real signature', async () => {
    roster(people, ['u01', 'u02', 'u03', 'u04', 'u05']);
    site.company({ caps: { share: '10%', count: 50, refuse: '50%' } });
    expect(await refusal(cleanup())).toMatchObject({ code: 'second-person-needed', exitCode: 4 });
    site.config(site.signers('wang'));
    const { end } = await cleanup();
    expect(end).toMatchObject({ status: 'waiting', exitCode: 6 });
    expect(changed()).toEqual([]);
    await site.approve(end.run, 'approve', 'wang');
    expect((await site.resume(end.run)).exitCode).toBe(0);
    expect(changed()).toHaveLength(5);
  });

  it('takes whoever is employed again off the list that was signed meanwhile', async () => {
    roster(people, ['u01', 'u02', 'u03', 'u04', 'u05']);
    site.company({ caps: { share: '10%', count: 50, refuse: '50%' } });
    site.config(site.signers('wang'));
    const { end } = await cleanup();
    await site.approve(end.run, 'approve', 'wang');
    roster(people, ['u01', 'u02', 'u03']);
    expect((await site.resume(end.run)).exitCode).toBe(3);
    expect(changed()).toEqual(['u01 held -/- -', 'u02 held -/- -', 'u03 held -/- -']);
  });

  it('comes to the same end when it is killed in the middle', async () => {
    const left = people.slice(0, 12);
    roster(people, left);
    site.company({ caps: { share: '100%', count: 50, refuse: '100%' } });
    const child = spawn(process.execPath, [program, 'account', 'cleanup', join(site.dir, 'tidy.yaml'), '--yes'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: site.dir,
        OAOPS_STATE_DIR: join(site.dir, 'state'),
        OAOPS_CONFIG: join(site.dir, 'config.yaml'),
      },
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await eventually(() => changed().length > 2, 60_000, 5);
    child.kill('SIGKILL');
    await ended;
    expect(changed().length).toBeLessThan(left.length);
    const { runs } = await appAt(0).record();
    const [run] = await runs.list({ limit: 1 });
    expect((await site.resume(run!.id)).exitCode).toBe(0);
    expect(changed()).toEqual(left.map((login) => `${login} held -/- -`));

    const app = appAt(0);
    const undo = await prepareUndo(app, { run: run!.id, only: [], directory: undefined });
    expect((await carryOut(app, undo, { lang: 'en', ...site.show(false) })).end.exitCode).toBe(0);
    expect(changed()).toEqual([]);
  });

  it('leaves an account as it is that somebody logs in with while the run waits', async () => {
    site.company({ caps: { share: '0%', count: 50, refuse: '50%' } });
    site.config(site.signers('wang'));
    const { end } = await cleanup();
    site.query('oa', "update t_user set used = '2026-11-30T08:00:00Z' where login = 'u01' returning id");
    await site.approve(end.run, 'approve', 'wang');
    expect((await site.resume(end.run)).exitCode).toBe(3);
    expect(changed()).toEqual(['u02 held -/- -']);
  });
});
