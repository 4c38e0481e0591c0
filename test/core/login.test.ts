import { describe, expect, test } from 'vitest';
import { loginName } from '../../src/core/login.ts';

// No system has users with these ids in /etc/passwd.
const [mallory, bob, login] = [3_999_999_001, 3_999_999_002, 3_999_999_003];

describe('who is behind a process', () => {
  test('the login uid wins over everything', () => {
    expect(loginName({ SUDO_UID: String(bob) }, 0, () => login)).toBe(`uid:${login}`);
  });

  test('SUDO_UID counts for root only: others can set it to ask in the name of somebody else', () => {
    expect(loginName({ SUDO_UID: String(bob) }, 0, () => undefined)).not.toBe('root');
    expect(loginName({ SUDO_UID: String(bob) }, mallory, () => undefined)).toBe(`uid:${mallory}`);
    expect(loginName({ SUDO_UID: 'root' }, mallory, () => undefined)).toBe(`uid:${mallory}`);
  });
});
