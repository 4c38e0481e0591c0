import { describe, expect, test } from 'vitest';
import { cacheDir, configFiles, stateDir } from '../../src/core/paths.ts';

const user = { uid: 1000, home: '/home/oa' };

describe('where things lie', () => {
  test('state: OAOPS_STATE_DIR before systemd before root before XDG', () => {
    expect(stateDir({ ...user, env: { OAOPS_STATE_DIR: '/a', STATE_DIRECTORY: '/b' } })).toBe('/a');
    expect(stateDir({ ...user, env: { STATE_DIRECTORY: '/b:/c' } })).toBe('/b');
    expect(stateDir({ uid: 0, home: '/root', env: { XDG_STATE_HOME: '/x' } })).toBe('/var/lib/oaops');
    expect(stateDir({ ...user, env: { XDG_STATE_HOME: '/x' } })).toBe('/x/oaops');
    expect(stateDir({ ...user, env: {} })).toBe('/home/oa/.local/state/oaops');
  });

  test('cache follows a named state folder, so that a test or a unit touches nothing else', () => {
    expect(cacheDir({ ...user, env: { OAOPS_STATE_DIR: '/a' } })).toBe('/a/cache');
    expect(cacheDir({ ...user, env: {} })).toBe('/home/oa/.cache/oaops');
    expect(cacheDir({ uid: 0, home: '/root', env: {} })).toBe('/var/cache/oaops');
  });

  test('configuration files', () => {
    expect(configFiles({ ...user, env: { XDG_CONFIG_HOME: '/c' } })).toEqual({
      system: '/etc/oaops/config.yaml',
      user: '/c/oaops/config.yaml',
    });
  });

  test('relative XDG folders are ignored, a relative state folder is made absolute', () => {
    const env = { XDG_CONFIG_HOME: 'c', XDG_STATE_HOME: './s', XDG_CACHE_HOME: '../k' };
    expect(configFiles({ ...user, env }).user).toBe('/home/oa/.config/oaops/config.yaml');
    expect(stateDir({ ...user, env })).toBe('/home/oa/.local/state/oaops');
    expect(cacheDir({ ...user, env })).toBe('/home/oa/.cache/oaops');
    expect(stateDir({ ...user, env: { OAOPS_STATE_DIR: 'state' } })).toBe(`${process.cwd()}/state`);
  });
});
