import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failedLogins } from '../../../src/inspect/checks/failed-logins.ts';
import { isRoot, judged, probed, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const told = (rows: string) => `now 1796018582\nsince 1795932182\nsource journal\n${rows}`;

describe('failed-logins', () => {
  test('are summed by address and by account', () => {
    const rows = [
      'failed 200 Failed password for root from 203.0.113.7',
      'failed 3 Failed password for invalid user a from 1.2.3.4 from 203.0.113.9',
      'failed 1 Failed password for invalid user Secret-2026! from 203.0.113.9',
      'failed 2 pam_unix(su:auth): authentication failure; logname= uid=1000 euid=0 tty=pts/0 ruser=joe rhost=  user=root',
      "failed 1 FAILED LOGIN (1) on '/dev/tty1' FOR 'ann', Authentication failure",
      'failed 1 FAILED SU (to root) joe on pts/1',
      "failed 4 Bad password attempt for 'oa' from 198.51.100.2",
      "failed 1 invalid password for 'eve' on 'tty1'",
      'total 213',
    ].join('\n');
    expect(judged(failedLogins, {}, told(rows))).toMatchObject({
      state: 'fail',
      message: 'failed logins since 2026-11-29 06:03 UTC, by journal: 213, most from 203.0.113.7 (200)',
      measures: [{ name: 'failed', value: 213, warn: '20', fail: '200' }],
      details: [
        'from 203.0.113.7: 200',
        'from 203.0.113.9: 4',
        'from 198.51.100.2: 4',
        'as root: 203',
        'as oa: 4',
        'as a from 1.2.3.4: 3',
        'as ann: 1',
        'as eve: 1',
        'names that no account has, each tried once: 1',
      ],
      keep: { atS: 1796018582 },
    });
    expect(judged(failedLogins, {}, told('total 0'))).toMatchObject({
      state: 'pass',
      message: 'failed logins since 2026-11-29 06:03 UTC, by journal: 0',
    });
  });

  test.each(['', 'total 3', told(''), 'now x\nsince 1\nsource journal\ntotal 1'])('%j is an error', (lines) => {
    expect(judged(failedLogins, {}, lines).state).toBe('error');
  });

  const nowS = Math.floor(Date.now() / 1000);
  const pad = (value: number) => String(value).padStart(2, '0');
  const stamps = (s: number) => {
    const at = new Date(s * 1000);
    const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][at.getMonth()];
    const time = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
    return {
      old: `${month} ${String(at.getDate()).padStart(2)} ${time}`,
      iso: `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}T${time}.123456+00:00`,
    };
  };

  test.skipIf(!isRoot).each(shells)('from /var/log/auth.log, old and new, in %s', (shell) => {
    const lines = (kind: 'old' | 'iso') => [
      `${stamps(nowS - 30 * 86_400)[kind]} h sshd[1]: Failed password for long from 192.0.2.1 port 1 ssh2`,
      `${stamps(nowS - 7200)[kind]} h sshd[1]: Failed password for before from 192.0.2.1 port 1 ssh2`,
      `${stamps(nowS - 60)[kind]} h sshd[1]: Failed password for root from 192.0.2.2 port 22222 ssh2`,
      `${stamps(nowS - 60)[kind]} h sshd[1]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.2  user=root`,
      `${stamps(nowS - 60)[kind]} h sshd[1]: PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.2  user=root`,
      `${stamps(nowS - 50)[kind]} h sshd[1]: message repeated 2 times: [ Failed password for root from 192.0.2.2 port 22222 ssh2]`,
      `${stamps(nowS - 40)[kind]} h CRON[1]: pam_unix(cron:session): session opened for user root`,
      'nonsense \u00ff line',
    ];
    for (const kind of ['old', 'iso'] as const) {
      const before = 'mkdir -p /var/log && mount -t tmpfs none /var/log && : >/var/log/auth.log';
      const world = {
        shell,
        before: `${before}\ncp /dev/stdin /var/log/auth.log <<'END'\n${lines(kind).join('\n')}\nEND`,
        without: ['journalctl'],
        kept: { atS: nowS - 3600 },
      };
      expect(probedAndJudged(failedLogins, {}, world)).toMatchObject({
        state: 'pass',
        message: expect.stringContaining('by /var/log/auth.log: 3, most from 192.0.2.2 (3)'),
        details: ['from 192.0.2.2: 3', 'as root: 3'],
      });
      const rotated = { ...world, before: world.before.replaceAll('auth.log', 'auth.log-20261129') };
      const both = { ...rotated, before: `${rotated.before}\necho "${stamps(nowS)[kind]} h x: x" >/var/log/auth.log` };
      expect(probed(failedLogins, {}, both).lines).toContain('total 3');
      expect(probed(failedLogins, { first: '40d' }, { ...world, kept: undefined }).lines).toContain('total 5');
    }
  });

  test.skipIf(!isRoot).each(shells)('names do not hide or multiply attempts, nor do odd times, in %s', (shell) => {
    const name = (text: string) =>
      `${stamps(nowS - 60).old} h sshd[1]: Failed password for invalid user ${text} from 192.0.2.2 port 1 ssh2`;
    const made = (lines: string[], more: { without?: string[]; before?: string } = {}) =>
      probed(
        failedLogins,
        {},
        {
          shell,
          without: ['journalctl'],
          kept: { atS: nowS - 3600 },
          ...more,
          before: `mkdir -p /var/log && mount -t tmpfs none /var/log\ncat >/var/log/auth.log <<'END'\n${lines.join('\n')}\nEND\n${more.before ?? ''}`,
        },
      );
    const names = [
      'a: message repeated 0 times: [ x',
      'a: message repeated 99999999999999999999 times: [ ',
      'x: pam_unix(sshd:auth)',
    ];
    expect(made(names.map(name)).lines).toContain('total 3');
    expect(made(['30.11.2026 07:00 h sshd[1]: Failed password for root from 192.0.2.2 port 1 ssh2'])).toMatchObject({
      exitCode: 125,
      err: 'the times in /var/log/auth.log are not understood',
    });
    // A clock that was set back: what was kept lies in the future.
    const future = probed(
      failedLogins,
      {},
      {
        shell,
        without: ['journalctl'],
        kept: { atS: nowS + 86_400 },
        before: `mount -t tmpfs none /var/log\ncat >/var/log/auth.log <<'END'\n${name('root')}\nEND`,
      },
    );
    expect(future.lines).toContain('total 1');
  });

  test.skipIf(!isRoot).each(shells)('a lastb or journalctl that fails says nothing, in %s', (shell) => {
    const folder = mkdtempSync(join(tmpdir(), 'oaops-logins-'));
    try {
      const program = (name: string, text: string) =>
        writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      const before = 'mount -t tmpfs none /var/log && : >/var/log/btmp';
      const world = { shell, path: folder, before };
      program('lastb', 'echo "lastb: invalid option" >&2; exit 1');
      expect(probedAndJudged(failedLogins, {}, { ...world, without: ['journalctl'] }).state).toBe('error');
      program(
        'lastb',
        'echo "btmp ssh:notty 192.0.2.2 Mon Nov 30 07:00 - 07:00"; echo; echo "btmp begins Mon Nov 30 07:00:00 2026"',
      );
      const found = probed(failedLogins, {}, { ...world, without: ['journalctl'] });
      expect(found.lines).toContain('total 1');
      program('journalctl', 'case "$*" in *"-n 1"*) echo a ;; *) exit 1 ;; esac');
      expect(probedAndJudged(failedLogins, {}, world)).toMatchObject({ state: 'error' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test.skipIf(!isRoot).each(shells)('without any log it is an error, in %s', (shell) => {
    const world = { shell, without: ['journalctl', 'lastb'], before: 'mount -t tmpfs none /var/log' };
    expect(probedAndJudged(failedLogins, {}, world).state).toBe('error');
  });
});
