import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, reboot } from '../../../src/inspect/checks/reboot.ts';
import { isRoot, judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

describe('reboot', () => {
  test('Debian says it with a file', () => {
    expect(
      judged(
        reboot,
        {},
        'running 6.1.0-18-amd64\nwanted /run/reboot-required\npackage libc6\npackage linux-image-amd64',
      ),
    ).toMatchObject({
      state: 'warn',
      message: 'a restart is needed: /run/reboot-required is there',
      details: ['libc6', 'linux-image-amd64'],
    });
  });

  test('RHEL-like say it with needs-restarting, SUSE with zypper', () => {
    const el9 = 'running 5.14.0-362.8.1.el9_3.x86_64\nkernel 5.14.0-362.8.1.el9_3.x86_64';
    expect(judged(reboot, { level: 'fail' }, `${el9}\nneeds-restarting 1`)).toMatchObject({
      state: 'fail',
      message: 'a restart is needed, says needs-restarting -r',
    });
    expect(judged(reboot, {}, `${el9}\nneeds-restarting 0`)).toMatchObject({
      state: 'pass',
      message: 'no restart is needed, by needs-restarting -r, the kernels in /boot',
    });
    expect(judged(reboot, {}, 'running 5.14.21-150500.55-default\nzypper 102').state).toBe('warn');
  });

  test.each([
    ['6.1.0-18-amd64', '6.1.0-21-amd64', true],
    ['6.1.0-9-amd64', '6.1.0-10-amd64', true],
    ['6.1.0-21-amd64', '6.1.0-18-amd64', false],
    ['6.1.0-18-amd64', '6.1.0-21-cloud-amd64', false],
    ['5.14.0-362.el9.x86_64', '5.14.0-362.8.1.el9_3.x86_64', true],
    ['5.14.0-362.8.1.el9_3.x86_64', '5.14.0-427.el9.x86_64+debug', false],
    ['4.18.0-513.el8.x86_64', '0-rescue-8f3ab', false],
    ['5.15.0-91-generic', '5.15.0-100-generic', true],
  ])('running %s with %s installed: %s', (running, installed, needed) => {
    const lines = `running ${running}\nkernel ${running}\nkernel ${installed}`;
    expect(judged(reboot, {}, lines).state).toBe(needed ? 'warn' : 'pass');
  });

  test('modules that are gone tell of another kernel', () => {
    expect(judged(reboot, {}, 'running 6.6.8-0-lts\ngone')).toMatchObject({ state: 'warn' });
  });

  test('no source is no pass', () => {
    expect(judged(reboot, {}, 'running 6.6.8-0-lts').state).toBe('error');
    expect(judged(reboot, {}, 'running 6.6.8-0-lts\nneeds-restarting 127').state).toBe('error');
    expect(judged(reboot, {}, 'running 6.6.8-0-lts\ncontainer').state).toBe('not-applicable');
    expect(judged(reboot, {}, '').state).toBe('error');
    expect(judged(reboot, {}, 'running \u0000').state).toBe('error');
  });

  test('versions have an order', () => {
    expect(compareVersions('6.7.0-rc1-amd64', '6.7.0-amd64')).toBeLessThan(0);
    expect(compareVersions('6.10.0', '6.9.12')).toBeGreaterThan(0);
    const version = fc.array(fc.oneof(fc.nat(300).map(String), fc.constantFrom('el', 'amd64', 'rc2')), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [x, y] = [a.join('-'), b.join('.')];
        expect(Math.sign(compareVersions(x, y)) + Math.sign(compareVersions(y, x))).toBe(0);
        expect(compareVersions(x, x)).toBe(0);
      }),
    );
  });

  test.skipIf(!isRoot).each(shells)('the probe in %s', (shell) => {
    const wanted = 'mount -t tmpfs none /run && echo yes >/run/reboot-required && echo dbus >/run/reboot-required.pkgs';
    expect(probedAndJudged(reboot, {}, { shell, before: wanted })).toMatchObject({ state: 'warn', details: ['dbus'] });
    const kernels = 'mount -t tmpfs none /boot && : >"/boot/vmlinuz-9999.$(uname -r | cut -d. -f2-)"';
    expect(probedAndJudged(reboot, {}, { shell, before: `mount -t tmpfs none /run\n${kernels}` })).toMatchObject({
      state: 'warn',
      message: expect.stringMatching(/^kernel 9999\.\S+ is installed and \S+ runs$/),
    });
    const program = (script: string) =>
      `mount -t tmpfs none /run\nmount -t tmpfs none /boot\nprintf '%s\\n' '#!/bin/sh' '${script}' >/boot/needs-restarting\nchmod 755 /boot/needs-restarting`;
    const asks = (script: string) => probedAndJudged(reboot, {}, { shell, path: '/boot', before: program(script) });
    expect(asks('exit 0')).toMatchObject({ state: 'pass', message: 'no restart is needed, by needs-restarting -r' });
    expect(asks('echo "Reboot is required to fully utilize these updates."; exit 1')).toMatchObject({
      state: 'warn',
      message: 'a restart is needed, says needs-restarting -r',
    });
    expect(['error', 'not-applicable']).toContain(asks('echo Traceback >&2; exit 1').state);
  });
});
