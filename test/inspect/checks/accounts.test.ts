import { userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { complaints, judged, makeCheck, shells } from '../../helpers/probe.ts';

const li = 'entry li:x:1001:100:Li Lei,,,:/home/li:/bin/bash\ngroups users sudo docker';

test.each([
  [{}, 'pass', 'user li has uid 1001'],
  [
    { uid: 1001, gid: 100, groups: ['sudo', 'users'], home: '/home/li', shell: '/bin/bash' },
    'pass',
    'user li has uid 1001',
  ],
  [
    { uid: 7, gid: 8, groups: ['wheel'], notGroups: ['docker'], home: '/root', shell: '/bin/sh' },
    'fail',
    'user li: uid is 1001, and should be 7; gid is 100, and should be 8; home is /home/li, and should be /root; shell is /bin/bash, and should be /bin/sh; not in the group wheel; in the group docker',
  ],
  [{ exists: false }, 'fail', 'there is a user li (uid 1001)'],
])('a user with %j: %s', (more, state, message) => {
  expect(judged('user', { name: 'li', ...more }, li)).toMatchObject({ state, message });
});

test('no user, and no answer', () => {
  expect(judged('user', { name: 'li' }, 'entry ')).toMatchObject({ state: 'fail', message: 'there is no user li' });
  expect(judged('user', { name: 'li', exists: false }, 'entry ')).toMatchObject({ state: 'pass' });
  for (const output of ['', 'entry li:x', 'entry li:x:a:b:::', 'entry wu:x:1:1:::\ngroups a', li.split('\n')[0]!])
    for (const exists of [true, false]) expect(judged('user', { name: 'li', exists }, output).state).toBe('error');
});

test('a group and its members', () => {
  const sudo = 'entry sudo:x:27:li,wu';
  const of = (more: object, output = sudo) => judged('group', { name: 'sudo', ...more }, output);
  expect(of({ gid: 27, members: ['wu', 'li'] })).toEqual({ state: 'pass', message: 'group sudo has gid 27' });
  expect(of({ gid: 1, members: ['li', 'han'] })).toEqual({
    state: 'fail',
    message: 'group sudo: gid is 27, and should be 1; han is not in it; wu is in it',
  });
  expect(of({ members: [] }, 'entry sudo:x:27:')).toMatchObject({ state: 'pass' });
  expect(of({ exists: false })).toMatchObject({ state: 'fail' });
  expect(of({ exists: false }, 'entry ')).toMatchObject({ state: 'pass' });
  expect(of({}, 'entry ')).toMatchObject({ state: 'fail', message: 'there is no group sudo' });
  for (const output of ['', 'entry sudo', 'entry wheel:x:1:'])
    expect(of({ exists: false }, output).state).toBe('error');
});

test('an interface', () => {
  const eth0 = 'operstate up\nmtu 1500\nspeed 1000\nflags 0x1003\naddress 10.0.0.5/24\naddress fe80::1/64';
  const of = (more: object, output = eth0) => judged('interface', { name: 'eth0', ...more }, output);
  expect(of({ addresses: ['10.0.0.5', 'fe80::1/64'], mtu: 1500, speed: 1000 })).toEqual({
    state: 'pass',
    message: 'the link of eth0 is up',
  });
  expect(of({ link: 'down', addresses: ['10.0.0.5/16'], mtu: 9000, speed: 10_000 })).toMatchObject({
    state: 'fail',
    message:
      'eth0: its link is up; MTU is 1500, and should be 9000; it does not have the address 10.0.0.5/16; it has 1000 Mbit/s, and should have 10000',
  });
  expect(of({}, 'operstate down\nmtu 1500\nspeed \nflags 0x1003')).toMatchObject({
    state: 'fail',
    message: 'eth0: its link is down',
  });
  expect(of({}, 'operstate unknown\nmtu 65536\nspeed \nflags 0x9')).toMatchObject({ state: 'pass' });
  expect(of({ speed: 10 }, 'operstate up\nmtu 1500\nspeed \nflags 0x9')).toMatchObject({ state: 'error' });
  expect(of({}, 'missing')).toMatchObject({ state: 'fail', message: 'there is no network interface eth0' });
  expect(of({ exists: false }, 'missing')).toMatchObject({ state: 'pass' });
  expect(of({ exists: false })).toMatchObject({ state: 'fail' });
  for (const output of ['', 'operstate up', 'flags 0x1'])
    for (const exists of [true, false]) expect(of({ exists }, output).state).toBe('error');
});

test('names are names', () => {
  for (const check of ['user', 'group']) expect(complaints(check, { name: '-x' })).toHaveLength(1);
  for (const name of ['../../etc', 'a b', '..', '.']) expect(complaints('interface', { name })).toHaveLength(1);
});

describe.each(shells)('this machine, by %s', (_name, shell) => {
  test('users and groups', async () => {
    const { username, uid, gid } = userInfo();
    const good = { uid, gid };
    expect(await makeCheck('user', { name: username, ...good }, { shell })).toMatchObject({ state: 'pass' });
    expect(await makeCheck('user', { name: 'no-such-user' }, { shell })).toMatchObject({
      state: 'fail',
      message: 'there is no user no-such-user',
    });
    expect(await makeCheck('user', { name: '$(id)', exists: false }, { shell })).toMatchObject({ state: 'pass' });
    expect(await makeCheck('group', { name: 'root', gid: 0 }, { shell })).toMatchObject({ state: 'pass' });
    expect(await makeCheck('group', { name: 'no-such-group' }, { shell })).toMatchObject({ state: 'fail' });
  });

  test('loopback', async () => {
    const made = await makeCheck('interface', { name: 'lo' }, { shell });
    expect(made).toMatchObject({ state: 'pass', message: 'the link of lo is unknown' });
    expect(await makeCheck('interface', { name: 'nope0' }, { shell })).toMatchObject({ state: 'fail' });
  });
});

test('names of groups with spaces', () => {
  const output = 'entry li:x:1001:100:::/bin/sh\ngroups domain users domain admins docker';
  expect(judged('user', { name: 'li', notGroups: ['domain admins'] }, output).state).toBe('fail');
  expect(judged('user', { name: 'li', notGroups: ['admin'], groups: ['domain users'] }, output).state).toBe('pass');
});

test.each([
  ['activating', 'fail'],
  ['deactivating', 'fail'],
  ['reloading', 'fail'],
  ['inactive', 'pass'],
  ['failed', 'pass'],
])('a service that must be stopped and is %s: %s', (active, state) => {
  const output = `manager systemd\nLoadState=loaded\nActiveState=${active}\nSubState=x\nResult=success`;
  expect(judged('service', { name: 'telnetd', state: 'stopped' }, output).state).toBe(state);
});
