import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountId } from '../../../src/accounts/record/account-id.ts';
import { addMatch } from '../../../src/accounts/record/matches.ts';
import { carryOut } from '../../../src/app/accounts/carry-out.ts';
import { prepareUndo } from '../../../src/app/accounts/undo.ts';
import { day, PersonSite, sqliteDirectory } from '../../helpers/person-site.ts';
import { startSmtp, type TestSmtp } from '../../helpers/smtp.ts';

const li = 'E1,李总,li,li@oa.example,销售部,经理,,active,,';
const zhang = `E2,张三,zhang,zhang@oa.example,销售部,代表,E1,left,,${day(-3)}`;
const wang = 'E3,王五,wang,wang@oa.example,财务部,会计,E1,active,,';

let site: PersonSite;
let smtp: TestSmtp;

beforeEach(async () => {
  site = new PersonSite();
  smtp = await startSmtp();
  site.roster(li, zhang, wang);
  site.user('oa', { login: 'li', emp: 'E1', rights: ['read'] });
  site.user('oa', { login: 'zhang', emp: 'E2', rights: ['read', 'sell', 'free'] });
  site.user('oa', { login: 'wang', emp: 'E3', rights: ['read', 'book'] });
  site.user('crm', { login: 'zhang', mail: 'zhang@oa.example', status: 'off', rights: ['sell'] });
  site.user('crm', { login: 'wang', emp: 'E3', rights: ['sell'] });
});
afterEach(async () => {
  await site[Symbol.asyncDispose]();
  await smtp.stop();
});

const untouched = ['li on -/- read', 'wang on -/- book,read', 'zhang on -/- free,read,sell'];

describe('revocation', () => {
  it('is taken back as a whole', async () => {
    const { end } = await site.run('revoke', { person: 'E2' });
    const app = site.app();
    const undo = await prepareUndo(app, { run: end.run, only: [], directory: undefined });
    expect((await carryOut(app, undo, { lang: 'en', ...site.show(false) })).end.exitCode).toBe(0);
    expect(site.users('oa')).toEqual(untouched);
    expect(site.users('crm')).toContain('zhang off -/- sell');
  }, 60_000);

  it('is whole where the table has a column for passwords: it is left out of what is kept, and nothing is left open by that', async () => {
    const look = 'select * from t_user where id = :key';
    const directories = ['oa', 'crm'].map((id) => ({ ...sqliteDirectory(id, join(site.dir, `${id}.db`)), look }));
    site.company({ directories });
    const { end, text } = await site.run('revoke', { person: 'E2' });
    expect({ exitCode: end.exitCode, text }).toEqual({
      exitCode: 0,
      text: expect.not.stringContaining('read in part'),
    });
  }, 60_000);

  it('closes every account of a leaver, also those that are disabled already, and tells the head once', async () => {
    site.config(site.channel(smtp));
    site.company({ notice: { channel: 'mail', to: ['head'] } });
    const { end, text } = await site.run('revoke', { person: 'E2' });
    expect(end).toMatchObject({ status: 'ok', exitCode: 0 });
    expect(site.users('oa')).toEqual(['li on -/- read', 'wang on -/- book,read', 'zhang held -/- -']);
    expect(site.users('crm')).toEqual(['wang on -/- sell', 'zhang held -/- -']);
    expect(text).toContain('2 of 2 accounts changed');
    expect(smtp.mails.map(({ to }) => to)).toEqual([['li@oa.example']]);
    // Everything is done: nothing is left to do, and nobody is told again.
    const again = await site.run('revoke', { person: 'E2' });
    expect(again.end).toMatchObject({ status: 'ok', exitCode: 0 });
    expect(again.text).toContain('nothing to do');
    expect(smtp.mails).toHaveLength(1);
  }, 60_000);

  it('tells of a leaver whose account may be of a namesake who works, and closes it once it is confirmed', async () => {
    site.roster(li, zhang, wang, 'E4,张三,zs,zs@oa.example,销售部,代表,E1,active,,');
    site.user('oa', { login: 'zs', emp: 'E4', rights: ['read'] });
    const { end, text } = await site.run('revoke', { person: 'leavers' });
    expect(site.users('oa')).toContain('zhang held -/- -');
    expect(site.users('crm')).toContain('zhang off -/- sell');
    expect(end.exitCode).toBe(3);
    expect(text).toContain(
      'zhang (crm): it may be of E2, who has left; say whose it is with "oaops account review --confirm": E2 has left',
    );
    const { facts } = await site.app().record();
    const is = { person: 'E2', by: 'li', is: true };
    const [row] = site.query<{ id: number }>('crm', "select id from t_user where login = 'zhang'");
    await addMatch(facts, '2026-11-30T04:00:00.000Z', { account: accountId('crm', String(row!.id)), ...is });
    expect((await site.run('revoke', { person: 'leavers' })).end.exitCode).toBe(0);
    expect(site.users('crm')).toContain('zhang held -/- -');
  }, 60_000);

  it('asks why somebody who is employed is to go', async () => {
    await expect(site.plan('revoke', { person: 'E3' })).rejects.toMatchObject({ code: 'reason-needed', exitCode: 4 });
    await expect(site.plan('revoke', { person: 'E9' })).rejects.toMatchObject({ code: 'person-unknown', exitCode: 4 });
    const { end } = await site.run('revoke', { person: 'E3', reason: 'dismissed today' });
    expect(end.exitCode).toBe(0);
    expect(site.users('oa')).toContain('wang held -/- -');
    expect(site.users('crm')).toContain('wang held -/- -');
    expect(site.users('oa')).toContain('zhang on -/- free,read,sell');
    const { plan } = await site.plan('revoke', { person: 'E1', reason: 'dismissed today' });
    expect(JSON.stringify(plan.steps)).toContain('dismissed today');
  }, 60_000);

  it('says what the roster says of whoever has not left', async () => {
    const next = day(1);
    site.roster(
      `E1,吴,wu,,销售部,代表,,left,,${next}`,
      'E2,郑,zheng,,销售部,代表,,active,,2020-01-01',
      `E3,王,wang,,销售部,代表,,active,${next},`,
    );
    const said = (person: string) => site.plan('revoke', { person }).then(String, (error: Error) => error.message);
    expect(await said('E1')).toContain(`is employed until ${next} according to the roster`);
    expect(await said('E2')).toContain('it is not clear whether');
    expect(await said('E3')).toContain('is not employed yet');
  }, 60_000);

  it('goes on without a roster for somebody who is named with a reason, by employee number only', async () => {
    rmSync(join(site.dir, 'roster.csv'));
    await expect(site.plan('revoke', { person: 'E2' })).rejects.toMatchObject({ exitCode: 4 });
    await expect(site.plan('revoke', { person: 'leavers' })).rejects.toThrow(/not read/);
    const { end } = await site.run('revoke', { person: 'E2', reason: 'dismissed today' });
    expect(end.exitCode).toBe(3);
    expect(site.users('oa')).toEqual(['li on -/- read', 'wang on -/- book,read', 'zhang held -/- -']);
    // Known by its mail address alone.
    expect(site.users('crm')).toContain('zhang off -/- sell');
  }, 60_000);

  it('does the directories that answer, names the other, and the next run does the rest', async () => {
    const oa = sqliteDirectory('oa', join(site.dir, 'oa.db'));
    site.company({ directories: [oa, sqliteDirectory('crm', join(site.dir, 'gone.db'))] });
    const { end } = await site.run('revoke', { person: 'E2' });
    expect(end.exitCode).toBe(3);
    expect(site.users('oa')).toContain('zhang held -/- -');
    expect(site.events.join('\n')).toMatch(/crm was not read, its accounts are still to be revoked/);
    site.company();
    expect((await site.run('revoke', { person: 'E2' })).end.exitCode).toBe(0);
    expect(site.users('crm')).toContain('zhang held -/- -');
  }, 60_000);

  it('spares protected accounts and tells them', async () => {
    site.company({ protected: [{ account: 'zhang', directory: 'oa', reason: 'break glass' }] });
    const { end, text } = await site.run('revoke', { person: 'E2' });
    expect(end.exitCode).toBe(3);
    expect(site.users('oa')).toEqual(untouched);
    expect(site.users('crm')).toContain('zhang held -/- -');
    expect(text).toContain('left alone: zhang (oa): protected: break glass');
    expect(site.events.join('\n')).toContain('zhang (oa): protected: break glass');
  }, 60_000);

  it('does not touch accounts that are only like the person, and tells them', async () => {
    site.company({ matching: { by: ['employee', 'name+department'] } });
    site.user('oa', { login: '张三', dept: '销售部' });
    const { end } = await site.run('revoke', { person: 'E2' });
    expect(end.exitCode).toBe(3);
    expect(site.users('oa')).toContain('张三 on 销售部/- -');
    expect(site.users('oa')).toContain('zhang held -/- -');
    expect(site.events.join('\n')).toContain('confirm it with');
  }, 60_000);

  it('is not kept off by a login after the plan, and never closes what is somebody else’s by then', async () => {
    const app = site.app();
    const prepared = await site.plan('revoke', { person: 'E2' }, app);
    const db = new Database(join(site.dir, 'oa.db'));
    db.exec("update t_user set used = '2026-11-30 01:00:00' where login = 'zhang'");
    db.close();
    const crm = new Database(join(site.dir, 'crm.db'));
    crm.exec("update t_user set mail = 'other@oa.example' where login = 'zhang'");
    crm.close();
    const { end } = await carryOut(app, prepared, { lang: 'en', ...site.show(false) });
    expect(end.exitCode).toBe(3);
    expect(site.users('oa')).toContain('zhang held -/- -');
    expect(site.users('crm')).toContain('zhang off -/- sell');
  }, 60_000);

  it('takes everybody whose last day is over, within the caps', async () => {
    site.company({ caps: { share: '100%', refuse: '100%' } });
    const { end } = await site.run('revoke', { person: 'leavers' });
    expect(end.exitCode).toBe(0);
    expect(site.users('oa')).toEqual(['li on -/- read', 'wang on -/- book,read', 'zhang held -/- -']);
    expect((await site.run('revoke', { person: 'leavers' })).text).toContain('nothing to do');
    // Two of three: an error of the data.
    site.company({ caps: { share: '10%', refuse: '50%' } });
    site.roster(li.replace('active', 'left'), zhang, wang.replace('active', 'left'));
    await expect(site.plan('revoke', { person: 'leavers' })).rejects.toMatchObject({ exitCode: 4 });
    expect(site.users('oa')[0]).toBe('li on -/- read');
  }, 60_000);
});
