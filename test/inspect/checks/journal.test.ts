import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failedLogins } from '../../../src/inspect/checks/failed-logins.ts';
import { journal } from '../../../src/inspect/checks/journal.ts';
import { oom } from '../../../src/inspect/checks/oom.ts';
import { judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';
import { hasJournald, journalWith } from '../../helpers/real-journal.ts';

const cursor = 's=c82d07e0;i=159;b=87e322ad;m=fa93;t=6617;x=e188';
const told = (rows: string, from = 'cursor') => `now 1796018582\nfrom ${from}\n${rows}\nend`;

describe('journal', () => {
  test('counts messages, and keeps where it was', () => {
    const rows = [
      '2026-11-30T06:35:35+0000 vm nginx[123]: no such file',
      '2026-11-30T06:35:36+0000 vm nginx[124]: no such file',
      '-- Boot 87e322add2d74577bb5ade5791344831 --',
      '2026-11-30T06:35:37+0800 vm kernel: I/O error: of two lines',
      '                              the second line',
      `-- cursor: ${cursor}`,
    ].join('\n');
    expect(judged(journal, {}, told(rows), { kept: { cursor } })).toMatchObject({
      state: 'warn',
      message: 'messages of priority err and worse since the last run: 3',
      measures: [{ value: 3, warn: '0' }],
      details: ['2 x nginx: no such file', 'kernel: I/O error: of two lines'],
      keep: { cursor },
    });
    expect(judged(journal, { ignore: ['^nginx: ', 'I/O'] }, told(rows, '1796000000'))).toMatchObject({
      state: 'pass',
      message: 'messages of priority err and worse in the last 24 h 00 min: 0',
    });
  });

  test('without a message the place stays, and the first run keeps the time', () => {
    expect(judged(journal, {}, told(''), { kept: { cursor } })).not.toHaveProperty('keep');
    expect(judged(journal, {}, told('', '1')).keep).toEqual({ atS: 1796018582 });
    expect(journal.words(journal.withSchema.parse({ units: ['a'] }), { cursor: '$(rm)' })).toEqual([
      'err',
      '',
      '',
      '86400',
      'a',
    ]);
    expect(journal.words(journal.withSchema.parse({}), { atS: 5 })).toEqual(['err', '', '5', '86400']);
  });

  test.each(shells)('makes no sense without systemd, in %s', (shell) => {
    expect(probedAndJudged(journal, {}, { shell, without: ['journalctl'] })).toEqual({
      state: 'not-applicable',
      message: 'the host has no journal',
    });
  });

  test('a bound on what is read is told', () => {
    const rows = Array.from({ length: 2000 }, () => '2026-11-30T06:35:35+0000 vm a: b').join('\n');
    expect(judged(journal, {}, told(rows))).toMatchObject({
      message: expect.stringMatching(/: 2000\+$/),
      details: ['only 2000 messages were read in this run', '2000 x a: b'],
    });
  });

  test.each(['', 'now 1', 'now 1\nfrom cursor', 'now 1\nfrom cursor\nNov 30 06:35:35 vm a: b\nend'])(
    '%j is an error',
    (lines) => {
      expect(judged(journal, {}, lines).state).toBe('error');
    },
  );
});

describe.skipIf(!hasJournald).each(shells)('a real journal, in %s', (shell) => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join('/var/tmp', 'oaops-journal-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('errors since the last run', () => {
    const first = probedAndJudged(
      journal,
      {},
      {
        shell,
        before: journalWith(folder, [
          { priority: 'user.err', tag: 'app', text: 'first $(x)' },
          { priority: 'user.info', tag: 'app', text: 'no error' },
        ]),
      },
    );
    expect(first).toMatchObject({ state: 'warn', details: ['app: first $(x)'] });
    const none = probedAndJudged(journal, {}, { shell, kept: first.keep, before: journalWith(folder, []) });
    expect(none).toMatchObject({ state: 'pass', message: 'messages of priority err and worse since the last run: 0' });
    const more = {
      shell,
      kept: first.keep,
      before: journalWith(folder, [{ priority: 'daemon.crit', tag: 'db', text: 'second' }]),
    };
    expect(probedAndJudged(journal, {}, more)).toMatchObject({ state: 'warn', details: ['db: second'] });
    const units = probedAndJudged(journal, { units: ['nginx.service'] }, { shell, before: journalWith(folder, []) });
    expect(units).toMatchObject({ state: 'pass' });
    const lost = { shell, kept: { cursor: 'not=a;cursor=at_all' }, before: journalWith(folder, []) };
    expect(probedAndJudged(journal, {}, lost)).toMatchObject({
      state: 'warn',
      details: [expect.stringContaining('does not know'), 'app: first $(x)', 'db: second'],
    });
  });

  test('failed logins and the killer', () => {
    const before = journalWith(folder, [
      {
        priority: 'auth.info',
        tag: 'sshd[77]',
        text: 'Failed password for invalid user admin from 203.0.113.7 port 4711 ssh2',
      },
      {
        priority: 'auth.info',
        tag: 'sshd[78]',
        text: 'Failed password for invalid user admin from 203.0.113.7 port 4712 ssh2',
      },
      {
        priority: 'authpriv.notice',
        tag: 'sudo',
        text: 'pam_unix(sudo:auth): authentication failure; logname=joe uid=1 euid=0 tty=/dev/pts/0 ruser=joe rhost=  user=joe',
      },
      { priority: 'user.info', tag: 'x', text: 'Failed password for root from 192.0.2.1 port 1 ssh2' },
    ]);
    expect(probedAndJudged(failedLogins, { warn: 2 }, { shell, before })).toMatchObject({
      state: 'warn',
      message: expect.stringMatching(
        /^failed logins since \S+ \S+ UTC, by journal: 3, most from 203\.0\.113\.7 \(2\)$/,
      ),
      details: ['from 203.0.113.7: 2', 'as admin: 2', 'as joe: 1'],
    });
    // Messages of the kernel come from the kernel only.
    expect(probedAndJudged(oom, {}, { shell, before }).state).toBe('pass');
  });
});

test('messages that were not read may hold something', () => {
  const rows = told(`${'2026-11-30T06:35:35+0000 vm a: b\n'.repeat(2000)}-- cursor: ${cursor}`);
  expect(judged(journal, { ignore: ['a: b'] }, rows)).toMatchObject({ state: 'warn', keep: { cursor } });
});

test.each(shells)('a journalctl that fails says nothing, in %s', (shell) => {
  const folder = mkdtempSync(join('/tmp', 'oaops-journalctl-'));
  try {
    const text = 'case "$*" in "-q --no-pager -n 1") echo a ;; *) echo "Failed to open files: x" >&2; exit 1 ;; esac';
    writeFileSync(join(folder, 'journalctl'), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    expect(probedAndJudged(journal, {}, { shell, path: folder })).toMatchObject({
      state: 'error',
      message: expect.stringContaining('journalctl: Failed to open files: x'),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
