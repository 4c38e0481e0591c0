import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AccountsCompany, ldapDirectory } from '../helpers/accounts-company.ts';
import { needs } from '../helpers/needs.ts';
import { oaEntries, operatorPassword, policy, startOaDirectory } from '../helpers/oa-directory.ts';
import type { LdapServer } from '../helpers/slapd.ts';

const tablePassword = 'tablePa55word-4417';
let server: LdapServer;
let company: AccountsCompany;
beforeEach(needs('slapd', 'slapadd', 'ldapsearch'));
afterEach(async () => {
  company?.[Symbol.dispose]();
  await server?.stop();
});

/** OpenLDAP with such a default policy, and what is required of it. */
async function start(lines: string, directories: object[] = []): Promise<void> {
  const entries = oaEntries.filter((entry) => !/cn=(default|soft),/.test(entry));
  server = await startOaDirectory({ entries: [...entries, policy('default', lines)] });
  company = new AccountsCompany({});
  company.roster([
    ['E1001', '王小明', 'wang', '2026-01-31'],
    ['E1002', 'Li', 'li'],
    ['E1003', 'Zhao', 'zhao'],
  ]);
  company.company({
    sources: [{ id: 'hr', type: 'csv', file: 'roster.csv' }],
    directories: [ldapDirectory(server, company.path('ldap.pw'), { service: ['user*', 'oaops'] }), ...directories],
    caps: { share: '90%', refuse: '95%' },
    policies: {
      required: { minLength: 12, maxAge: '90d', lockoutAttempts: 5, lockoutDuration: '15m', qualityCheck: true },
    },
  });
  company.runbook('policies', { operation: 'policy' });
}

const strong =
  'pwdLockout: TRUE\npwdMaxFailure: 5\npwdMinLength: 12\npwdMaxAge: 7776000\npwdCheckQuality: 2\npwdLockoutDuration: 1800\n';

test('policies that a real OpenLDAP enforces are all right, and one that it does not enforce is weak', async () => {
  await start(strong);
  const good = await company.oaops('run', './policies.yaml', '--yes');
  expect(good.exitCode, good.stdout + good.stderr).toBe(0);
  await server.stop();
  company[Symbol.dispose]();
  await start(strong.replace('pwdCheckQuality: 2\n', ''));
  const weak = await company.oaops('run', './policies.yaml', '--yes');
  expect(weak.exitCode, weak.stdout + weak.stderr).toBe(1);
  expect(weak.stdout).toContain('2 rules for passwords are weaker than required');
  const chinese = await company.oaops('account', 'show', 'policies', '--lang', 'zh-CN');
  expect(chinese.stdout.replace(/\s+/g, ' ')).toContain('pwdMinLength 12 不起作用：pwdCheckQuality 为 0');
}, 120_000);

test('no account command gives a password to other processes, the state folder or a log', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-secret-'));
  const sqlPassword = join(folder, 'sql.pw');
  writeFileSync(sqlPassword, tablePassword, { mode: 0o600 });
  await start(strong, [
    {
      id: 'oa',
      type: 'sql',
      url: 'postgres://oaops@127.0.0.1:9/oa',
      password: `file:${sqlPassword}`,
      accounts: 'select id as key, login from t_user',
    },
  ]);
  const secrets = [operatorPassword, tablePassword, Buffer.from(operatorPassword).toString('base64')];
  const leaks: string[] = [];
  const look = (where: string, text: string) => {
    for (const secret of secrets) if (text.includes(secret)) leaks.push(`${where}: ${secret}`);
  };
  const processes = () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      try {
        look(`argv of ${pid}`, readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
      } catch {
        // It has ended.
      }
  };
  const commands = [
    ['account', 'audit', '--debug'],
    ['account', 'audit', '--json'],
    ['account', 'cleanup', './leavers.yaml', '--yes', '--debug'],
    ['account', 'show', 'wang', '--debug'],
    ['account', 'undo', 'leavers', '--yes', '--debug'],
    ['account', 'revoke', '--person', 'E1001', '--yes', '--json'],
    ['run', './policies.yaml', '--yes', '--json'],
    ['runs', 'evidence', 'latest', '--out', 'evidence.zip'],
  ];
  const ended: (number | null)[] = [];
  for (const words of commands) {
    const sampling = setInterval(processes, 25);
    try {
      const { exitCode, stdout, stderr } = await company.oaops(...words);
      ended.push(exitCode);
      if (exitCode === 2) console.log(words.join(' '), stdout + stderr);
      look(`what ${words.join(' ')} prints`, stdout + stderr);
    } finally {
      clearInterval(sampling);
    }
  }
  // Nothing could be concluded of the table, and the rest was done.
  expect(ended.slice(0, 2)).toEqual([3, 3]);
  const configured = ['ldap.pw', 'accounts.yaml'];
  for (const file of readdirSync(company.dir, { recursive: true, withFileTypes: true }))
    if (file.isFile() && !configured.includes(file.name))
      look(file.name, readFileSync(join(file.parentPath, file.name), 'latin1'));
  rmSync(folder, { recursive: true });
  expect(leaks).toEqual([]);
}, 240_000);
