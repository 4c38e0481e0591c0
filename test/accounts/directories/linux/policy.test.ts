import { describe, expect, test } from 'vitest';
import type { LinuxSpec } from '../../../../src/accounts/directories/linux/accounts.ts';
import { policyRows } from '../../../../src/accounts/directories/linux/policy.ts';
import { directorySchema } from '../../../../src/accounts/schema/directories.ts';

const spec = directorySchema.parse({ type: 'linux', id: 'hosts', targets: 'all' }) as LinuxSpec;
const rows = (...lines: string[]) => policyRows(lines, 'h1', spec);
const values = (rule: string, ...lines: string[]) =>
  rows(...lines)
    .filter((row) => row.rule === rule)
    .map(({ value }) => value);
const pam = (file: string, ...lines: string[]) => lines.map((line) => `pam /etc/pam.d/${file} ${line}`);
const unix = 'auth sufficient pam_unix.so';

/** As authselect writes it on RHEL 9 (profile sssd with-faillock with-pwhistory). */
const rhel = (file: string, without = /^$/) =>
  pam(
    file,
    ...[
      'auth        required                                     pam_faillock.so preauth silent',
      'auth        [default=1 ignore=ignore success=ok]         pam_localuser.so',
      'auth        sufficient                                   pam_unix.so nullok',
      'auth        sufficient                                   pam_sss.so forward_pass',
      'auth        required                                     pam_faillock.so authfail',
      'password    requisite                                    pam_pwquality.so local_users_only',
      'password    [default=1 ignore=ignore success=ok]         pam_localuser.so',
      'password    requisite                                    pam_pwhistory.so use_authtok remember=24',
      'password    sufficient                                   pam_unix.so sha512 shadow nullok use_authtok',
    ].filter((line) => !without.test(line)),
  );

describe('rules of a RHEL-like host', () => {
  const conf = ['quality minlen = 14', 'quality minclass=4', 'faillock deny = 5', 'faillock unlock_time = 900'];

  test('are those of both files', () => {
    const all = [...rhel('system-auth'), ...rhel('password-auth'), ...conf];
    expect(values('min-length', ...all)).toEqual([14, 14]);
    expect(values('classes', ...all)).toEqual([4, 4]);
    expect(values('history', ...all)).toEqual([24, 24]);
    expect(values('lockout', ...all)).toEqual([5, 5]);
  });

  test('and where ssh has others than the console, both are told', () => {
    const all = [...rhel('system-auth'), ...rhel('password-auth', /pwquality|pwhistory|faillock/), ...conf];
    expect(values('min-length', ...all)).toEqual([14, null]);
    expect(values('quality-check', ...all)).toEqual(['pam_pwquality', false]);
    expect(values('history', ...all)).toEqual([24, null]);
    expect(values('lockout', ...all)).toEqual([5, null]);
  });
});

describe('what only looks like a rule', () => {
  const quality = (control: string, ...conf: string[]) =>
    values(
      'min-length',
      ...pam(
        'common-password',
        `password ${control} pam_pwquality.so retry=3 minlen=12`,
        'password required pam_unix.so',
      ),
      ...conf,
    );

  test.each([
    ['requisite', 12],
    ['required', 12],
    ['[success=1 default=die]', 12],
    ['optional', null],
    ['[success=1 default=ignore]', null],
  ])('a check of passwords that is %s', (control, length) => {
    expect(quality(control)).toEqual([length]);
  });

  test('a check that is told to warn only', () => {
    expect(quality('requisite', 'quality enforcing = 0')).toEqual([null]);
    expect(quality('requisite', 'quality enforcing = 1')).toEqual([12]);
  });

  test.each<[string, string[], (number | null)[]]>([
    [
      'counts and looks',
      ['auth required pam_faillock.so preauth', unix, 'auth [default=die] pam_faillock.so authfail'],
      [3],
    ],
    [
      'counts and looks afterwards',
      [unix, 'auth [default=die] pam_faillock.so authfail', 'auth required pam_faillock.so authsucc'],
      [3],
    ],
    ['only looks', ['auth required pam_faillock.so preauth', unix], [null]],
    ['only counts', [unix, 'auth [default=die] pam_faillock.so authfail deny=3'], [null]],
  ])('a lock that %s', (_, lines, lockout) => {
    expect(values('lockout', ...pam('common-auth', ...lines))).toEqual(lockout);
  });

  test('a second factor that may be left out, or that sudo alone asks for', () => {
    const factor = (file: string, line: string) =>
      values('second-factor', ...pam('common-auth', unix), ...pam(file, line));
    expect(factor('common-auth', 'auth required pam_oath.so')).toEqual(['pam_oath']);
    expect(factor('common-auth', 'auth sufficient pam_u2f.so')).toEqual([false]);
    expect(factor('common-auth', 'auth optional pam_u2f.so')).toEqual([false]);
    expect(factor('sudo', 'auth required pam_oath.so')).toEqual([false]);
    const lines = pam('sshd', 'auth required pam_oath.so');
    const exceptions = (...sshd: string[]) =>
      rows(...lines, ...sshd.map((line) => `sshd ${line}`)).find(({ rule }) => rule === 'second-factor')?.exceptions;
    expect(exceptions('authenticationmethods any', 'pubkeyauthentication yes', 'usepam yes')).toEqual([
      'logins by ssh with a key (AuthenticationMethods any)',
    ]);
    expect(
      exceptions('authenticationmethods publickey,keyboard-interactive', 'pubkeyauthentication yes'),
    ).toBeUndefined();
    expect(exceptions('authenticationmethods any', 'pubkeyauthentication no')).toBeUndefined();
    expect(exceptions('usepam no')).toEqual(['logins by ssh (UsePAM no)']);
  });

  test.each(['-1', '99999', '100000', 'x'])('a greatest age of %s is none', (text) => {
    expect(values('max-age', `defs PASS_MAX_DAYS ${text}`)).toEqual([null]);
  });

  test('ages of single accounts', () => {
    const [age] = rows(
      'defs PASS_MAX_DAYS 90',
      ...['uid 1000 ann', 'uid 1001 bob', 'uid 1002 eve', 'uid 5 daemon', 'uid 0 root'],
      ...['age ann:0:90', 'age bob:0:', 'age eve:0:-1', 'age daemon:0:99999', 'age root:0:99999'],
    );
    expect(age!.exceptions).toEqual(['bob: no limit', 'eve: no limit', 'root: no limit']);
  });
});

test('a host without any rule of PAM tells nothing, which is not "no rule"', () => {
  expect(rows('defs PASS_MAX_DAYS 90').filter(({ rule }) => !/-age$/.test(rule))).toEqual([
    { directory: 'hosts', scope: 'h1', rule: 'unknown', value: null, from: 'h1: no rules of PAM are found' },
  ]);
});
