import { beforeEach, expect, test, vi } from 'vitest';
import type { OpenDirectory } from '../../../src/accounts/directory.ts';
import { OpenDirectories } from '../../../src/accounts/entry/open-directories.ts';
import type { AccountDoors } from '../../../src/accounts/ports.ts';
import { OaopsError } from '../../../src/core/errors.ts';
import { directory } from '../judging.ts';

const opened: { id: string; closed: boolean }[] = [];
let refuse: Error | undefined;

vi.mock('../../../src/accounts/entry/open-directory.ts', () => ({
  openDirectory: async ({ id }: { id: string }) => {
    if (refuse) throw refuse;
    const one = { id, closed: false };
    opened.push(one);
    return {
      close: async () => {
        one.closed = true;
      },
    } as OpenDirectory;
  },
}));

const { signal } = new AbortController();
const ldap = directory();
const other = directory({ id: 'other' });
let directories: OpenDirectories;

beforeEach(() => {
  opened.length = 0;
  refuse = undefined;
  directories = new OpenDirectories({} as AccountDoors);
});

test('each directory is logged in to once, and used by one at a time', async () => {
  const events: string[] = [];
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = directories.use(ldap, signal, async () => {
    events.push('first begins');
    await gate;
    events.push('first ends');
  });
  const second = directories.use(ldap, signal, async () => void events.push('second'));
  await directories.use(other, signal, async () => void events.push('other'));
  expect(events).toEqual(['first begins', 'other']);
  release();
  await Promise.all([first, second]);
  expect(events).toEqual(['first begins', 'other', 'first ends', 'second']);
  expect(opened.map(({ id }) => id)).toEqual(['ldap', 'other']);
  await directories.close();
  expect(opened.every(({ closed }) => closed)).toBe(true);
});

test('after a lost connection it is closed, and whoever comes next logs in anew', async () => {
  const lost = new OaopsError('directory-unreachable', 'the connection was lost');
  await expect(directories.use(ldap, signal, async () => Promise.reject(lost))).rejects.toBe(lost);
  expect(opened).toEqual([{ id: 'ldap', closed: true }]);
  expect(await directories.use(ldap, signal, async () => 'here')).toBe('here');
  expect(opened).toHaveLength(2);
});

test('a refusal leaves the connection as it is', async () => {
  const refused = new OaopsError('directory-change-refused', 'insufficient access', { exitCode: 4 });
  await expect(directories.use(ldap, signal, async () => Promise.reject(refused))).rejects.toBe(refused);
  await directories.use(ldap, signal, async () => undefined);
  expect(opened).toEqual([{ id: 'ldap', closed: false }]);
});

test('a directory that could not be opened is tried again by the next', async () => {
  refuse = new OaopsError('directory-unreachable', 'nobody answers');
  await expect(directories.use(ldap, signal, async () => 'here')).rejects.toBe(refuse);
  refuse = undefined;
  expect(await directories.use(ldap, signal, async () => 'here')).toBe('here');
});

test('whoever waits when the run is ended does not begin', async () => {
  await expect(directories.use(ldap, AbortSignal.abort(), async () => 'here')).rejects.toThrow();
  expect(opened).toEqual([]);
});
