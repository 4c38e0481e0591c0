import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { needs } from '../helpers/needs.ts';
import { runOaops } from '../helpers/oaops.ts';
import { day, PersonSite } from '../helpers/person-site.ts';
import { startSmtp, type TestSmtp } from '../helpers/smtp.ts';

const li = 'E1,李总,li,li@oa.example,销售部,经理,,active,,';
const zhang = 'E2,张三,zhang,zhang@oa.example,销售部,代表,E1,active,,';
const gone = `E5,钱七,qian,qian@oa.example,销售部,代表,E1,left,,${day(-2)}`;

let site: PersonSite;
let smtp: TestSmtp;
/** Once it is there the mail server takes no mail: it says nothing. */
let silence: Promise<void> | undefined;

beforeEach(needs('ssh-keygen'));
beforeEach(async () => {
  site = new PersonSite();
  silence = undefined;
  const onMailFrom = (_address: unknown, _session: unknown, callback: () => void) => {
    (silence ?? Promise.resolve()).then(callback);
  };
  smtp = await startSmtp({ options: { onMailFrom } });
  site.roster(li, zhang, gone);
  site.user('oa', { login: 'qian', emp: 'E5', rights: ['read'] });
  site.user('crm', { login: 'li', emp: 'E1' });
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

function passwords(): string[] {
  return (['oa', 'crm'] as const).flatMap((file) =>
    site.query<{ pw: string }>(file, 'select pw from t_user where pw is not null').map(({ pw }) => pw),
  );
}

describe('oaops account open', () => {
  it('opens after the head has approved, and says the password to nobody but the mail', async () => {
    site.config({ ...site.signers('li@oa.example'), ...site.channel(smtp) });
    site.company({ opening: { deliver: { channel: 'mail', to: 'person' } } });
    const planned = await oaops('account', 'open', '--person', 'E2', '--dry-run');
    expect(planned).toMatchObject({ exitCode: 0 });
    expect(planned.stdout.replace(/\s+/g, ' ')).toContain('sell: 销售部 / * (matrix row 2)');
    const waiting = await oaops('account', 'open', '--person', 'E2', '--json');
    expect(waiting.exitCode).toBe(6);
    const { run } = JSON.parse(waiting.stdout);
    const approved = await oaops('approve', run, 'approve', '--key', site.key('li@oa.example'));
    expect(approved).toMatchObject({ exitCode: 0 });
    const ended = await oaops('runs', 'resume', run, '--json', '--debug');
    expect(ended).toMatchObject({ exitCode: 0 });
    const made = passwords();
    expect(made).toHaveLength(2);
    const shown = [planned, waiting, approved, ended, await oaops('runs', 'show', run, '--json')];
    const bundle = await oaops('runs', 'evidence', run, '--out', join(site.dir, 'bundle.tar'));
    expect(bundle.exitCode).toBe(0);
    for (const password of made) {
      expect(JSON.stringify(shown)).not.toContain(password);
      expect(site.filesWith(password)).toEqual([]);
    }
    expect(smtp.mails.map(({ to }) => to)).toEqual([['zhang@oa.example'], ['zhang@oa.example']]);
  }, 120_000);

  it('makes nothing twice and leaves nothing unseen when it is killed between the account and its password', async () => {
    site.config(site.channel(smtp));
    site.company({ opening: { approval: 'none', directories: ['oa'], deliver: { channel: 'mail', to: 'head' } } });
    silence = new Promise(() => {});
    const program = join(import.meta.dirname, '../../bin/dev.js');
    const args = [program, 'account', 'open', '--person', 'E2', '--yes'];
    const child = spawn(process.execPath, args, { cwd: site.dir, env: { PATH: process.env['PATH'], ...env() } });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await eventually(() => site.users('oa').includes('zhang on 销售部/代表 read,sell'), 30_000);
    const [lost] = passwords();
    child.kill('SIGKILL');
    await ended;
    silence = undefined;
    expect(smtp.mails).toEqual([]);
    expect(await oaops('runs', 'resume', 'latest', '--json')).toMatchObject({ exitCode: 0 });
    expect(site.users('oa')).toEqual(['qian on -/- read', 'zhang on 销售部/代表 read,sell']);
    expect(passwords()).toHaveLength(1);
    expect(passwords()).not.toContain(lost);
    expect(smtp.mails).toHaveLength(1);
    for (const password of [lost!, ...passwords()]) expect(site.filesWith(password)).toEqual([]);
  }, 120_000);

  it('refuses what does not go together', async () => {
    writeFileSync(join(site.dir, 'new.csv'), 'id\nE2\n');
    expect((await oaops('account', 'open')).exitCode).toBe(2);
    expect((await oaops('account', 'open', '--person', 'E2', '--request', 'new.csv')).exitCode).toBe(2);
    expect((await oaops('account', 'open', '--request', 'new.csv', '--login', 'x')).exitCode).toBe(2);
    const unsigned = await oaops('account', 'open', '--request', 'new.csv', '--json');
    expect(unsigned.exitCode).toBe(4);
    expect(unsigned.stdout + unsigned.stderr).toContain('allowed-signers-missing');
  }, 120_000);
});

describe('oaops account revoke', () => {
  it('needs a name, a reason for whoever is employed, and somebody who agrees to it', async () => {
    expect((await oaops('account', 'revoke')).exitCode).toBe(2);
    expect((await oaops('account', 'revoke', '--person', 'E5', '--leavers')).exitCode).toBe(2);
    const employed = await oaops('account', 'revoke', '--person', 'E2', '--yes');
    expect(employed).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('--reason') });
    const unasked = await oaops('account', 'revoke', '--person', 'E2', '--reason', 'dismissed');
    expect(unasked).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('--yes') });
    const leavers = await oaops('account', 'revoke', '--leavers', '--json');
    expect(leavers).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(leavers.stdout)).toMatchObject({ summary: '1 of 1 accounts changed', left: 0 });
    expect(site.users('oa')).toEqual(['qian held -/- -']);
    const nothing = await oaops('account', 'revoke', '--person', 'E5');
    expect(nothing).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing to do') });
  }, 120_000);
});
