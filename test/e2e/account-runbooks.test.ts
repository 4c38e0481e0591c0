import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withEngine } from '../../src/app/run-command.ts';
import { type DueResult, startDue } from '../../src/app/schedules/run-due.ts';
import { openApp } from '../../src/app.ts';
import { systemClock } from '../../src/core/clock.ts';
import { runOaops } from '../helpers/oaops.ts';
import { day, PersonSite, sqliteDirectory } from '../helpers/person-site.ts';
import { unseen } from '../helpers/schedule-stage.ts';
import { startSmtp, type TestSmtp } from '../helpers/smtp.ts';

/** The shipped account runbooks by their names, with nothing but a configuration, a roster and the user table of an OA system. */

const active = (id: string, login: string, post = '代表') =>
  `${id},${login},${login},${login}@oa.example,销售部,${post},1,active,2020-01-01,`;
const left = (id: string, login: string) =>
  `${id},${login},${login},${login}@oa.example,销售部,代表,1,left,2020-01-01,${day(-3)}`;

let site: PersonSite;
let smtp: TestSmtp;

beforeEach(async () => {
  site = new PersonSite();
  smtp = await startSmtp();
  company();
  site.config({
    ...site.channel(smtp),
    ...site.signers('u1@oa.example', 'second@oa.example'),
    complianceSince: day(-40),
  });
  site.roster(active('1', 'u1', '经理'), active('2', 'u2'), active('3', 'u3'), left('4', 'gone'), left('5', 'kept'));
  for (const [emp, login] of Object.entries({ 1: 'u1', 2: 'u2', 3: 'u3', 4: 'gone', 5: 'kept' }))
    site.user('oa', {
      login,
      emp,
      mail: `${login}@oa.example`,
      dept: '销售部',
      used: day(-1),
      rights: ['read', 'sell'],
    });
});
afterEach(async () => {
  await site[Symbol.asyncDispose]();
  await smtp.stop();
});

const env = () => ({
  HOME: site.dir,
  OAOPS_STATE_DIR: join(site.dir, 'state'),
  OAOPS_CONFIG: join(site.dir, 'config.yaml'),
});
const oaops = (...args: string[]) => runOaops(args, { env: env(), cwd: site.dir });
const channel = ['-i', 'channel=mail'];

async function exitOf(...args: string[]): Promise<number | null> {
  const { exitCode, stdout, stderr } = await oaops(...args);
  // A message that tells more than two numbers where it is not what was expected.
  if (exitCode === null) throw new Error(stdout + stderr);
  return exitCode;
}

/** Subject and text of what operations were told since the last look. */
function told(): string[] {
  return smtp.mails.splice(0).map(({ data }) => {
    const [head, ...body] = data.split('\r\n\r\n');
    const subject = /^Subject: (.*(?:\r\n[ \t].*)*)/m.exec(head!)![1]!.replace(/\r\n[ \t]/g, ' ');
    return `${subject}\n${body.join('\n').replace(/=\r?\n/g, '')}`;
  });
}

const onOff = () => site.users('oa').map((line) => line.split(' ').slice(0, 2).join(' '));

const company = (over: Record<string, unknown> = {}) =>
  site.company({
    directories: [{ ...sqliteDirectory('oa', join(site.dir, 'oa.db')), managed: ['read', 'sell', 'book'] }],
    roles: { matrix: [{ department: '销售部', rights: { oa: ['read', 'sell'] } }] },
    protected: [{ account: 'kept', reason: 'for the lawyers' }],
    notice: { to: ['head'] },
    caps: { share: '50%', count: 50, refuse: '90%' },
    ...over,
  });

/** Runs that count as having carried out a procedure in this month, and the others, for auditors. */
async function counted(procedure: string): Promise<{ done: number; other: number }> {
  const { stdout, stderr } = await oaops('compliance', '--json', '--procedure', procedure);
  if (stdout === '') throw new Error(stderr);
  return (JSON.parse(stdout) as { rows: { runs: { done: number; other: number } }[] }).rows[0]!.runs;
}

describe('account-cleanup (AC-04)', { timeout: 240_000 }, () => {
  it('waits for a signature, closes the leaver, leaves the protected one alone, and was carried out', async () => {
    const { exitCode, stdout } = await oaops('run', 'account-cleanup', '--yes', ...channel);
    expect(exitCode, stdout).toBe(6);
    expect(told()).toEqual([]);
    const signed = await oaops('account', 'review', 'account-cleanup', '--all', 'do');
    expect(signed.exitCode, signed.stdout + signed.stderr).toBe(0);
    expect(onOff()).toEqual(['gone held', 'kept on', 'u1 on', 'u2 on', 'u3 on']);
    const notices = told();
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('1 of 1 accounts changed, 1 left alone by rule');
    expect(notices[0]).toContain('left alone: kept (oa): protected: for the lawyers');
    expect(await counted('AC-04')).toEqual({ done: 1, other: 0 });
    // Next month there is nothing but the protected one, and that is no failure.
    expect(await exitOf('account', 'cleanup', '--yes', ...channel)).toBe(0);
    expect(told()[0]).toMatch(/^1 findings, 1 left alone by rule/);
  });

  it('tells operations that a source was broken, and changes nothing', async () => {
    rmSync(join(site.dir, 'roster.csv'));
    const before = site.users('oa');
    for (const command of [
      ['run', 'account-cleanup'],
      ['account', 'cleanup'],
    ]) {
      const { exitCode, stdout, stderr } = await oaops(...command, '--yes', ...channel);
      expect(exitCode, stdout + stderr).toBe(4);
      const [notice, ...more] = told();
      expect(more).toEqual([]);
      expect(notice).toMatch(/^nothing was changed/);
      expect(notice).toContain('the source hr was not read');
    }
    expect(site.users('oa')).toEqual(before);
    expect(await counted('AC-04')).toEqual({ done: 0, other: 2 });
    // Whoever only looks at the plan gets the error itself.
    const { exitCode, stderr } = await oaops('account', 'cleanup', '--dry-run', ...channel);
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('nothing is planned')]);
    expect(told()).toEqual([]);
  });

  it('tells operations that so many leavers are an error of the data, and whom it means', async () => {
    company({ protected: [], caps: { share: '10%', count: 50, refuse: '20%' } });
    expect(await exitOf('run', 'account-cleanup', '--yes', ...channel)).toBe(4);
    expect(told()[0]).toContain('so many changes are an error of the data: oa: 2 of 5 accounts of persons');
    const { stdout } = await oaops('account', 'show', 'latest');
    expect(stdout).toContain('gone');
  });

  it('is silent without a channel', async () => {
    rmSync(join(site.dir, 'roster.csv'));
    expect(await exitOf('run', 'account-cleanup', '--yes')).toBe(4);
    expect(told()).toEqual([]);
  });
});

describe('by schedule', { timeout: 240_000 }, () => {
  it('account-leaver closes in the evening whoever has left, and tells of a roster that was not there', async () => {
    site.config({
      ...site.channel(smtp),
      calendar: {
        workingDays: 'weekdays',
        days: [{ date: day(-10), to: day(10), working: true, reason: 'of the test' }],
      },
      schedules: { 'account-leaver': { inputs: { channel: 'mail' } } },
    });
    const at = async (days: number): Promise<DueResult> => {
      const ms = Date.parse(`${day(days)}T10:31:00Z`); // 18:31 in Shanghai
      const app = openApp(
        { json: false, quiet: true, verbose: false, debug: false, color: false },
        { env: { PATH: process.env['PATH'] ?? '', ...env() }, clock: { ...systemClock, nowMs: () => ms } },
      );
      try {
        return await withEngine(app, unseen, (engine, signals) => startDue(app, engine, signals));
      } finally {
        await app[Symbol.asyncDispose]();
      }
    };
    expect(await at(0)).toMatchObject({ started: [], notStarted: [] });
    expect((await at(1)).started).toMatchObject([{ runbook: 'account-leaver', status: 'ok', exitCode: 0 }]);
    expect(onOff()).toEqual(['gone held', 'kept on', 'u1 on', 'u2 on', 'u3 on']);
    expect(told().join()).toContain('1 of 1 accounts changed, 1 left alone by rule');
    rmSync(join(site.dir, 'roster.csv'));
    const broken = await at(2);
    expect(broken).toMatchObject({ started: [{ runbook: 'account-leaver', exitCode: 4 }], notStarted: [] });
    expect(told()[0]).toMatch(/^nothing was changed/);
  });
});

describe('the others', { timeout: 240_000 }, () => {
  it('account-audit finds, changes nothing and tells', async () => {
    const before = site.users('oa');
    expect(await exitOf('account', 'audit', ...channel)).toBe(0);
    expect(told()[0]).toMatch(/^2 findings/);
    expect(site.users('oa')).toEqual(before);
    rmSync(join(site.dir, 'roster.csv'));
    expect(await exitOf('run', 'account-audit', ...channel)).toBe(3);
    expect(told()[0]).toMatch(/not judged/);
  });

  it('rights-review (AC-05) asks heads about what is beyond the role, and was carried out when they have answered', async () => {
    site.roster(active('1', 'u1', '经理'), active('2', 'u2'), active('6', 'u6'));
    site.user('oa', { login: 'u6', emp: '6', dept: '销售部', used: day(-1), rights: ['read', 'sell', 'book'] });
    const begun = await oaops('account', 'review', '--start', 'rights-review', '--yes', ...channel);
    expect(begun.exitCode, begun.stdout + begun.stderr).toBe(6);
    const signed = await oaops('account', 'review', 'rights-review', '--all', 'keep', '--reason', 'helps out');
    expect(signed.exitCode, signed.stdout + signed.stderr).toBe(0);
    expect(site.users('oa').find((line) => line.startsWith('u6'))).toContain('book,read,sell');
    expect(told()).toHaveLength(1);
    expect(await counted('AC-05')).toEqual({ done: 1, other: 0 });
  });

  it('password-policy (AC-06) says that the directories tell nothing, which is not carried out', async () => {
    expect(await exitOf('run', 'password-policy', ...channel)).toBe(3);
    expect(told()[0]).toContain('oa tells no password policy');
    expect(await counted('AC-06')).toEqual({ done: 0, other: 1 });
  });

  it('account-leaver, account-transfer and account-opening begin by their names, and plan in Chinese', async () => {
    const leaver = await oaops('run', 'account-leaver', '--dry-run', '--lang', 'zh-CN');
    expect([leaver.exitCode, leaver.stdout]).toEqual([0, expect.stringContaining('当日离职账号回收')]);
    expect(leaver.stdout).toContain('gone (oa)');
    expect(await exitOf('run', 'account-transfer', '-i', 'person=all', '--yes', ...channel)).toBeOneOf([0, 3, 6]);
    site.roster(active('1', 'u1', '经理'), active('8', 'newcomer'));
    const opened = await oaops('run', 'account-opening', '-i', 'person=8', '--yes', ...channel);
    // The head has to sign.
    expect(opened.exitCode, opened.stdout + opened.stderr).toBe(6);
  });
});
