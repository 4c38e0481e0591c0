import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** The part of the environment that decides where things lie. */
export interface PathEnvironment {
  env: Readonly<Record<string, string | undefined>>;
  /** Effective user id; 0 is root. */
  uid: number;
  home: string;
  /** Folder of the machine's own configuration; default `/etc`. */
  etc?: string;
}

/**
 * Where state (record, run folders, caches that matter) lies: `OAOPS_STATE_DIR`, systemd's `STATE_DIRECTORY`,
 * `/var/lib/oaops` as root, else `$XDG_STATE_HOME/oaops` (XDG Base Directory Specification 0.8).
 */
export function stateDir({ env, uid, home }: PathEnvironment): string {
  // Absolute, because programs are started in other folders.
  if (env['OAOPS_STATE_DIR']) return resolve(env['OAOPS_STATE_DIR']);
  // systemd lists several directories with colons (systemd.exec(5)); the first is ours.
  if (env['STATE_DIRECTORY']) return env['STATE_DIRECTORY'].split(':')[0]!;
  if (uid === 0) return '/var/lib/oaops';
  return join(xdg(env['XDG_STATE_HOME']) ?? join(home, '.local/state'), 'oaops');
}

/** Caches that may be lost at any time: below the state folder when one was named, else `$XDG_CACHE_HOME/oaops`. */
export function cacheDir(place: PathEnvironment): string {
  if (place.env['OAOPS_STATE_DIR'] || place.env['STATE_DIRECTORY']) return join(stateDir(place), 'cache');
  if (place.env['CACHE_DIRECTORY']) return place.env['CACHE_DIRECTORY'].split(':')[0]!;
  if (place.uid === 0) return '/var/cache/oaops';
  return join(xdg(place.env['XDG_CACHE_HOME']) ?? join(place.home, '.cache'), 'oaops');
}

/** The configuration files in order of rising precedence: system, user, then `--config` or `OAOPS_CONFIG`. */
export function configFiles({ env, home, etc = '/etc' }: PathEnvironment): { system: string; user: string } {
  return {
    system: join(etc, 'oaops/config.yaml'),
    user: join(xdg(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'oaops/config.yaml'),
  };
}

/** `HOME`, else that of the account; `/` for a user id without an account, as containers use them. */
export function homeFolder(env: PathEnvironment['env']): string {
  if (env['HOME']) return env['HOME'];
  try {
    return homedir();
  } catch {
    return '/';
  }
}

/** "All paths set in these environment variables must be absolute", others are ignored (XDG Base Directory Specification 0.8). */
function xdg(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
