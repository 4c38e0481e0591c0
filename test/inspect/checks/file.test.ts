import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file } from '../../../src/inspect/checks/file.ts';
import { judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-file-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const told = (more = '') => `stat 81a0 0 42 root shadow 1200 1000\nnow 1600${more}`;

describe('file', () => {
  test('is told as it is', () => {
    expect(
      judged(file, { path: '/etc/shadow', mode: '640', owner: 'root', group: '42', maxAge: '1h' }, told()),
    ).toEqual({
      state: 'pass',
      message: '/etc/shadow: 0640 root:shadow, 1.2 KiB, changed 10 min 00 s ago',
      measures: [
        { name: 'size', value: 1200, unit: 'B', min: 0 },
        { name: 'age', value: 600, unit: 's' },
      ],
    });
  });

  test.each([
    [{ mode: '0600' }, '/f has mode 0640, not 0600'],
    [{ modeAtMost: '0600' }, '/f has mode 0640, more than 0600'],
    [{ owner: 'oa' }, '/f belongs to root, not oa'],
    [{ group: 'oa' }, '/f has group shadow, not oa'],
    [{ type: 'directory' }, '/f is a file, not a directory'],
    [{ minSize: '2KiB' }, '/f has 1.2 KiB, less than 2.0 KiB'],
    [{ maxSize: 100 }, '/f has 1.2 KiB, more than 100 B'],
    [{ minAge: '1h' }, '/f was changed 10 min 00 s ago, less than 1 h 00 min'],
    [{ maxAge: '5m' }, '/f was changed 10 min 00 s ago, more than 5 min 00 s'],
  ])('%j: %s', (args, message) => {
    expect(judged(file, { path: '/f', ...args }, told())).toMatchObject({ state: 'fail', message });
  });

  test('more than one thing is told', () => {
    expect(judged(file, { path: '/f', mode: '0600', owner: 'oa', level: 'warn' }, told())).toMatchObject({
      state: 'warn',
      message: '/f has mode 0640, not 0600; and 1 more besides',
    });
  });

  test('one that is not there, and one that must not be', () => {
    expect(judged(file, { path: '/f' }, 'missing').state).toBe('fail');
    expect(judged(file, { path: '/f', exists: false }, 'missing').state).toBe('pass');
    expect(judged(file, { path: '/f', exists: false }, told()).state).toBe('fail');
  });

  test.each(['', 'stat', 'stat x y z', 'stat 81a0 0 42 root shadow 1200 1000', 'stat 01a0 0 0 root root 1 1\nnow 5'])(
    '%j is an error',
    (lines) => {
      expect(judged(file, { path: '/f' }, lines).state).toBe('error');
    },
  );

  test('content that is not known is an error', () => {
    const sha256 = 'a'.repeat(64);
    expect(judged(file, { path: '/f', sha256 }, told()).state).toBe('error');
    expect(judged(file, { path: '/f', contains: 'x' }, told()).state).toBe('error');
    expect(judged(file, { path: '/f', contains: 'x' }, told('\nholds 2')).state).toBe('error');
  });

  test.each(shells)('the probe in %s', (shell) => {
    const path = join(folder, `-a 'file' $(x) ${shell}`);
    const content = 'Listen 80\n-e odd "text" $HOME\nbytes \u00ff\n';
    writeFileSync(path, content);
    chmodSync(path, 0o4751);
    const { uid, gid } = { uid: String(process.getuid!()), gid: String(process.getgid!()) };
    const sha256 = createHash('sha256').update(content).digest('hex');
    const look = (args: object) => probedAndJudged(file, { path, ...args }, { shell });
    const contains = ['Listen 80', '-e odd "text" $HOME'];
    expect(
      look({ mode: '4751', owner: uid, group: gid, sha256, maxAge: '1h', contains, lacks: ['Listen 443', 'a.*'] }),
    ).toMatchObject({
      state: 'pass',
    });
    expect(look({ contains: 'Listen 443', lacks: ['Listen 80'] }).details).toEqual([
      `${path} does not hold "Listen 443"`,
      `${path} holds "Listen 80"`,
      expect.any(String),
    ]);
    expect(look({ sha256: 'a'.repeat(64) })).toMatchObject({
      state: 'fail',
      message: `${path} has other content: SHA-256 ${sha256}`,
    });
    utimesSync(path, 1000, 1000);
    expect(look({ maxAge: '1d' }).state).toBe('fail');
  });

  test.each(shells)('links, folders and what is not there, in %s', (shell) => {
    const name = (rest: string) => join(folder, `${shell}-${rest}`);
    mkdirSync(name('folder'));
    symlinkSync(name('folder'), name('link'));
    symlinkSync(name('nowhere'), name('broken'));
    const look = (path: string, args: object) => probedAndJudged(file, { path, ...args }, { shell });
    expect(look(name('link'), { type: 'directory' }).state).toBe('pass');
    expect(look(name('link'), { type: 'link', follow: false }).state).toBe('pass');
    expect(look(name('broken'), {})).toMatchObject({ state: 'fail', message: `there is no ${name('broken')}` });
    expect(look(name('broken'), { follow: false }).state).toBe('pass');
    expect(look('/etc/passwd/x', { exists: false }).state).toBe('pass');
    expect(look(name('folder'), { contains: 'x' }).state).toBe('error');
  });
});

test('a time that has not come says nothing of the age', () => {
  const answer = 'stat 81a4 0 0 root root 5 1000000\nnow 900000';
  expect(judged(file, { path: '/f', maxAge: '1d' }, answer)).toMatchObject({
    state: 'error',
    message: '/f was changed at a time that has not come: look at the clock',
  });
  expect(judged(file, { path: '/f' }, answer).state).toBe('pass');
});
