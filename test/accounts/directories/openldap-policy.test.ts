import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openOpenLdap } from '../../../src/accounts/directories/openldap.ts';
import type { OpenDirectory } from '../../../src/accounts/directory.ts';
import type { PolicyRow } from '../../../src/accounts/model.ts';
import { type JudgedRule, judgePolicies, type Verdict } from '../../../src/accounts/policy/judge.ts';
import { type DirectorySpecOf, directorySchema } from '../../../src/accounts/schema/directories.ts';
import { policiesSchema } from '../../../src/accounts/schema/rules.ts';
import { needs } from '../../helpers/needs.ts';
import {
  groups,
  ldapDoors,
  oaEntries,
  operator,
  people,
  policy,
  ppolicyOverlay,
  startOaDirectory,
} from '../../helpers/oa-directory.ts';
import { type LdapServer, rootDn, suffix } from '../../helpers/slapd.ts';

const signal = new AbortController().signal;
const wang = `uid=wang,${people}`;
const policies = `ou=policies,${suffix}`;
const standard = `cn=default,${policies}`;
const required = policiesSchema.parse({
  required: {
    minLength: 12,
    maxAge: '90d',
    history: 5,
    lockoutAttempts: 5,
    lockoutDuration: '15m',
    qualityCheck: true,
  },
}).required!;
let server: LdapServer | undefined;
let directory: OpenDirectory | undefined;
beforeEach(needs('slapd', 'slapadd', 'ldapsearch'));
afterEach(async () => {
  await directory?.close();
  await server?.stop();
  directory = server = undefined;
});

const ownPolicies = /cn=(default|soft),/;
/** A directory whose default policy says this. */
async function withPolicy(lines: string, more: Parameters<typeof startOaDirectory>[0] = {}): Promise<void> {
  const entries = oaEntries.filter((entry) => !ownPolicies.test(entry));
  server = await startOaDirectory({
    entries: [...entries, policy('default', lines)],
    database: `olcSizeLimit: unlimited\nolcAccess: {0}to * by dn.exact="${operator}" write by anonymous auth by self write`,
    ...more,
  });
}
async function rowsOf(spec: Record<string, unknown> = {}): Promise<PolicyRow[]> {
  directory = await openOpenLdap(
    directorySchema.parse({
      ...{ type: 'openldap', id: 'ldap', url: server!.url, bindDn: operator, password: 'env:PW' },
      ...{ base: people, groupBase: groups, ...spec },
    }) as DirectorySpecOf<'openldap'>,
    ldapDoors(),
    signal,
  );
  return directory.policy(signal);
}
const judged = (rows: PolicyRow[]): JudgedRule[] => judgePolicies(rows, required, ['ldap'], []);
const verdict = (rows: PolicyRow[], rule: string, scope?: string): Verdict | undefined =>
  judged(rows).find((one) => one.rule === rule && (scope === undefined || one.scope.startsWith(scope)))?.verdict;
const row = (rows: PolicyRow[], rule: string, scope = '') =>
  rows.find((one) => one.rule === rule && one.scope.startsWith(scope));

/** What the server itself says when somebody takes such a password. */
function mayTake(password: string, dn = wang, old = 'secret'): boolean {
  return (
    spawnSync('ldappasswd', ['-x', '-H', server!.url, '-D', dn, '-w', old, '-a', old, '-s', password, dn]).status === 0
  );
}
const canLogIn = (password: string, dn = wang) =>
  spawnSync('ldapwhoami', ['-x', '-H', server!.url, '-D', dn, '-w', password]).status === 0;
function modify(ldif: string): void {
  execFileSync('ldapmodify', ['-x', '-H', server!.url, '-D', rootDn, '-w', server!.password], {
    input: ldif,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

const full =
  'pwdLockout: TRUE\npwdMaxFailure: 5\npwdMinLength: 12\npwdMaxAge: 7776000\npwdInHistory: 5\npwdLockoutDuration: 1800\n';

test.each([
  ['without pwdCheckQuality', '', false],
  ['with pwdCheckQuality 0', 'pwdCheckQuality: 0\n', false],
  ['with pwdCheckQuality 1', 'pwdCheckQuality: 1\n', true],
  ['with pwdCheckQuality 2', 'pwdCheckQuality: 2\n', true],
])('a least length %s is told as the server enforces it', async (_, line, isEnforced) => {
  await withPolicy(full + line);
  const rows = await rowsOf();
  expect(mayTake('short1')).toBe(!isEnforced);
  expect(verdict(rows, 'min-length')).toBe(isEnforced ? 'enforced' : 'not-set');
  expect(verdict(rows, 'quality-check')).toBe(isEnforced ? 'enforced' : 'not-set');
  expect(verdict(rows, 'history')).toBe('enforced');
});

test.each<[string, string, string, boolean, Verdict, Verdict]>([
  ['a lock', 'pwdLockout: TRUE\npwdMaxFailure: 3\npwdLockoutDuration: 1800\n', 'c', false, 'enforced', 'enforced'],
  ['a lock without an end', 'pwdLockout: TRUE\npwdMaxFailure: 3\n', 'c', false, 'enforced', 'enforced'],
  [
    'a lock that is off',
    'pwdLockout: FALSE\npwdMaxFailure: 3\npwdLockoutDuration: 0\n',
    'c',
    true,
    'not-set',
    'not-set',
  ],
  ['a lock after no failure', 'pwdLockout: TRUE\npwdLockoutDuration: 1800\n', 'c', true, 'not-set', 'not-set'],
])('%s is told as the server locks', async (_, lines, __, opens, lockout, duration) => {
  await withPolicy(lines);
  const rows = await rowsOf();
  for (let tries = 0; tries < 4; tries++) expect(canLogIn('wrong')).toBe(false);
  expect(canLogIn('secret')).toBe(opens);
  expect([verdict(rows, 'lockout'), verdict(rows, 'lockout-duration')]).toEqual([lockout, duration]);
});

test('accounts below another policy, and below one that is not there, are exceptions', async () => {
  await withPolicy(`${full}pwdCheckQuality: 2\n`);
  modify(
    `dn: cn=soft,${policies}\nchangetype: add\nobjectClass: device\nobjectClass: pwdPolicy\ncn: soft\npwdAttribute: userPassword\npwdMinLength: 4\npwdCheckQuality: 2\n\n` +
      `dn: uid=user0,${people}\nchangetype: modify\nadd: pwdPolicySubentry\npwdPolicySubentry: cn=soft,${policies}\n\n` +
      `dn: ${wang}\nchangetype: modify\nadd: pwdPolicySubentry\npwdPolicySubentry: cn=gone,${policies}\n`,
  );
  const rows = await rowsOf();
  expect(mayTake('x')).toBe(true);
  expect(row(rows, 'min-length', standard)?.exceptions).toEqual([
    `uid=user0,${people}: cn=soft,${policies}`,
    `${wang}: cn=gone,${policies} is not there, or not shown`,
  ]);
  expect(verdict(rows, 'min-length', `cn=soft`)).toBe('weaker');
});

test('an overlay without a default policy, and none at all, enforce nothing', async () => {
  await withPolicy(full, { overlays: [ppolicyOverlay.replace(/olcPPolicyDefault.*\n/, '')] });
  let rows = await rowsOf();
  expect(mayTake('x')).toBe(true);
  expect(row(rows, 'policy', 'default')).toMatchObject({ value: null, from: 'no default policy' });
  expect(judged(rows).some((one) => one.verdict === 'not-set')).toBe(true);
  await directory!.close();
  await server!.stop();
  // The module is there, and policies are; nothing looks at them.
  await withPolicy(`${full}pwdCheckQuality: 2\n`, { overlays: [] });
  modify(`dn: ${wang}\nchangetype: modify\nadd: description\ndescription: x\n`);
  rows = await rowsOf();
  expect(mayTake('x')).toBe(true);
  expect(rows).toEqual([
    { directory: 'ldap', scope: 'default', rule: 'policy', value: null, from: 'no overlay ppolicy' },
  ]);
  expect(judged(rows).map((one) => one.verdict)).toContain('not-set');
});

test.each([
  ['the default policy is hidden', `to dn.base="${standard}" by dn.exact="${operator}" none by * none`],
  [
    'its rules are hidden',
    `to dn.base="${standard}" attrs=pwdMinLength,pwdAttribute,pwdMaxAge,pwdInHistory,pwdLockout,pwdMaxFailure,pwdLockoutDuration,pwdCheckQuality by * none`,
  ],
])('where %s nothing is told, neither good nor bad', async (_, access) => {
  await withPolicy(`${full}pwdCheckQuality: 2\n`, {
    database: `olcSizeLimit: unlimited\nolcAccess: {0}${access}\nolcAccess: {1}to * by dn.exact="${operator}" write by anonymous auth by self write`,
  });
  const rows = await rowsOf();
  const verdicts = new Set(judged(rows).map((one) => one.verdict));
  expect(mayTake('x')).toBe(false);
  expect([...verdicts]).toEqual(['not-told']);
});

test('a locked account below a policy that is hidden is neither enabled nor disabled', async () => {
  await withPolicy(full, {
    database: `olcSizeLimit: unlimited\nolcAccess: {0}to dn.base="${standard}" by * none\nolcAccess: {1}to * by dn.exact="${operator}" write by anonymous auth`,
  });
  await rowsOf();
  const { accounts } = await directory!.read(signal);
  expect(accounts.find(({ login }) => login === 'li')!.state).toBe('unknown');
  expect(accounts.find(({ login }) => login === 'wang')!.state).toBe('enabled');
});
