import { describe, expect, test } from 'vitest';
import { sshd } from '../../../src/inspect/checks/sshd.ts';
import { isRoot, judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';
import { which } from '../../helpers/restore-script.ts';

const hardened = `
port 22
usepam yes
logingracetime 60
maxauthtries 4
permitrootlogin without-password
ignorerhosts yes
hostbasedauthentication no
passwordauthentication no
challengeresponseauthentication no
x11forwarding no
strictmodes yes
permitemptypasswords no
permituserenvironment no
usedns no
tcpkeepalive yes
ciphers chacha20-poly1305@openssh.com,aes256-ctr
macs hmac-sha2-256,hmac-sha2-512
kexalgorithms curve25519-sha256,diffie-hellman-group14-sha256
allowusers oa
allowusers backup
clientaliveinterval 0`;

describe('sshd', () => {
  test('hardened passes', () => {
    expect(judged(sshd, {}, hardened)).toEqual({ state: 'pass', message: 'settings of sshd as they should be: 13' });
  });

  test('each setting that is weaker is named', () => {
    const weak = hardened
      .replace('permitrootlogin without-password', 'permitrootlogin yes')
      .replace('maxauthtries 4', 'maxauthtries 10')
      .replace('aes256-ctr', 'aes256-ctr,3des-cbc');
    expect(judged(sshd, { level: 'warn' }, weak)).toMatchObject({
      state: 'warn',
      message: 'PermitRootLogin is "yes", not "no / prohibit-password / forced-commands-only"; and 2 more besides',
      details: [expect.anything(), 'MaxAuthTries is 10, above 6', 'Ciphers allows 3des-cbc'],
    });
  });

  test('own settings stand over the hardened ones', () => {
    const settings = {
      X11Forwarding: 'yes',
      permitrootlogin: 'no',
      MaxAuthTries: null,
      AllowUsers: 'oa backup',
      KbdInteractiveAuthentication: 'no',
    };
    expect(judged(sshd, { settings }, hardened)).toMatchObject({
      state: 'fail',
      details: ['permitrootlogin is "without-password", not "no"', 'X11Forwarding is "no", not "yes"'],
    });
    expect(judged(sshd, { hardened: false, settings: { Port: [22, 2222] } }, hardened)).toMatchObject({
      state: 'pass',
      message: 'settings of sshd as they should be: 1',
    });
  });

  test('one that is not known is an error', () => {
    expect(judged(sshd, { settings: { NoSuch: 'yes' } }, hardened)).toMatchObject({
      state: 'error',
      message: 'this sshd has no setting NoSuch',
    });
  });

  test.each(['', 'port 22', '/etc/ssh/sshd_config line 3: Bad configuration option'])('%j is an error', (lines) => {
    expect(judged(sshd, {}, lines).state).toBe('error');
  });

  const isThere = isRoot && which('sshd') !== undefined;
  test.skipIf(!isThere).each(shells)('the probe in %s, with what Match blocks say', (shell) => {
    const config =
      'PermitRootLogin no\nPasswordAuthentication no\nX11Forwarding no\nMatch User "guest"\n  PasswordAuthentication yes\n';
    const world = { shell, before: 'mkdir -p /run/sshd', over: { '/etc/ssh/sshd_config': config } };
    expect(probedAndJudged(sshd, {}, world)).toMatchObject({ state: 'pass' });
    expect(probedAndJudged(sshd, { for: { user: 'guest' } }, world)).toMatchObject({
      state: 'fail',
      message: 'PasswordAuthentication is "yes", not "no"',
    });
    expect(probedAndJudged(sshd, { config: '/etc/ssh/sshd_config', for: { user: 'oa' } }, world).state).toBe('pass');
    const broken = { ...world, over: { '/etc/ssh/sshd_config': 'NoSuchOption yes\n' } };
    expect(probedAndJudged(sshd, {}, broken)).toMatchObject({
      state: 'error',
      message: expect.stringContaining('NoSuchOption'),
    });
  });

  test.each(shells)('a host without sshd, in %s', (shell) => {
    expect(probedAndJudged(sshd, {}, { shell, without: ['sshd'] }).state).toBe('not-applicable');
  });
});
