import { describe, expect, test } from 'vitest';
import { users } from '../../../src/inspect/checks/users.ts';
import { isRoot, judged, probed, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const fine = `
account root:shadow:0:/bin/bash
account daemon:shadow:1:/usr/sbin/nologin
account sync:shadow:4:/bin/sync
account oa:shadow:1000:/bin/bash
password root:hash
password daemon:locked
password oa:hash
shadow end`;
const with_ = (more: string) => fine.replace('\npassword root', `\n${more}\npassword root`);

describe('users', () => {
  test('pass, with their number', () => {
    expect(judged(users, {}, fine)).toMatchObject({
      state: 'pass',
      message: '4 accounts, 2 of them with a login shell',
      measures: [
        { name: 'accounts', value: 4 },
        { name: 'logins', value: 2 },
      ],
    });
  });

  test.each([
    [{}, 'account toor:shadow:0:/bin/sh', 'toor has user id 0, as root has; and 1 more besides'],
    [{}, 'account joe:shadow:1001:/bin/sh\npassword joe:empty', 'joe has no password'],
    [{}, 'account joe:empty:1001:/bin/sh', 'joe has no password'],
    [
      {},
      'account joe:shadow:1001:/bin/sh\npassword joe:md5',
      'the password of joe is kept with MD5, which is easily broken',
    ],
    [{}, 'account joe:des:1001:/bin/sh', 'the password of joe is kept with DES, which is easily broken'],
    [{}, 'account joe:shadow:1000:/bin/sh', 'user id 1000 belongs to oa, joe'],
    [{}, 'account oa:shadow:1003:/bin/sh', 'the account oa is there twice'],
    [{}, 'account +@staff:empty::', '+@staff in /etc/passwd takes in accounts of NIS'],
    [{ login: ['root'] }, 'account x:shadow:5:/bin/false', 'oa may log in, with /bin/bash'],
    [{ login: ['root', 'oa'] }, 'account x:shadow:5:', 'x may log in, with /bin/sh'],
    [{ expected: ['backup'] }, 'account x:shadow:5:/bin/false', 'there is no account backup'],
    [{ forbidden: ['games'] }, 'account games:shadow:5:/bin/false', 'there is an account games'],
  ])('%j with %s: %s', (args, line, message) => {
    expect(judged(users, args, with_(line))).toMatchObject({ state: 'fail', message });
    expect(judged(users, { ...args, level: 'warn' }, with_(line)).state).toBe('warn');
  });

  test('what is allowed passes', () => {
    const toor = with_('account toor:shadow:0:/bin/sh\npassword toor:empty');
    expect(judged(users, { uidZero: ['root', 'toor'], except: ['toor'] }, toor).state).toBe('pass');
    expect(judged(users, { passwords: false, duplicates: false, uidZero: ['root', 'toor'] }, toor).state).toBe('pass');
  });

  test.each(['', 'account x', 'account :shadow:0:', fine.replace('\nshadow end', ''), 'nonsense'])(
    '%j is an error',
    (lines) => {
      expect(judged(users, {}, lines).state).toBe('error');
    },
  );

  const passwd = [
    'root:x:0:0:root:/root:/bin/bash',
    '# a comment',
    'bin:*:2:2:bin:/bin:/usr/sbin/nologin',
    'a b:x:5:5:With a comment:/x:/bin/sh',
    'old:ab0123456789.:6:6::/x:/bin/sh',
    'last::7:7::/x:/bin/sh',
  ].join('\n');
  const secret = '$y$j9T$abcdefgh$0123456789';
  const shadow = `root:${secret}:19000:0:99999:7:::\na b:$1$abc$xyz:1:0:1:7:::\nlast:!${secret}:1:0:1:7:::`;

  test.skipIf(!isRoot).each(shells)('the probe in %s tells kinds of passwords and no hash', (shell) => {
    const over = { '/etc/passwd': passwd, '/etc/shadow': shadow };
    const { lines } = probed(users, {}, { shell, over });
    expect(lines.join('\n')).not.toContain('$');
    expect(lines).toEqual([
      'account root:shadow:0:/bin/bash',
      'account bin:locked:2:/usr/sbin/nologin',
      'account a b:shadow:5:/bin/sh',
      'account old:des:6:/bin/sh',
      'account last:empty:7:/bin/sh',
      'password root:hash',
      'password a b:md5',
      'password last:locked',
      'shadow end',
    ]);
    expect(probedAndJudged(users, {}, { shell, over })).toMatchObject({
      state: 'fail',
      details: [
        'the password of a b is kept with MD5, which is easily broken',
        'the password of old is kept with DES, which is easily broken',
        'last has no password',
      ],
    });
  });
});
