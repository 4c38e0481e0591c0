import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../../helpers/needs.ts';
import { PersonSite } from '../../helpers/person-site.ts';

const li = 'E1,李总,li,li@oa.example,销售部,经理,,active,,';
const ma = 'E4,马总,ma,ma@oa.example,财务部,经理,,active,,';
const zhang = 'E2,张三,zhang,zhang@oa.example,财务部,会计,E4,active,,';
const wang = 'E3,王五,wang,wang@oa.example,财务部,会计,E4,active,,';

let site: PersonSite;

beforeEach(needs('ssh-keygen'));
beforeEach(() => {
  site = new PersonSite();
  site.roster(li, ma, zhang, wang);
  // As long as zhang sold things.
  site.user('oa', { login: 'zhang', emp: 'E2', dept: '销售部', post: '代表', rights: ['read', 'sell', 'free'] });
  site.user('oa', { login: 'wang', emp: 'E3', dept: '财务部', post: '会计', rights: ['read', 'book', 'extra'] });
  site.user('crm', { login: 'zhang', emp: 'E2', rights: ['sell'] });
});
afterEach(() => site[Symbol.asyncDispose]());

describe('transfer', () => {
  it('strips what is beyond the new role, grants what is missing, and keeps what the matrix does not speak of', async () => {
    site.company({ opening: { approval: 'none' } });
    const { end } = await site.run('change', { person: 'E2' });
    expect(end).toMatchObject({ exitCode: 0 });
    expect(site.users('oa')).toEqual(['wang on 财务部/会计 book,extra,read', 'zhang on 财务部/会计 book,free,read']);
    expect(site.users('crm')).toEqual(['zhang on -/- -']);
    const again = await site.run('change', { person: 'E2' });
    expect(again.end.exitCode).toBe(0);
    expect(again.text).toContain('nothing to do');
  }, 60_000);

  it('has the new head sign before rights are given', async () => {
    site.config({ ...site.signers('li@oa.example', 'ma@oa.example'), timeZone: 'Asia/Shanghai' });
    const { end } = await site.run('change', { person: 'E2' });
    expect(end.status).toBe('waiting');
    // On the clocks of the company, as everywhere else where people read times.
    const until = /until (\S+ \S+) Asia\/Shanghai\)/.exec(end.message!)![1]!;
    const openMs = Date.parse(`${until.replace(' ', 'T')}+08:00`) - Date.now();
    expect(openMs / 3_600_000).toBeCloseTo(72, 1);
    expect(site.users('oa')[1]).toBe('zhang on 销售部/代表 free,read,sell');
    await expect(site.approve(end.run, 'approve', 'li@oa.example')).rejects.toThrow(/does not count/);
    expect((await site.resume(end.run)).status).toBe('waiting');
    await site.approve(end.run, 'approve', 'ma@oa.example');
    expect((await site.resume(end.run)).exitCode).toBe(0);
    expect(site.users('oa')[1]).toBe('zhang on 财务部/会计 book,free,read');
  }, 60_000);

  it('needs no signature where rights are only taken away', async () => {
    const { end } = await site.run('change', { person: 'E3' });
    expect(end.exitCode).toBe(0);
    expect(site.users('oa')[0]).toBe('wang on 财务部/会计 book,read');
  }, 60_000);

  it('takes all whose account shows another department, and nobody else', async () => {
    site.company({ opening: { approval: 'none' }, caps: { share: '100%', refuse: '100%' } });
    const { end } = await site.run('change', { person: 'all' });
    expect(end.exitCode).toBe(0);
    expect(site.users('oa')).toEqual(['wang on 财务部/会计 book,extra,read', 'zhang on 财务部/会计 book,free,read']);
    expect(site.users('crm')).toEqual(['zhang on -/- sell']);
  }, 60_000);

  it('keeps rights that somebody has accepted until a date', async () => {
    const exception = { finding: 'rights-beyond-role', account: 'wang', right: 'extra', until: '2099-01-01' };
    site.company({ policies: { exceptions: [{ ...exception, by: 'ma', reason: 'year-end closing' }] } });
    const { end, text } = await site.run('change', { person: 'E3' });
    expect(end.exitCode).toBe(0);
    expect(text).toContain('nothing to do');
  }, 60_000);

  it.each([
    ['nobody who can sign', {}, 'E2', 'allowed-signers-missing'],
    ['somebody unknown', {}, 'E9', 'person-unknown'],
    ['somebody without an account', {}, 'E4', 'account-none'],
  ])('refuses %s', async (_what, over, person, code) => {
    site.company(over);
    await expect(site.plan('change', { person })).rejects.toMatchObject({ code, exitCode: 4 });
  });

  it('tells when the roster does not say what rights go by', async () => {
    site.roster(li, ma, zhang, wang.replace('会计', ''));
    const { end } = await site.run('change', { person: 'E3' });
    expect(end.exitCode).toBe(3);
    expect(site.users('oa')[0]).toContain('book,extra,read');
  }, 60_000);
});
