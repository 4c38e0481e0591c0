import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complaints, judged, makeCheck, shells } from '../../helpers/probe.ts';
import { which } from '../../helpers/restore-script.ts';

test.each([
  ['manager dpkg\ninstalled 1.22.1-9+deb12u3', {}, 'pass', 'nginx 1.22.1-9+deb12u3 is installed'],
  [
    'manager rpm\ninstalled 1.20.1-14.el9',
    { versions: ['1.20.*', '1.22.*'] },
    'pass',
    'nginx 1.20.1-14.el9 is installed',
  ],
  [
    'manager rpm\ninstalled 1.20.1-14.el9\ninstalled 1.18.0-1.el9',
    { versions: ['1.20.*'] },
    'fail',
    'nginx 1.20.1-14.el9, 1.18.0-1.el9 is installed, and it should be 1.20.*',
  ],
  ['manager dpkg\nconfig-files 1.22.1', {}, 'fail', 'nginx is not installed'],
  ['manager dpkg\nconfig-files 1.22.1', { installed: false }, 'pass', 'nginx is not installed'],
  ['manager apk', {}, 'fail', 'nginx is not installed'],
  ['manager apk', { installed: false }, 'pass', 'nginx is not installed'],
  ['manager dpkg\ninstalled 1', { installed: false }, 'fail', 'nginx 1 is installed'],
  ['manager dpkg\nhalf-configured 1.22.1', {}, 'fail', 'nginx is half-configured'],
  ['', { installed: false }, 'error', 'the host did not name its package manager'],
  ['manager dpkg\nFehler: kaputt', { installed: false }, 'error', 'dpkg said something else: Fehler: kaputt'],
])('%j with %j is %s', (output, more, state, message) => {
  expect(judged('package', { name: 'nginx', ...more }, output)).toMatchObject({ state, message });
});

test('arguments', () => {
  expect(complaints('package', { name: '--help' })).toEqual(['name: not a name of a package']);
  expect(complaints('package', { name: 'a', installed: false, versions: ['1'] })).toEqual([
    'versions: a package that must not be there has no versions',
  ]);
});

describe.skipIf(which('dpkg-query') === undefined)('dpkg of this machine', () => {
  test.each(shells)('%s', async (_name, shell) => {
    expect(await makeCheck('package', { name: 'coreutils', versions: ['*'] }, { shell })).toMatchObject({
      state: 'pass',
    });
    expect(await makeCheck('package', { name: 'no-such-package' }, { shell })).toMatchObject({
      state: 'fail',
      message: 'no-such-package is not installed',
    });
  });
});

/** Managers that this machine lacks, as programs that print what the real ones print. */
describe('other managers', () => {
  let folder: string;
  const program = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'oaops-package-'));
    const row = 'nginx-1.26.3-r0 x86_64 {nginx} (BSD-2-Clause) [installed]';
    program('apk', `[ "$3" = nginx ] || exit 1; case $1 in list) echo "${row}" ;; esac`);
    program(
      'rpm',
      `case "$*" in
  '-q rpm') echo rpm-4.16.1.3-29.el9 ;;
  *nginx) echo 'installed 1.20.1-14.el9' ;;
  *) echo 'package no-such is not installed'; exit 1 ;;
esac`,
    );
    program('pacman', `[ "$2" = nginx ] && echo 'nginx 1.26.2-1'`);
    program('opkg', `[ "$2" = nginx ] && echo 'nginx - 1.26.1-1'`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const all = ['dpkg-query', 'rpm', 'apk', 'pacman', 'opkg'];
  test.each([
    ['rpm', '1.20.1-14.el9'],
    ['apk', '1.26.3-r0'],
    ['pacman', '1.26.2-1'],
    ['opkg', '1.26.1-1'],
  ])('%s', async (manager, version) => {
    const options = { env: { PATH: `${folder}:/usr/bin:/bin` }, without: all.filter((name) => name !== manager) };
    for (const [, shell] of shells) {
      const made = await makeCheck('package', { name: 'nginx' }, { ...options, shell });
      expect(made.message).toBe(`nginx ${version} is installed`);
      const none = await makeCheck('package', { name: 'no-such' }, { ...options, shell });
      expect(none).toMatchObject({ state: 'fail', message: 'no-such is not installed' });
    }
  });

  test('none of them', async () => {
    const made = await makeCheck('package', { name: 'nginx', installed: false }, { without: all });
    expect(made).toMatchObject({ state: 'error', message: 'the host has none of dpkg, rpm, apk, pacman and opkg' });
  });
});
