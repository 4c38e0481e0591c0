import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { processes } from '../../../src/inspect/checks/processes.ts';
import { judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const debian = `
shell 900 full
    1     0 root                             Ss   systemd          /sbin/init
  400     1 root                             Ss   sshd             sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups
  500     1 www-data                         S    nginx            nginx: worker process
  501     1 www-data                         S    nginx            nginx: worker process
  600     1 root                             Z    cron             [cron] <defunct>
  700     2 root                             I<   kworker/u9:0-ev  [kworker/u9:0-events_unbound]
  900   400 root                             S    sh               sh -c looks for nginx
  901   900 root                             R    ps               ps -e nginx`;
const busybox = `
shell 30 short
PID   PPID  USER     STAT COMMAND          COMMAND
    1     0 root     S    init             /sbin/init
   20     1 longuser S    java             java -jar oa.jar`;

describe('processes', () => {
  test('are counted by name, command line and user, without those that look', () => {
    expect(judged(processes, { name: 'nginx', max: 4 }, debian)).toMatchObject({
      state: 'pass',
      message: '2 processes of nginx',
      measures: [{ name: 'processes', value: 2, fail: '0:4' }],
    });
    expect(judged(processes, { command: 'worker', user: 'www-data', min: 3 }, debian)).toMatchObject({
      state: 'fail',
      message: '2 processes of worker, www-data',
      details: ['500 www-data nginx: worker process', '501 www-data nginx: worker process'],
    });
    expect(judged(processes, { command: '^sh -c' }, debian).state).toBe('fail');
    expect(judged(processes, { name: 'apache2', level: 'warn' }, debian)).toMatchObject({
      state: 'warn',
      message: '0 processes of apache2',
    });
    expect(judged(processes, { max: 3 }, debian).state).toBe('fail');
  });

  test('zombies fail unless some are allowed', () => {
    expect(judged(processes, { zombies: true }, debian)).toMatchObject({
      state: 'fail',
      message: '1 zombies',
      measures: [{ name: 'zombies', fail: '0:0' }],
    });
    expect(judged(processes, { zombies: true, max: 1 }, debian).state).toBe('pass');
  });

  test('BusyBox cuts names of users', () => {
    expect(judged(processes, { user: 'longusername', name: 'java' }, busybox).state).toBe('pass');
    expect(judged(processes, { user: 'longuser', command: 'oa\\.jar$' }, busybox).state).toBe('pass');
    expect(judged(processes, { user: 'other' }, busybox).state).toBe('fail');
  });

  test.each(['', 'shell 1 full', 'nonsense', 'shell 1 full\nps: unknown option'])('%j is an error', (lines) => {
    expect(judged(processes, {}, lines).state).toBe('error');
  });

  test('arguments', () => {
    expect(processes.withSchema.safeParse({ command: '(' }).success).toBe(false);
    expect(processes.withSchema.safeParse({ min: 3, max: 2 }).success).toBe(false);
  });

  test.each(shells)('the probe in %s finds a process, and not itself', async (shell) => {
    const word = `oaops-test-${process.pid}-${shell}`;
    const args = { command: word, name: 'sleep', max: 1, min: 1 };
    expect(probedAndJudged(processes, { command: word, max: 0 }, { shell })).toMatchObject({ state: 'pass' });
    const child = spawn('sleep', ['60'], { argv0: word, stdio: 'ignore' });
    try {
      await once(child, 'spawn');
      expect(probedAndJudged(processes, args, { shell })).toMatchObject({ state: 'pass' });
      expect(probedAndJudged(processes, { ...args, user: 'nobody' }, { shell })).toMatchObject({ state: 'fail' });
    } finally {
      child.kill();
    }
  });
});

test('a host that hides the processes of others tells only the least', () => {
  const rows = debian.replace(/^ +1 .*\n/m, '');
  expect(judged(processes, { name: 'nginx' }, rows).state).toBe('pass');
  expect(judged(processes, { name: 'nginx', max: 1 }, rows).state).toBe('fail');
  for (const args of [{ name: 'xmrig', max: 0 }, { name: 'mysqld' }, { name: 'nginx', max: 5 }])
    expect(judged(processes, args, rows)).toMatchObject({
      state: 'error',
      message: 'the host shows only some of its processes',
    });
});
