import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../../helpers/needs.ts';
import { PersonSite, sqliteDirectory } from '../../helpers/person-site.ts';
import { startSmtp, type TestSmtp } from '../../helpers/smtp.ts';

const li = 'E1,李总,li,li@oa.example,销售部,经理,,active,,';
const zhang = 'E2,张三,,zhang.san@oa.example,销售部,代表,E1,active,,';
const wang = 'E3,王五,wang,,财务部,会计,E1,active,,';

let site: PersonSite;
let smtp: TestSmtp;

beforeEach(needs('ssh-keygen'));
beforeEach(async () => {
  site = new PersonSite();
  smtp = await startSmtp();
  site.roster(li, zhang, wang);
  site.user('oa', { login: 'li', emp: 'E1', rights: ['read', 'sell'] });
});
afterEach(async () => {
  await site[Symbol.asyncDispose]();
  await smtp.stop();
});

function passwords(file: 'oa' | 'crm'): string[] {
  return site.query<{ pw: string }>(file, 'select pw from t_user where pw is not null').map(({ pw }) => pw);
}

describe('opening accounts', () => {
  it('waits for the head, makes the accounts with the rights of the role, and shows each password once', async () => {
    site.config(site.signers('li@oa.example', 'ben@oa.example', `${await site.actor()}@oa.example`));
    const first = await site.run('open', { person: 'E2' });
    expect(first.end.status).toBe('waiting');
    expect(site.users('oa')).toEqual(['li on -/- read,sell']);
    // The signature of somebody else is refused, and that of whoever asks.
    await expect(site.approve(first.end.run, 'approve', `${await site.actor()}@oa.example`)).rejects.toThrow(
      /asked for this run/,
    );
    await expect(site.approve(first.end.run, 'approve', 'ben@oa.example')).rejects.toThrow(/does not count/);
    expect((await site.resume(first.end.run)).status).toBe('waiting');
    await site.approve(first.end.run, 'approve', 'li@oa.example');
    // Without a terminal nobody would get the password: nothing is made.
    const unattended = await site.resume(first.end.run, { terminal: false });
    expect(unattended).toMatchObject({ status: 'waiting', exitCode: 6 });
    expect(site.users('crm')).toEqual([]);
    const end = await site.resume(first.end.run);
    expect(end).toMatchObject({ status: 'ok', exitCode: 0 });
    expect(site.users('oa')).toEqual(['li on -/- read,sell', 'zhang.san on 销售部/代表 read,sell']);
    expect(site.users('crm')).toEqual(['zhang.san on 销售部/代表 sell']);
    const [oa, crm] = [passwords('oa'), passwords('crm')];
    for (const [password] of [oa, crm]) {
      expect(password).toMatch(/^.{16}$/);
      expect(site.asked.filter((question) => question.includes(password!))).toHaveLength(1);
      expect(site.filesWith(password!)).toEqual([]);
      expect(site.events.join('\n')).not.toContain(password);
    }
    expect(oa[0]).not.toBe(crm[0]);
    expect(site.asked.at(-1)).toContain('Bind a second factor');
  }, 60_000);

  it('opens nothing for somebody who has left while it waited for a terminal', async () => {
    site.company({ opening: { approval: 'none' } });
    const { end } = await site.run('open', { person: 'E2' }, { terminal: false });
    expect(end).toMatchObject({ status: 'waiting' });
    site.roster('E1,李总,li,li@oa.example,销售部,经理,,active,,', zhang.replace('active', 'left'));
    expect(await site.resume(end.run)).toMatchObject({ exitCode: 3 });
    expect(site.users('oa')).toEqual(['li on -/- read,sell']);
    expect(site.users('crm')).toEqual([]);
  }, 60_000);

  it('is not planned when nobody has the key of the head: the run would only wait until it is over', async () => {
    site.config(site.signers('ben@oa.example'));
    await expect(site.run('open', { person: 'E2' })).rejects.toMatchObject({
      code: 'approver-unknown',
      exitCode: 4,
      message: expect.stringContaining('li@oa.example, li, E1'),
    });
  });

  it('tells in the plan which row of the matrix gives which right, and nothing that could be a password', async () => {
    site.config(site.signers('li@oa.example'));
    const { plan, text } = await site.plan('open', { person: 'E3', until: '2099-12-31' });
    expect(text('en')).toContain('book: 财务部 / 会计 (matrix row 3)');
    expect(text('en')).toContain('it ends at 2100-01-01T00:00:00.000Z');
    expect(plan.steps.find(({ id }) => id === 'approve')?.units).toMatchObject([
      { with: { from: ['li@oa.example', 'li', 'E1'] } },
    ]);
  });

  it('names the right that the system does not know, and leaves no account behind', async () => {
    const matrix = [{ department: '销售部', rights: { oa: ['read', 'nosuch'] } }];
    const oa = sqliteDirectory('oa', join(site.dir, 'oa.db')) as { statements: Record<string, { do: string }> };
    oa.statements['grant']!.do = 'insert into t_user_role select :key, id from t_role where code = :right';
    site.company({ directories: [oa], opening: { approval: 'none' }, roles: { matrix } });
    const { end, text } = await site.run('open', { person: 'E2' });
    expect(end.exitCode).toBe(3);
    expect(JSON.stringify(end) + text).toMatch(/the right \\?"nosuch\\?": statement 1 of 2 would have changed 0 rows/);
    expect(site.users('oa')).toEqual(['li on -/- read,sell']);
  });

  it('sends the password to the head, and nowhere else', async () => {
    site.config(site.channel(smtp));
    site.company({
      opening: { approval: 'none', deliver: { channel: 'mail', to: 'head' } },
      notice: { channel: 'mail', to: ['person', 'head'] },
    });
    const { end, json, text } = await site.run('open', { person: 'E2' }, { terminal: false });
    expect(end).toMatchObject({ status: 'ok' });
    const all = [...passwords('oa'), ...passwords('crm')];
    for (const password of all) {
      const mails = smtp.mails.filter(({ data }) => bodyOf(data).includes(password));
      expect(mails.map(({ to }) => to)).toEqual([['li@oa.example']]);
      expect(site.filesWith(password)).toEqual([]);
      expect(`${JSON.stringify(json)}${text}${site.events.join()}`).not.toContain(password);
    }
    const notices = smtp.mails.filter(({ data }) => bodyOf(data).includes('were changed'));
    expect(notices.map(({ to }) => to[0]).sort()).toEqual(['li@oa.example', 'zhang.san@oa.example']);
    expect(bodyOf(notices[0]!.data)).toContain('opened 已开通');
    expect(text).toContain('2 of 2 accounts changed');
  }, 60_000);

  it('goes on where a directory refused, and tells everybody of what was opened then, and nobody twice', async () => {
    site.config(site.channel(smtp));
    site.company({
      opening: { approval: 'none', deliver: { channel: 'mail', to: 'head' } },
      notice: { channel: 'mail', to: ['person'] },
    });
    const crm = (sql: string) => {
      const db = new Database(join(site.dir, 'crm.db'));
      db.exec(sql);
      db.close();
    };
    crm("create trigger closed before insert on t_user begin select raise(abort, 'closed'); end");
    const first = await site.run('open', { person: 'E2' }, { terminal: false });
    expect(first.end.exitCode).toBe(3);
    const told = () =>
      smtp.mails
        .splice(0)
        .map(({ data }) => bodyOf(data))
        .filter((text) => text.includes('were changed'));
    expect(told()).toEqual([expect.stringMatching(/zhang.san \(oa\)/)]);
    crm('drop trigger closed');
    expect(await site.resume(first.end.run, { terminal: false })).toMatchObject({ status: 'ok', exitCode: 0 });
    const [second, ...more] = told();
    expect(second).toContain('zhang.san (crm): opened');
    expect(second).not.toContain('zhang.san (oa)');
    expect(more).toEqual([]);
    // What the run came to is what it has come to since.
    const { facts } = await site.app().record();
    expect((await facts.list('account.carried-out')).map(({ key }) => key)).toEqual([first.end.run]);
  }, 60_000);

  it('removes the account again when the password cannot be delivered', async () => {
    site.config(site.channel(smtp));
    site.roster('E1,李总,li,nobody@oa.example,销售部,经理,,active,,', zhang);
    site.company({ opening: { approval: 'none', deliver: { channel: 'mail', to: 'head' } } });
    const { end, text } = await site.run('open', { person: 'E2' });
    expect(end.exitCode).not.toBe(0);
    expect(site.users('oa')).toEqual(['li on -/- read,sell']);
    expect(site.users('crm')).toEqual([]);
    expect(text).toContain('zhang.san (oa): taken back again');
  }, 60_000);

  it('removes the account again when nobody says that the password was handed over', async () => {
    site.company({ opening: { approval: 'none' } });
    site.answer = (question) => !question.includes('(oa)');
    const { end } = await site.run('open', { person: 'E2' });
    expect(end.status).not.toBe('ok');
    expect(site.users('oa')).toEqual(['li on -/- read,sell']);
    // The other directory does not suffer from it.
    expect(site.users('crm')).toEqual(['zhang.san on 销售部/代表 sell']);
  }, 60_000);

  it('opens for everybody in a list, or for nobody', async () => {
    site.company({ opening: { approval: 'none', directories: ['oa'] } });
    const file = join(site.dir, 'new.csv');
    writeFileSync(file, '工号,姓名,登录名,部门\nE2,张三,zs,销售部\nE3,王五,,研发部\n');
    await expect(site.plan('open', { request: file })).rejects.toMatchObject({
      code: 'request-differs',
      message: expect.stringContaining('new.csv:3'),
    });
    writeFileSync(file, '工号,姓名,登录名,部门\nE2,张三,zs,销售部\nE1,李总,,\n');
    await expect(site.plan('open', { request: file })).rejects.toMatchObject({ code: 'account-exists', exitCode: 4 });
    writeFileSync(file, '工号,姓名,登录名,部门\nE2,张三,zs,销售部\nE3,王五,,财务部\n');
    const { end } = await site.run('open', { request: file });
    expect(end.status).toBe('ok');
    expect(site.users('oa')).toEqual([
      'li on -/- read,sell',
      'wang on 财务部/会计 book,read',
      'zs on 销售部/代表 read,sell',
    ]);
  }, 60_000);

  it('has each head sign for the own people', async () => {
    site.company({ opening: { directories: ['oa'] } });
    site.config(site.signers('li', 'chen@oa.example'));
    const chen = 'E6,陈总,chen,chen@oa.example,财务部,经理,,active,,';
    site.roster(li, zhang, chen, wang.replace('E1', 'E6'));
    const file = join(site.dir, 'new.csv');
    writeFileSync(file, 'id\nE2\nE3\n');
    const { end } = await site.run('open', { request: file });
    await site.approve(end.run, 'approve', 'li');
    expect((await site.resume(end.run)).status).toBe('waiting');
    await site.approve(end.run, 'approve-2', 'chen@oa.example');
    expect((await site.resume(end.run)).status).toBe('ok');
    expect(site.users('oa')).toHaveLength(3);
  }, 60_000);

  it('is taken back by the undo of its run', async () => {
    site.company({ opening: { approval: 'none' } });
    const { end } = await site.run('open', { person: 'E2' });
    expect(site.users('crm')).toHaveLength(1);
    const undone = await site.undo(end.run);
    expect(undone.exitCode).toBe(5);
    expect(site.users('oa')).toEqual(['li on -/- read,sell']);
    expect(site.users('crm')).toEqual([]);
  }, 60_000);

  it('makes nothing for somebody who has left while the head was asked', async () => {
    site.config(site.signers('li@oa.example'));
    const { end } = await site.run('open', { person: 'E2' });
    site.roster(li, zhang.replace('active', 'left'), wang);
    await site.approve(end.run, 'approve', 'li@oa.example');
    const later = await site.resume(end.run);
    expect(later.exitCode).toBe(3);
    expect(site.users('crm')).toEqual([]);
  }, 60_000);
});

function bodyOf(data: string): string {
  const [head = '', ...rest] = data.split(/\r?\n\r?\n/);
  const body = rest.join('\n\n');
  if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString();
  if (!/quoted-printable/i.test(head)) return body;
  const bytes = body
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
