import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Change, EntryRef, Image, OpenDirectory } from '../../../src/accounts/directory.ts';
import { isNotBegun } from '../../../src/core/errors.ts';
import { type AccountsHost, startAccountsHost } from '../../helpers/accounts-host.ts';
import { eventually } from '../../helpers/eventually.ts';
import { sshdAvailable, worldsAvailable } from '../../helpers/sshd.ts';

const signal = new AbortController().signal;
const entry = (login: string): EntryRef => ({ key: `h1:${login}`, name: `h1:${login}`, login });

describe.skipIf(!sshdAvailable || !worldsAvailable)('accounts of Linux hosts', () => {
  let host: AccountsHost;
  let directory: OpenDirectory;
  let uid = 58_900;

  beforeAll(async () => {
    host = await startAccountsHost();
    directory = await host.directory();
  });
  afterAll(() => host?.stop());

  /** A user of its own for each test. */
  const user = async (login: string) => {
    // Downwards: useradd by itself takes the next above the highest.
    uid -= 1;
    await host.addUser(login, uid);
    return uid;
  };
  const imageOf = async (login: string): Promise<Image> => {
    const looked = await directory.look(entry(login), signal);
    // As it goes through the record.
    return JSON.parse(JSON.stringify(looked!.image)) as Image;
  };
  const changed = async (login: string, change: Change, image: Image) => {
    const { mark, ...told } = await directory.change(entry(login), change, image, signal);
    return { ...told, mark: JSON.parse(JSON.stringify(mark)) as Image, change };
  };
  const restored = (login: string, image: Image, marks: { change: Change; mark: Image | null }[]) =>
    directory.restore(entry(login), image, marks, signal);

  test('what is read of an account', async () => {
    const its = await user('oa-read');
    await host.sh(
      'groupadd -f docker; gpasswd -a "$1" docker; printf "%s ALL=(ALL) /bin/a\\n" "$1" >/etc/sudoers.d/reader; chage -E 2030-01-02 "$1"',
      'oa-read',
    );
    const { accounts, problems } = await directory.read(signal);
    expect(problems).toEqual([]);
    expect(accounts.find(({ login }) => login === 'root')).toMatchObject({
      privileged: expect.arrayContaining(['uid 0']),
      untouchable: 'it has uid 0',
      use: 'service',
    });
    expect(accounts.some(({ login }) => login === 'daemon')).toBe(false);
    const account = accounts.find(({ login }) => login === 'oa-read')!;
    expect(account).toMatchObject({
      key: 'h1:oa-read',
      personName: 'Joe Doe',
      state: 'enabled',
      use: 'person',
      passwordNeverExpires: true,
      expiresAt: Date.UTC(2030, 0, 2),
      rights: ['docker', 'sudoers:/etc/sudoers.d/reader'],
      privileged: ['group docker', 'sudo rule for oa-read (/etc/sudoers.d/reader:1)'],
    });
    const { image } = (await directory.look(entry('oa-read'), signal))!;
    expect(image['uid']).toBe(its);
    const hash = host
      .bytes('/etc/shadow')!
      .split('\n')
      .find((line) => line.startsWith('oa-read:'))!
      .split(':')[1]!;
    expect(hash.length).toBeGreaterThan(20);
    expect(JSON.stringify([account, image])).not.toContain(hash);
    await host.sh('rm /etc/sudoers.d/reader');
  });

  test('disable keeps a key from letting in, and undo lets it in again: byte by byte', async () => {
    await user('oa-dis');
    const before = await host.everything('oa-dis');
    expect(host.letsIn('oa-dis')).toBe(true);
    const image = await imageOf('oa-dis');
    const first = await changed('oa-dis', { do: 'disable' }, image);
    expect(first).toMatchObject({ done: ['password locked and account expired'], left: [] });
    expect(host.letsIn('oa-dis')).toBe(false);
    expect((await directory.look(entry('oa-dis'), signal))!.account.state).toBe('disabled');
    const again = await changed('oa-dis', { do: 'disable' }, image);
    expect(again).toMatchObject({ done: [], mark: first.mark });
    expect(await restored('oa-dis', image, [again])).toEqual({
      done: ['password and expiry as before'],
      conflicts: [],
    });
    expect(await host.everything('oa-dis')).toEqual(before);
    expect(host.letsIn('oa-dis')).toBe(true);
    expect(await restored('oa-dis', image, [again])).toEqual({ done: [], conflicts: [] });
  });

  test.each([
    ['locked before', 'usermod -L "$1"'],
    ['with an expiry', 'usermod -e 2031-05-06 "$1"'],
    ['without a password that fits', 'usermod -p "*" "$1"'],
    ['locked without a password', 'usermod -p "!" "$1"'],
  ])('%s: undo makes exactly that again', async (_, script) => {
    const login = `oa-${script.replaceAll(/\W/g, '').slice(7, 14).toLowerCase()}${uid}`;
    await user(login);
    await host.sh(script, login);
    const before = await host.everything(login);
    const image = await imageOf(login);
    const { mark, change } = await changed(login, { do: 'disable' }, image);
    expect((await directory.look(entry(login), signal))!.account.state).toBe('disabled');
    expect((await restored(login, image, [{ change, mark }])).conflicts).toEqual([]);
    expect(await host.everything(login)).toEqual(before);
  });

  test('an account that had no password at all is not opened to everybody by undo', async () => {
    await user('oa-empty');
    await host.sh('passwd -d "$1"', 'oa-empty');
    const image = await imageOf('oa-empty');
    const { mark, change } = await changed('oa-empty', { do: 'disable' }, image);
    const { conflicts } = await restored('oa-empty', image, [{ change, mark }]);
    expect(conflicts).toEqual(['it had no password at all: it has now one that never fits, and lets in by keys only']);
    expect(host.bytes('/etc/shadow')).toContain('oa-empty:*:');
    expect(host.letsIn('oa-empty')).toBe(true);
  });

  test('undo leaves an expiry and a password that somebody else has set', async () => {
    await user('oa-other');
    const image = await imageOf('oa-other');
    const { mark, change } = await changed('oa-other', { do: 'disable' }, image);
    await host.sh('usermod -e 2033-01-01 "$1"; chage -d 2020-01-01 "$1"', 'oa-other');
    const shadow = host.bytes('/etc/shadow');
    expect(await restored('oa-other', image, [{ change, mark }])).toEqual({
      done: [],
      conflicts: [
        'its password was set anew since, and is locked: it stays so',
        'the day on which it expires was changed since: it stays so',
      ],
    });
    expect(host.bytes('/etc/shadow')).toBe(shadow);
  });

  test('strip takes groups and sudo rules, and undo puts all back in order: byte by byte', async () => {
    await user('oa-strip');
    await host.sh(
      `groupadd -f docker; groupadd -f oa-team
gpasswd -M root,"$1",daemon docker; gpasswd -a "$1" oa-team
printf '# of joe\\n%s ALL=(ALL) \\\\\\n  /bin/a\\n' "$1" >"/etc/sudoers.d/$1"
printf 'root ALL=/bin/b\\n%s ALL=/bin/c\\nroot,%s ALL=/bin/d' "$1" "$1" >/etc/sudoers.d/shared
chmod 440 "/etc/sudoers.d/$1" /etc/sudoers.d/shared`,
      'oa-strip',
    );
    const before = await host.everything('oa-strip');
    const image = await imageOf('oa-strip');
    const told = await changed('oa-strip', { do: 'strip' }, image);
    expect(told.done.toSorted()).toEqual([
      'sudo rules in /etc/sudoers.d/oa-strip put out of force',
      'sudo rules in /etc/sudoers.d/shared put out of force',
      'taken out of the group docker',
      'taken out of the group oa-team',
    ]);
    expect(told.left).toEqual(['/etc/sudoers.d/shared:3 is a sudo rule for other accounts too: it stands as it was']);
    expect(host.bytes('/etc/sudoers.d/shared')).toBe(
      'root ALL=/bin/b\n#oaops-held oa-strip ALL=/bin/c\nroot,oa-strip ALL=/bin/d',
    );
    expect(await host.sh('visudo -c >/dev/null && id -Gn "$1"', 'oa-strip')).toBe('oa-strip\n');
    // As after kill -9: the second call has nothing to do, and knows what the first one did.
    const again = await changed('oa-strip', { do: 'strip' }, image);
    expect(again).toMatchObject({ done: [], mark: told.mark });
    expect((await restored('oa-strip', image, [again])).conflicts).toEqual([]);
    expect(await host.everything('oa-strip')).toEqual(before);
    // Cut off before anything was known of it.
    await changed('oa-strip', { do: 'strip' }, image);
    expect((await restored('oa-strip', image, [{ change: { do: 'strip' }, mark: null }])).conflicts).toEqual([]);
    expect(await host.everything('oa-strip')).toEqual(before);
    await host.sh('rm "/etc/sudoers.d/$1" /etc/sudoers.d/shared', 'oa-strip');
  });

  test('sudoers that are not valid before are not touched', async () => {
    await user('oa-inv');
    await host.sh(
      `printf '%s ALL=/bin/a\\n' "$1" >"/etc/sudoers.d/$1"; echo 'no rule' >/etc/sudoers.d/shared`,
      'oa-inv',
    );
    const image = await imageOf('oa-inv');
    await expect(changed('oa-inv', { do: 'strip' }, image)).rejects.toMatchObject({
      message: expect.stringContaining(
        'the sudoers files are not valid before it: /etc/sudoers.d/oa-inv is not touched',
      ),
    });
    expect(host.bytes('/etc/sudoers.d/oa-inv')).toBe('oa-inv ALL=/bin/a\n');
    await host.sh('rm "/etc/sudoers.d/$1" /etc/sudoers.d/shared', 'oa-inv');
  });

  test('undo of strip leaves what others have changed since, and tells it', async () => {
    await user('oa-strip2');
    await host.sh(
      `groupadd -f oa-team; groupadd -f oa-old; gpasswd -a "$1" oa-team; gpasswd -a "$1" oa-old
printf '%s ALL=/bin/a\\n' "$1" >"/etc/sudoers.d/$1"`,
      'oa-strip2',
    );
    const image = await imageOf('oa-strip2');
    const told = await changed('oa-strip2', { do: 'strip' }, image);
    await host.sh('groupdel oa-old; gpasswd -a root oa-team; echo "# new" >"/etc/sudoers.d/$1"', 'oa-strip2');
    expect(await restored('oa-strip2', image, [told])).toEqual({
      done: ['put back into the group oa-team'],
      conflicts: [
        'there is no group oa-old any more',
        '/etc/sudoers.d/oa-strip2 was changed since: the sudo rule "oa-strip2 ALL=/bin/a" is not back',
      ],
    });
    expect(host.bytes('/etc/group')).toMatch(/^oa-team:.*root.*oa-strip2$/m);
    await host.sh('rm "/etc/sudoers.d/$1"', 'oa-strip2');
  });

  test('sessions end, and keys, crontab, at jobs and lingering are put aside and come back', async () => {
    const its = await user('oa-sess');
    const due = Math.floor(host.nowMs / 60_000) + 1000;
    const job = `a00001${due.toString(16).padStart(8, '0')}`;
    await host.sh(
      `printf '0 1 * * * true\\n' >"/var/spool/cron/crontabs/$1"; chmod 600 "/var/spool/cron/crontabs/$1"
echo true >"/var/spool/cron/atjobs/$2"; chown "$1:" "/var/spool/cron/crontabs/$1" "/var/spool/cron/atjobs/$2"
: >"/var/lib/systemd/linger/$1"; printf '5 1 * * * %s true\\n' "$1" >/etc/cron.d/oa
setpriv --reuid "$1" --clear-groups sleep 600 </dev/null >/dev/null 2>&1 &`,
      'oa-sess',
      job,
    );
    const before = await host.everything('oa-sess');
    const image = await imageOf('oa-sess');
    const told = await changed('oa-sess', { do: 'sessions' }, image);
    expect(told).toMatchObject({
      done: [
        'crontab put aside',
        `at job /var/spool/cron/atjobs/${job} put aside`,
        'services of the user do not go on without him',
        'sessions and processes ended',
        'ssh keys in /home/oa-sess/.ssh/authorized_keys put aside',
      ],
      left: ['/etc/cron.d/oa:1 runs something as it: it stays'],
    });
    expect(await host.sh('ps -o stat= -u "$1" | grep -v ^Z; :', String(its))).toBe('');
    expect(host.letsIn('oa-sess')).toBe(false);
    const again = await changed('oa-sess', { do: 'sessions' }, image);
    expect(again).toMatchObject({ done: ['sessions and processes ended'], mark: told.mark });
    expect((await restored('oa-sess', image, [again])).conflicts).toEqual([]);
    expect(await host.everything('oa-sess')).toEqual(before);
    expect(host.letsIn('oa-sess')).toBe(true);
    // New keys in their place are not overwritten.
    const third = await changed('oa-sess', { do: 'sessions' }, image);
    await host.sh('echo "ssh-ed25519 AAAA new" >"/home/$1/.ssh/authorized_keys"', 'oa-sess');
    host.nowMs += 2000 * 60_000;
    const back = await restored('oa-sess', image, [third]);
    host.nowMs -= 2000 * 60_000;
    expect(back.conflicts).toEqual([
      expect.stringContaining('the time of an at job is over: it stays in /var/lib/oaops-accounts/oa-sess-'),
      expect.stringContaining('there is a new file in its place: /home/oa-sess/.ssh/authorized_keys'),
    ]);
    expect(host.bytes('/home/oa-sess/.ssh/authorized_keys')).toBe('ssh-ed25519 AAAA new\n');
    await host.sh('rm /etc/cron.d/oa');
  });

  test('processes of containers that have the same uid are left alone', async () => {
    await user('oa-cont');
    await host.sh(
      `unshare --pid --fork --kill-child setpriv --reuid "$1" --clear-groups sleep 601 </dev/null >/dev/null 2>&1 &
setpriv --reuid "$1" --clear-groups sleep 602 </dev/null >/dev/null 2>&1 &`,
      'oa-cont',
    );
    const alive = () => host.sh('ps -o stat=,args= -u "$1" | grep -v ^Z | sed "s/^[^ ]* *//" | sort', 'oa-cont');
    await eventually(async () => (await alive()) === 'sleep 601\nsleep 602\n');
    const told = await changed('oa-cont', { do: 'sessions' }, await imageOf('oa-cont'));
    expect(told.done).toContain('sessions and processes ended');
    expect(await alive()).toBe('sleep 601\n');
    await host.sh('kill -KILL $(ps -o pid= -u "$1")', 'oa-cont');
  });

  test('keys elsewhere are found by what sshd says; a link to them is not followed', async () => {
    await user('oa-keys');
    await host.sh(
      `echo 'AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u /etc/ssh/all' >/etc/ssh/sshd_config
mkdir -p /etc/ssh/keys; echo key >"/etc/ssh/keys/$1"; echo key >/etc/ssh/all
rm "/home/$1/.ssh/authorized_keys"; ln -s /etc/hostname "/home/$1/.ssh/authorized_keys"`,
      'oa-keys',
    );
    const hostname = host.bytes('/etc/hostname');
    const before = await host.everything('oa-keys');
    const image = await imageOf('oa-keys');
    const told = await changed('oa-keys', { do: 'sessions' }, image);
    expect(told.done).toEqual(['sessions and processes ended', 'ssh keys in /etc/ssh/keys/oa-keys put aside']);
    expect(told.left).toEqual([
      'keys in /etc/ssh/all are those of all accounts: they stay',
      '/home/oa-keys/.ssh/authorized_keys is a link or no file: it stays',
    ]);
    expect(host.bytes('/etc/ssh/keys/oa-keys')).toBeNull();
    await restored('oa-keys', image, [told]);
    expect(await host.everything('oa-keys')).toEqual(before);
    expect(host.bytes('/etc/hostname')).toBe(hostname);
    await host.sh('rm -r /etc/ssh/keys /etc/ssh/all; : >/etc/ssh/sshd_config');
  });

  test('keys by which somebody else comes in too stay where they are', async () => {
    await user('oa-stays');
    const its = await user('oa-leaves');
    // The homes are one folder: by its name, and by a link.
    for (const home of ['/home/oa-stays', '/home/oa-link']) {
      await host.sh('ln -sfn /home/oa-stays /home/oa-link; usermod -d "$1" oa-leaves', home);
      const before = await host.everything('oa-stays');
      const image = await imageOf('oa-leaves');
      const told = await changed('oa-leaves', { do: 'sessions' }, image);
      expect(told).toMatchObject({
        done: ['sessions and processes ended'],
        left: [`keys in ${home}/.ssh/authorized_keys let oa-stays in, too: they stay`],
      });
      expect(host.letsIn('oa-stays')).toBe(true);
      expect(await host.everything('oa-stays')).toEqual(before);
    }
    // Nor are jobs of another account of the same uid its own.
    const job = `/var/spool/cron/atjobs/a00001${'f'.repeat(8)}`;
    await host.sh(
      'useradd -M -o -u "$1" oa-double; usermod -d /nowhere oa-leaves; echo true >"$2"; chown "$1" "$2"',
      String(its),
      job,
    );
    const told = await changed('oa-double', { do: 'sessions' }, await imageOf('oa-double'));
    expect(told.left).toEqual([
      'other accounts have its uid: no processes were ended',
      'other accounts have its uid: at jobs stay',
    ]);
    expect(host.bytes(job)).toBe('true\n');
    await host.sh('rm "$1"; userdel oa-double', job);
  });

  test('who administers groups does not after strip, and does after undo: byte by byte', async () => {
    await user('oa-admin2');
    await host.sh(
      'groupadd -f oa-g1; groupadd -f oa-g2; gpasswd -A root,"$1",daemon oa-g1; gpasswd -A "$1" oa-g2; gpasswd -a "$1" oa-g2',
      'oa-admin2',
    );
    const before = await host.everything('oa-admin2');
    const image = await imageOf('oa-admin2');
    const told = await changed('oa-admin2', { do: 'strip' }, image);
    expect(host.bytes('/etc/gshadow')).toMatch(/^oa-g1:!:root,daemon:\noa-g2:!::$/m);
    expect(await changed('oa-admin2', { do: 'strip' }, image)).toMatchObject({ done: [], mark: told.mark });
    expect(await restored('oa-admin2', image, [told])).toMatchObject({ conflicts: [] });
    expect(await host.everything('oa-admin2')).toEqual(before);
    // One right alone takes only what is of it.
    const one = await changed('oa-admin2', { do: 'strip', rights: ['oa-g2'] }, image);
    expect(host.bytes('/etc/gshadow')).toMatch(/^oa-g1:!:root,oa-admin2,daemon:\noa-g2:!::$/m);
    await restored('oa-admin2', image, [one]);
    expect(await host.everything('oa-admin2')).toEqual(before);
    const ranges = () =>
      [host.bytes('/etc/subuid'), host.bytes('/etc/subgid')].map((text) => text?.match(/^oa-admin2:.*$/gm));
    await host.sh('usermod -v 7000000-7000009 -w 7000000-7000009 -v 7100000-7100001 "$1"', 'oa-admin2');
    const had = ranges();
    expect(had.flat()).toContain('oa-admin2:7100000:2');
    const again = await imageOf('oa-admin2');
    const gone = await changed('oa-admin2', { do: 'delete' }, again);
    expect(ranges()).toEqual([null, null]);
    await restored('oa-admin2', again, [gone]);
    expect(host.bytes('/etc/gshadow')).toMatch(/^oa-g1:!:root,oa-admin2,daemon:\noa-g2:!:oa-admin2:oa-admin2$/m);
    expect(ranges()).toEqual(had);
  });

  test('a line that usermod does not understand is told, and not written a second time', async () => {
    await user('oa-line');
    const image = await imageOf('oa-line');
    await host.sh('sed -i "s/^oa-line:\\(.*\\):::$/oa-line:\\1::-7:/" /etc/shadow');
    const shadow = host.bytes('/etc/shadow');
    expect(shadow).toMatch(/^oa-line:.*::-7:$/m);
    const failed = changed('oa-line', { do: 'disable' }, image);
    await expect(failed).rejects.toMatchObject({
      code: 'account-change-failed',
      message: expect.stringContaining('is not valid'),
    });
    await expect(failed).rejects.toSatisfy(isNotBegun);
    expect(host.bytes('/etc/shadow')).toBe(shadow);
    await host.sh('sed -i /^oa-line:/d /etc/shadow /etc/passwd');
  });

  test('a deleted account comes back with its ids, ages and groups, and is locked', async () => {
    const its = await user('oa-del');
    await host.sh(
      'groupadd -f oa-team; gpasswd -a "$1" oa-team; chage -m 1 -M 90 -W 9 -I 30 -E 2032-02-03 "$1"',
      'oa-del',
    );
    const fields = () => host.bytes('/etc/shadow')!.match(/^oa-del:[^:]*:(.*)$/m)?.[1];
    const earlier = (await imageOf('oa-del'))['shadow'];
    await host.sh('usermod -L -e 1 "$1"', 'oa-del');
    const [passwd, ages] = [host.bytes('/etc/passwd')!.match(/^oa-del:.*$/m)?.[0], fields()];
    const image = await imageOf('oa-del');
    const told = await changed('oa-del', { do: 'delete' }, image);
    expect(host.bytes('/etc/passwd')).not.toContain('oa-del:');
    expect(await directory.look(entry('oa-del'), signal)).toBeUndefined();
    expect(await changed('oa-del', { do: 'delete' }, image)).toMatchObject({ done: [], mark: { deleted: true } });
    expect(await host.sh('stat -c %u /home/oa-del')).toBe(`${its}\n`);
    expect((await restored('oa-del', image, [told])).conflicts).toEqual([
      'its password is not kept: it is locked until somebody sets a new one',
    ]);
    expect(host.bytes('/etc/passwd')!.match(/^oa-del:.*$/m)?.[0]).toBe(passwd);
    expect(fields()).toBe(ages);
    expect(host.bytes('/etc/group')).toMatch(/^oa-team:.*oa-del$/m);
    expect(host.bytes('/etc/group')).toContain(`oa-del:x:${image['gid']}:\n`);
    expect(host.bytes('/etc/shadow')).toContain('oa-del:!:');
    // An earlier run had disabled it: its undo cannot bring the password back.
    expect(
      await restored('oa-del', { ...image, shadow: earlier }, [{ change: { do: 'disable' }, mark: null }]),
    ).toEqual({
      done: ['password and expiry as before'],
      conflicts: ['its password is not kept: it is locked until somebody sets a new one'],
    });
    // Its uid was given away.
    await changed('oa-del', { do: 'delete' }, image);
    await host.sh('useradd -u "$1" oa-thief', String(its));
    expect(await restored('oa-del', image, [told])).toEqual({
      done: [],
      conflicts: [`uid ${its} belongs to oa-thief now: the account was not made anew`],
    });
  });

  test('an account with the same login and another uid is another one', async () => {
    await user('oa-same');
    const image = await imageOf('oa-same');
    await host.sh('userdel oa-same; useradd -u 58999 oa-same');
    const shadow = host.bytes('/etc/shadow');
    await expect(changed('oa-same', { do: 'disable' }, image)).rejects.toMatchObject({
      code: 'account-changed',
      exitCode: 4,
    });
    expect((await restored('oa-same', image, [{ change: { do: 'disable' }, mark: null }])).done).toEqual([]);
    expect(host.bytes('/etc/shadow')).toBe(shadow);
  });

  test('root is never touched', async () => {
    const image = await imageOf('root');
    await expect(changed('root', { do: 'disable' }, image)).rejects.toMatchObject({ code: 'account-untouchable' });
  });

  test('grant and update, and back: byte by byte', async () => {
    await user('oa-grant');
    await host.sh('groupadd -f oa-team');
    const before = await host.everything('oa-grant');
    const image = await imageOf('oa-grant');
    const grant = await changed(
      'oa-grant',
      { do: 'grant', rights: ['oa-team', 'oa-none', 'sudoers:/etc/sudoers'] },
      image,
    );
    expect(grant).toMatchObject({
      done: ['put into the group oa-team'],
      left: ['there is no group oa-none on the host', 'rules of sudo are not written by oaops: sudoers:/etc/sudoers'],
    });
    const name = `$(touch /tmp/x) "张三" '; \\`;
    const update = await changed('oa-grant', { do: 'update', attributes: { personName: name, post: 'x' } }, image);
    expect(update.left).toEqual(['Linux hosts keep no post of an account']);
    const looked = await directory.look(entry('oa-grant'), signal);
    expect(looked!.account).toMatchObject({ personName: name, rights: ['oa-team'] });
    expect((await restored('oa-grant', image, [grant, update])).conflicts).toEqual([]);
    expect(await host.everything('oa-grant')).toEqual(before);
  });

  test('a new account has a password that is changed at the first login, which is in no command line', async () => {
    const open = await host.directory({ minUid: 1000, employee: 'gecos' });
    const made = await open.create(
      {
        login: 'oa-new',
        attributes: { personName: '王 五', employee: 'E0815' },
        password: `a'b"c$d :e`,
        expiresAt: Date.UTC(2031, 0, 1),
      },
      signal,
    );
    expect(made).toEqual({ key: 'h1:oa-new', name: 'h1:oa-new', login: 'oa-new' });
    const looked = await open.look(made, signal);
    expect(looked!.account).toMatchObject({
      personName: '王 五',
      employee: 'E0815',
      expiresAt: Date.UTC(2031, 0, 1),
      state: 'enabled',
    });
    expect(host.bytes('/etc/shadow')).toMatch(/^oa-new:\$[^:]+:0:/m);
    const comma = { personName: 'Smith, John:x\n', employee: 'E0816' };
    const smith = await open.create({ login: 'oa-smith', attributes: comma, password: 'x Y 1' }, signal);
    expect((await open.look(smith, signal))!.account).toMatchObject({ personName: 'Smith John x', employee: 'E0816' });
    const two = open.create({ login: 'oa-two', attributes: { employee: 'E1,E2' }, password: 'x' }, signal);
    await expect(two).rejects.toMatchObject({ exitCode: 2 });
    await expect(open.create({ login: 'oa-new', attributes: {}, password: 'x' }, signal)).rejects.toMatchObject({
      code: 'account-exists',
      exitCode: 4,
    });
    await expect(open.create({ login: 'a:0', attributes: {}, password: 'x' }, signal)).rejects.toMatchObject({
      exitCode: 2,
    });
  });

  test('a program that fails in the middle: what was done is marked, the rest is told', async () => {
    await user('oa-fail');
    await host.sh(
      `groupadd -f oa-team; groupadd -f oa-bad; gpasswd -a "$1" oa-team; gpasswd -a "$1" oa-bad
mkdir -p /usr/local/sbin; mount -t tmpfs tmpfs /usr/local/sbin
printf '#!/bin/sh\\ncase "$*" in *oa-bad*) echo "cannot lock /etc/group" >&2; exit 10 ;; esac\\nexec /usr/bin/gpasswd "$@"\\n' >/usr/local/sbin/gpasswd
printf '#!/bin/sh\\necho "cannot lock /etc/shadow" >&2; exit 1\\n' >/usr/local/sbin/usermod
chmod 755 /usr/local/sbin/*`,
      'oa-fail',
    );
    const first = await host.directory();
    try {
      const image = await imageOf('oa-fail');
      const path = await host.sh('command -v usermod');
      expect(path.trim()).toBe('/usr/local/sbin/usermod');
      const shadow = host.bytes('/etc/shadow');
      await expect(changed('oa-fail', { do: 'disable' }, image)).rejects.toMatchObject({
        code: 'account-change-failed',
        message: expect.stringContaining('cannot lock /etc/shadow'),
      });
      expect(host.bytes('/etc/shadow')).toBe(shadow);
      const told = await first.change(entry('oa-fail'), { do: 'strip' }, image, signal);
      expect(told).toMatchObject({
        done: ['taken out of the group oa-team'],
        left: [expect.stringContaining('it stays in the group oa-bad: gpasswd: exit code 10: cannot lock /etc/group')],
        mark: { groups: ['oa-team'] },
      });
    } finally {
      await host.sh('umount /usr/local/sbin');
    }
  });

  test('a change that is cut off in the middle is made again, and undo takes both back: byte by byte', async () => {
    await user('oa-cut');
    await host.sh(
      `groupadd -f oa-one; groupadd -f oa-two; gpasswd -a "$1" oa-one; gpasswd -a "$1" oa-two
printf '%s ALL=/bin/a\\n' "$1" >"/etc/sudoers.d/$1"; chmod 440 "/etc/sudoers.d/$1"
mkdir -p /usr/local/sbin; mount -t tmpfs tmpfs /usr/local/sbin
printf '#!/bin/sh\\ncase "$*" in *oa-two*) : >/var/lib/stuck; exec sleep 600 ;; esac\\nexec /usr/bin/gpasswd "$@"\\n' >/usr/local/sbin/gpasswd
chmod 755 /usr/local/sbin/gpasswd`,
      'oa-cut',
    );
    const before = await host.everything('oa-cut');
    const image = await imageOf('oa-cut');
    const cut = new AbortController();
    const running = directory.change(entry('oa-cut'), { do: 'strip' }, image, cut.signal);
    await eventually(() => host.bytes('/var/lib/stuck') !== null);
    cut.abort();
    await expect(running).rejects.toThrow();
    await host.sh('umount /usr/local/sbin; rm /var/lib/stuck');
    expect(await host.sh('id -Gn "$1"', 'oa-cut')).toBe('oa-cut oa-two\n');
    const told = await changed('oa-cut', { do: 'strip' }, image);
    expect(told).toMatchObject({ done: ['taken out of the group oa-two'], mark: { groups: ['oa-one', 'oa-two'] } });
    const marks = [{ change: told.change, mark: null }, told];
    expect((await restored('oa-cut', image, marks)).conflicts).toEqual([]);
    expect(await host.everything('oa-cut')).toEqual(before);
    await host.sh('rm "/etc/sudoers.d/$1"', 'oa-cut');
  });

  test('as a user who becomes root: it works, and that user is never touched', async () => {
    await user('oa-admin');
    await host.sh(
      'printf "%s ALL=(ALL) NOPASSWD: ALL\\n" "$1" >"/etc/sudoers.d/$1"; chmod 440 "/etc/sudoers.d/$1"',
      'oa-admin',
    );
    const sudo = await host.directory({ become: true }, ['sudo']);
    const { accounts, problems } = await sudo.read(signal);
    expect(problems).toEqual([]);
    expect(accounts.find(({ login }) => login === 'oa-admin')!.untouchable).toBe('oaops logs in as it');
    const ref = { key: 'sudo:oa-admin', name: 'sudo:oa-admin', login: 'oa-admin' };
    const { image } = (await sudo.look(ref, signal))!;
    await expect(sudo.change(ref, { do: 'disable' }, image, signal)).rejects.toMatchObject({
      code: 'account-untouchable',
    });
    const made = await sudo.create({ login: 'oa-bysudo', attributes: {}, password: 'x Y 1' }, signal);
    expect(made.key).toBe('sudo:oa-bysudo');
    const plain = await host.directory({}, ['sudo']);
    await expect(plain.read(signal)).rejects.toMatchObject({
      code: 'directory-unreachable',
      message: expect.stringContaining('sudo: /etc/shadow cannot be read'),
    });
    await host.sh('rm "/etc/sudoers.d/$1"', 'oa-admin');
  });

  test('when the password cannot be set, there is no account afterwards', async () => {
    await host.sh(
      `mkdir -p /usr/local/sbin; mount -t tmpfs tmpfs /usr/local/sbin
cat >/usr/local/sbin/chpasswd <<'END'
#!/bin/sh
grep -a -l 'secret-[4]711' /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null >/var/lib/seen
cat >/var/lib/stdin
echo "bad password" >&2
exit 1
END
chmod 755 /usr/local/sbin/chpasswd`,
    );
    try {
      const half = { login: 'oa-half', attributes: {}, password: 'secret-4711' };
      const error = await directory.create(half, signal).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'account-change-failed', message: 'h1:oa-half: chpasswd: bad password' });
      expect(isNotBegun(error)).toBe(true);
      expect(host.bytes('/etc/passwd')).not.toContain('oa-half');
      // In no command line and no environment, while it was set.
      expect(host.bytes('/var/lib/seen')).toBe('');
      expect(host.bytes('/var/lib/stdin')).toBe('oa-half:secret-4711\n');
    } finally {
      await host.sh('umount /usr/local/sbin');
    }
  });

  test('a host that does not answer is told and has no accounts; when none answers, it is an error', async () => {
    const both = await host.directory({}, ['h1', 'gone']);
    const { accounts, problems } = await both.read(signal);
    expect(accounts.length).toBeGreaterThan(1);
    expect(accounts.every(({ key }) => key.startsWith('h1:'))).toBe(true);
    expect(problems).toEqual([expect.stringMatching(/^gone: /)]);
    const none = await host.directory({}, ['gone']);
    await expect(none.read(signal)).rejects.toMatchObject({ code: 'directory-unreachable', exitCode: 3 });
    await expect(none.look({ key: 'gone:joe', name: 'gone:joe', login: 'joe' }, signal)).rejects.toThrow();
  });

  test('rules for passwords and second factors', async () => {
    await user('oa-pol');
    await host.sh(
      `chage -M 30 "$1"; sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 90/' /etc/login.defs
echo 'minlen = 12' >/etc/security/pwquality.conf; echo 'minclass=3' >>/etc/security/pwquality.conf
printf 'password requisite pam_pwquality.so retry=3\\npassword sufficient pam_unix.so remember=5\\n' >/etc/pam.d/common-password
printf 'auth required pam_faillock.so preauth deny=5 unlock_time=900\\nauth sufficient pam_unix.so\\nauth required pam_faillock.so authfail\\nauth required pam_google_authenticator.so nullok\\n' >/etc/pam.d/common-auth`,
      'oa-pol',
    );
    const rows = await directory.policy(signal);
    const row = (rule: string) => rows.find((one) => one.rule === rule);
    expect(row('max-age')).toMatchObject({
      scope: 'h1',
      value: 90,
      unit: 'days',
      exceptions: expect.arrayContaining(['oa-pol: 30 days']),
    });
    expect(row('min-length')).toMatchObject({ value: 12, unit: 'characters' });
    expect(row('classes')).toMatchObject({ value: 3 });
    expect(row('history')).toMatchObject({ value: 5 });
    expect(row('lockout')).toMatchObject({ value: 5, exceptions: ['root: never locked'] });
    expect(row('lockout-duration')).toMatchObject({ value: 900, unit: 'seconds' });
    expect(row('second-factor')).toMatchObject({
      value: 'pam_google_authenticator',
      exceptions: expect.arrayContaining(['accounts without a bound second factor (nullok)']),
    });
    expect(row('ssh-password')).toMatchObject({ value: true });
  });
});
