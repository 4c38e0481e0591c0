import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSudoers } from '../../../src/core/sudoers-rules.ts';
import { sudoers } from '../../../src/inspect/checks/sudoers.ts';
import { isRoot, judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const read = (text: string) => readSudoers([{ name: '/etc/sudoers', lines: text.split('\n') }]);
const short = (text: string) =>
  read(text).rules.map(
    ({ who, hosts, runAs, withoutPassword, commands }) =>
      `${who} @${hosts.join(',')} (${runAs}) ${withoutPassword ? 'free ' : ''}${commands.join(' | ')}`,
  );

describe('the grammar of sudoers', () => {
  test.each([
    ['root ALL=(ALL:ALL) ALL', ['root @ALL (ALL:ALL) ALL']],
    ['%wheel\tALL=(ALL)\tNOPASSWD: ALL # free', ['%wheel @ALL (ALL) free ALL']],
    [
      'joe,  ann db1, db2 = /bin/ls, /bin/cat /var/log/*',
      ['joe @db1,db2 (root) /bin/ls | /bin/cat /var/log/*', 'ann @db1,db2 (root) /bin/ls | /bin/cat /var/log/*'],
    ],
    [
      'joe ALL = NOPASSWD: /bin/a, PASSWD: /bin/b, (oa) /bin/c',
      ['joe @ALL (root) free /bin/a', 'joe @ALL (root) /bin/b', 'joe @ALL (oa) /bin/c'],
    ],
    ['joe ALL=NOPASSWD:NOEXEC: /bin/a', ['joe @ALL (root) free /bin/a']],
    ['joe h1 = /bin/a : h2 = NOPASSWD: /bin/b', ['joe @h1 (root) /bin/a', 'joe @h2 (root) free /bin/b']],
    ['#1000 ALL=ALL', ['#1000 @ALL (root) ALL']],
    ['joe ALL=/bin/a, \\\n  /bin/b', ['joe @ALL (root) /bin/a | /bin/b']],
    ['%domain\\ admins ALL=(ALL) ALL', ['%domain\\ admins @ALL (ALL) ALL']],
    [
      'joe ALL=sha224:0GomF8mNN3wlDt1HD9XldjJ3SNgpFdbjO1+NsQ== /bin/ls',
      ['joe @ALL (root) sha224:0GomF8mNN3wlDt1HD9XldjJ3SNgpFdbjO1+NsQ== /bin/ls'],
    ],
    [
      'User_Alias ADMINS = joe, ann : OPS = ADMINS, eve\nCmnd_Alias LOOK = /bin/ls, /bin/cat\nOPS ALL = NOPASSWD: LOOK',
      ['joe', 'ann', 'eve'].map((who) => `${who} @ALL (root) free /bin/ls | /bin/cat`),
    ],
    ['# a comment\n\nDefaults env_reset\nDefaults secure_path="/a:/b"\n#includedir /etc/sudoers.d\n@include /x', []],
    ['joe ALL=(ALL) ALL, !/bin/su', ['joe @ALL (ALL) ALL | !/bin/su']],
  ])('%j', (text, rules) => {
    expect(short(text)).toEqual(rules);
    expect(read(text).strange).toEqual([]);
  });

  test('what takes the password away for all', () => {
    expect(read('Defaults !authenticate').unasked).toEqual([{ who: 'ALL', file: '/etc/sudoers' }]);
    expect(read('Defaults:%ops env_reset, !authenticate').unasked).toEqual([{ who: '%ops', file: '/etc/sudoers' }]);
    expect(read('Defaults authenticate').unasked).toEqual([]);
  });

  test('each rule knows its lines, and with whom it shares them', () => {
    const text =
      '# one\n\njoe ALL=/bin/a, \\\n  /bin/b\nUser_Alias OPS = joe, ann\nOPS ALL=/bin/c\n"eve" ALL=/bin/d : h1=/bin/e';
    expect(read(text).rules.map(({ who, line, lastLine, users }) => [who, line, lastLine, users])).toEqual([
      ['joe', 3, 4, ['joe']],
      ['joe', 6, 6, ['joe', 'ann']],
      ['ann', 6, 6, ['joe', 'ann']],
      ['eve', 7, 7, ['eve']],
      ['eve', 7, 7, ['eve']],
    ]);
  });

  test('what is not understood is told', () => {
    expect(read('joe may do it').strange).toEqual(['/etc/sudoers: joe may do it']);
    expect(read('= ALL').strange).toHaveLength(1);
  });

  test('any text is read without an end', () => {
    const piece = fc.constantFrom(
      'ALL',
      '=',
      '(',
      ')',
      ':',
      ',',
      'NOPASSWD:',
      'A_Alias',
      'User_Alias A = A',
      '\\',
      '"',
      '#',
      ' ',
      '\n',
      'joe',
      '!',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const { rules, strange } = read(pieces.join(''));
        expect(rules.length + strange.length).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

const told = (text: string, more = 'visudo 0') =>
  `${more}\nfile /etc/sudoers\n${text
    .split('\n')
    .map((line) => `line ${line}`)
    .join('\n')}\nend`;

describe('sudoers', () => {
  test('what Debian and RHEL ship passes', () => {
    const shipped = 'Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n%wheel ALL=(ALL) ALL';
    expect(judged(sudoers, {}, told(shipped))).toMatchObject({
      state: 'pass',
      message: 'rights by sudo as they should be: 3 rules',
      details: ['root ALL = (ALL:ALL) ALL', '%sudo ALL = (ALL:ALL) ALL', '%wheel ALL = (ALL) ALL'],
    });
  });

  test('who needs no password, and who may do everything, fails unless named', () => {
    const text =
      'cloud-user ALL=(ALL) NOPASSWD:ALL\njoe ALL=(ALL) ALL\nbackup ALL=NOPASSWD: /usr/bin/rsync\neve ALL=(www-data) ALL';
    expect(judged(sudoers, {}, told(text))).toMatchObject({
      state: 'fail',
      message: 'cloud-user may run ALL without a password; and 2 more besides',
      details: [
        'cloud-user may run ALL without a password',
        'backup may run /usr/bin/rsync without a password',
        'joe may run every command',
      ],
    });
    expect(
      judged(sudoers, { withoutPassword: ['cloud-user', 'backup'], all: ['joe', 'cloud-user'] }, told(text)).state,
    ).toBe('pass');
    expect(judged(sudoers, { withoutPassword: ['cloud-user', 'backup'] }, told(text)).details).toEqual([
      'cloud-user may run every command',
      'joe may run every command',
    ]);
    expect(judged(sudoers, { level: 'warn' }, told('Defaults !authenticate'))).toMatchObject({
      state: 'warn',
      message: 'ALL is never asked for a password (/etc/sudoers)',
    });
  });

  test('files that are not valid fail, those that are not read or understood are an error', () => {
    expect(judged(sudoers, {}, told('x', 'visudo 1\nsaid /etc/sudoers:1:3: syntax error'))).toMatchObject({
      state: 'fail',
      message: 'the sudoers files are not valid: /etc/sudoers:1:3: syntax error',
    });
    expect(judged(sudoers, {}, told('root ALL=ALL', 'unread /etc/sudoers.d/x')).state).toBe('error');
    expect(judged(sudoers, {}, told('joe may do it'))).toMatchObject({
      state: 'error',
      message: 'not understood: /etc/sudoers: joe may do it',
    });
  });

  test('rules of a directory are told to be missing', () => {
    expect(judged(sudoers, {}, told('root ALL=ALL', 'source sudoers: files sss'))).toMatchObject({
      state: 'pass',
      details: ['rules also come from sss, which is not looked at', expect.anything()],
    });
  });

  test.each(['', 'end', 'file /etc/sudoers\nline x', 'nonsense\nend'])('%j is an error', (lines) => {
    expect(judged(sudoers, {}, lines).state).toBe('error');
  });

  test.skipIf(!isRoot).each(shells)('the probe in %s follows what is included', (shell) => {
    const before = [
      'mkdir -p /etc/sudoers.d && mount -t tmpfs none /etc/sudoers.d',
      `printf '%s\\n' 'ann ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ann`,
      `printf '%s\\n' 'eve ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/eve.bak`,
      `printf '%s' 'joe ALL = NOPASSWD: /bin/ls *' >"/etc/sudoers.d/h $(hostname | cut -d. -f1)"`,
      'chmod 440 /etc/sudoers.d/*',
    ].join('\n');
    const over = {
      '/etc/sudoers': 'root ALL=(ALL:ALL) ALL\n#includedir /etc/sudoers.d\n@include "/etc/sudoers.d/h %h"\n',
    };
    const found = probedAndJudged(sudoers, {}, { shell, over, before, without: ['visudo'] });
    expect(found.details).toEqual([
      'ann may run ALL without a password',
      'joe may run /bin/ls * without a password',
      'joe may run /bin/ls * without a password',
    ]);
  });

  test.skipIf(!isRoot).each(shells)('visudo is asked, in %s', (shell) => {
    const over = { '/etc/sudoers': 'root ALL=(ALL:ALL\n' };
    expect(probedAndJudged(sudoers, {}, { shell, over })).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/^the sudoers files are not valid: .*syntax error/),
    });
    expect(probedAndJudged(sudoers, {}, { shell, before: 'mount --bind /dev/null /etc/sudoers' }).state).not.toBe(
      'pass',
    );
  });
});

test('what sudo reads in another way than it looks', () => {
  // As cvtsudoers -f json tells it.
  expect(short('# a note \\\nalice ALL=(ALL) NOPASSWD: ALL')).toEqual(['alice @ALL (ALL) free ALL']);
  expect(short('alice ALL=(ALL) \\ \nNOPASSWD: ALL')).toEqual(['alice @ALL (ALL) free ALL']);
  expect(
    read('Defaults: bob !authenticate\nDefaults:carl, dora !authenticate\nDefaults exempt_group=ops').unasked,
  ).toEqual(['bob', 'carl', 'dora', '%ops'].map((who) => ({ who, file: '/etc/sudoers' })));
});

test.skipIf(!isRoot).each(shells)('a file that is too long to be read counts as not read, in %s', (shell) => {
  const text = `${'# a\n'.repeat(30_000)}mallory ALL=(ALL) NOPASSWD: ALL\n`;
  const judged = probedAndJudged(sudoers, {}, { shell, over: { '/etc/sudoers': text }, without: ['visudo'] });
  expect(judged.state).toBe('error');
});
