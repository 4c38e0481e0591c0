import { describe, expect, test } from 'vitest';
import { passwordPolicy } from '../../../src/inspect/checks/password-policy.ts';
import { isRoot, judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const rhel = `
defs PASS_MAX_DAYS 90
defs PASS_MIN_DAYS 1
defs PASS_WARN_AGE 7
quality minlen = 12
quality dcredit = -1
quality ucredit=-1
quality lcredit = -1   # lower
faillock deny = 5
faillock unlock_time = 900
file /etc/pam.d/system-auth
pam /etc/pam.d/system-auth auth        required      pam_faillock.so preauth silent
pam /etc/pam.d/system-auth auth        required      pam_faillock.so authfail
pam /etc/pam.d/system-auth auth        sufficient    pam_unix.so nullok
pam /etc/pam.d/system-auth password    requisite     pam_pwquality.so local_users_only
pam /etc/pam.d/system-auth password    sufficient    pam_unix.so sha512 shadow use_authtok remember=5
file /etc/pam.d/password-auth
pam /etc/pam.d/password-auth auth        required      pam_faillock.so preauth silent
pam /etc/pam.d/password-auth auth        required      pam_faillock.so authfail
pam /etc/pam.d/password-auth auth        [success=1 default=bad]    pam_unix.so
end`;
const debian = `
defs PASS_MAX_DAYS 99999
file /etc/pam.d/common-password
pam /etc/pam.d/common-password password	[success=1 default=ignore]	pam_unix.so obscure yescrypt
file /etc/pam.d/common-auth
pam /etc/pam.d/common-auth auth	[success=1 default=ignore]	pam_unix.so nullok
end`;

describe('password-policy', () => {
  test('a host that was hardened passes', () => {
    expect(judged(passwordPolicy, { minDays: 1, warnDays: 7, remember: 5, minLength: 12 }, rhel)).toEqual({
      state: 'pass',
      message: 'rules for passwords as they should be',
    });
  });

  test('Debian as it is installed does not', () => {
    expect(judged(passwordPolicy, {}, debian)).toMatchObject({
      state: 'fail',
      details: [
        'PASS_MAX_DAYS is 99999, above 90',
        'no module of PAM looks at how good a password is: pam_pwquality is not called',
        'nothing in /etc/pam.d/common-auth locks accounts after failed logins',
      ],
    });
  });

  test.each([
    [{ minLength: 14 }, 'passwords may have 12 characters, below 14'],
    [{ classes: 4 }, 'passwords need only 3 of the four kinds of characters, below 4'],
    [{ lockAfter: 3 }, '/etc/pam.d/system-auth locks after 5 failed logins, above 3; and 1 more besides'],
    [{ lockFor: '1h' }, '/etc/pam.d/system-auth locks for 15 min 00 s, below 1 h 00 min; and 1 more besides'],
    [{ remember: 10 }, 'the last 5 passwords are not taken again, below 10'],
    [{ minDays: 2 }, 'PASS_MIN_DAYS is 1, below 2'],
    [{ maxDays: 60 }, 'PASS_MAX_DAYS is 90, above 60'],
  ])('%j: %s', (args, message) => {
    expect(judged(passwordPolicy, args, rhel)).toMatchObject({ state: 'fail', message });
  });

  test('arguments of a module stand over its file, credits shorten, and both files of RHEL count', () => {
    const args = rhel.replace('local_users_only', 'minlen=7 minclass=2');
    expect(judged(passwordPolicy, {}, args).message).toBe('passwords may have 7 characters, below 8');
    expect(
      judged(passwordPolicy, { minLength: 12, classes: null }, rhel.replace('dcredit = -1', 'dcredit = 2')).state,
    ).toBe('fail');
    const one = rhel.replaceAll(/pam \/etc\/pam\.d\/password-auth auth +required[^\n]*\n/g, '');
    expect(judged(passwordPolicy, {}, one).message).toBe(
      'nothing in /etc/pam.d/password-auth locks accounts after failed logins',
    );
    const tally = one.replace(
      '[success',
      'required pam_tally2.so deny=3 unlock_time=never\npam /etc/pam.d/password-auth auth [success',
    );
    expect(judged(passwordPolicy, {}, tally).state).toBe('pass');
  });

  test('null is not looked at', () => {
    const none = { maxDays: null, minLength: null, classes: null, lockAfter: null, lockFor: null };
    expect(judged(passwordPolicy, none, debian).state).toBe('pass');
  });

  test('accounts made before keep their age', () => {
    const lines = rhel.replace('\nend', '\nage root 99999\nage oa 90\nage old 365\nage odd \nend');
    expect(judged(passwordPolicy, { accounts: true, except: ['root'] }, lines)).toMatchObject({
      state: 'fail',
      details: ['the password of old expires after 365 days, more than 90', 'the password of odd never expires'],
    });
  });

  test.each(['', 'defs PASS_MAX_DAYS 90', 'defs PASS_MAX_DAYS 90\nend'])('%j is an error', (lines) => {
    expect(judged(passwordPolicy, {}, lines).state).toBe('error');
  });

  test('failed logins that nobody writes down lock nobody', () => {
    const silent = rhel.replace(/.*password-auth.*authfail\n/, '');
    expect(judged(passwordPolicy, {}, silent)).toMatchObject({
      state: 'fail',
      message: 'nothing in /etc/pam.d/password-auth locks accounts after failed logins',
    });
  });

  test.skipIf(!isRoot).each(shells)('the probe in %s', (shell) => {
    const over = {
      '/etc/login.defs': '# PASS_MAX_DAYS 1\nPASS_MAX_DAYS\t60\nPASS_MIN_DAYS 0\nUMASK 022\n',
      '/etc/pam.d/common-password':
        '# pam_pwquality.so\npassword requisite pam_pwquality.so retry=3 minlen=10 minclass=3\npassword [success=1 default=ignore] pam_unix.so\n',
      '/etc/pam.d/common-auth':
        'auth required pam_faillock.so preauth\nauth [success=1 default=ignore] pam_unix.so nullok\nauth [default=die] pam_faillock.so authfail\n',
      '/etc/security/faillock.conf': '# deny = 9\ndeny = 4\nunlock_time = 600\n',
      '/etc/shadow': 'root:$y$x$y:19000:0:99999:7:::\nlocked:!:1:0:99999:7:::\n',
    };
    expect(probedAndJudged(passwordPolicy, {}, { shell, over })).toMatchObject({ state: 'pass' });
    expect(probedAndJudged(passwordPolicy, { lockAfter: 3, accounts: true }, { shell, over }).details).toEqual([
      'the password of root never expires',
      '/etc/pam.d/common-auth locks after 4 failed logins, above 3',
    ]);
  });
});
