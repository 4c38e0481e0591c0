import { describe, expect, test } from 'vitest';
import type { LocalAccount } from '../../../../src/accounts/directories/linux/host-state.ts';
import { momentOf, readLastUses } from '../../../../src/accounts/directories/linux/last-uses.ts';

const day = (text: string) => String(Date.parse(text) / 86_400_000);
const account = (login: string, changed = day('2020-01-01')) =>
  ({ login, shadow: { changed } }) as unknown as LocalAccount;
const use = (lines: string[], login = 'joe', changed?: string) => readLastUses(lines).of(account(login, changed));

const wtmp = [
  'wtmp ann      pts/0        10.0.0.9         Mon Nov  2 08:00:00 2026 - Mon Nov  2 09:00:00 2026  (01:00)',
  'wtmp reboot   system boot  6.1.0            Sun Nov  1 00:00:00 2026   still running',
  'wtmp wtmp begins Tue Sep  1 00:00:01 2026',
  'wtmp wtmp.1 begins Thu Jan  1 00:00:01 2026',
];

describe('last uses on Linux', () => {
  test('times with and without a zone', () => {
    expect(momentOf('Mon Nov 30 09:01:23 +0800 2026')).toBe(Date.parse('2026-11-30T01:01:23Z'));
    expect(momentOf('joe pts/1 Tue Nov  3 09:01:23 2026 - ...')).toBe(Date.parse('2026-11-03T09:01:23Z'));
    expect(momentOf('**Never logged in**')).toBeUndefined();
  });

  test('the newest of all logs counts, and the log is told', () => {
    const lines = [
      'lastlog joe              pts/0    10.0.0.1         Mon Jun  1 08:00:00 +0000 2026',
      `journal ${Date.parse('2026-11-20T00:00:00Z') / 1000} joe`,
      ...wtmp,
    ];
    expect(use(lines)).toEqual({ at: Date.parse('2026-11-20T00:00:00Z'), from: 'journal' });
    expect(use(lines, 'ann')).toEqual({ at: Date.parse('2026-11-02T08:00:00Z'), from: 'wtmp' });
    expect(
      use([
        'lastlog2 joe pts/0 ::1 Mon Jun  1 08:00:00 +0000 2026',
        'lastlog joe pts/0 ::1 Mon Jun  1 08:00:00 +0000 2026',
      ]),
    ).toMatchObject({ from: 'lastlog2' });
  });

  test('who is in no log was not used since it begins, or since the account has a password, whichever is later', () => {
    expect(use(wtmp)).toEqual({
      at: Date.parse('2026-01-01T00:00:01Z'),
      from: 'no login in wtmp, which begins on 2026-01-01',
      orBefore: true,
    });
    expect(use(wtmp, 'joe', day('2026-11-25'))).toMatchObject({
      at: Date.parse('2026-11-26T00:00:00Z'),
      orBefore: true,
    });
  });

  test('nothing is claimed without a bound', () => {
    // How old the account is, is not known: it may be of yesterday.
    expect(use(wtmp, 'joe', '0')).toEqual({
      unknown: 'no login in wtmp, which begins on 2026-01-01; how old the account is, nobody knows',
    });
    expect(use([])).toEqual({ unknown: 'the host keeps no log of logins that can be read' });
    // Nobody is in it: perhaps nothing writes it.
    expect(use(['wtmp wtmp begins Thu Jan  1 00:00:01 2026'])).toHaveProperty('unknown');
    // A zero entry, and a file whose birth the file system does not tell.
    const zero = [
      'lastlog joe                            **Never logged in**',
      'lastlog ann pts/0 ::1 Mon Jun  1 08:00:00 +0000 2026',
      'begins lastlog 0',
    ];
    expect(use(zero)).toEqual({ unknown: 'no login is known, and no log tells since when it is kept' });
    expect(use([...zero.slice(0, 2), 'begins lastlog 1767225600'])).toMatchObject({
      at: Date.parse('2026-01-01T00:00:00Z'),
      orBefore: true,
    });
  });

  test('names of 32 characters and more in wtmp are cut off', () => {
    const login = 'x'.repeat(40);
    expect(use([`wtmp ${'x'.repeat(32)} pts/0 ::1 Mon Nov  2 08:00:00 2026`], login)).toMatchObject({ from: 'wtmp' });
  });
});
