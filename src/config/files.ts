import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoOf } from '../core/errors.ts';
import { configFiles, type PathEnvironment } from '../core/paths.ts';

export interface ConfigFile {
  layer: 'system' | 'user' | 'file';
  path: string;
  present: boolean;
}

export interface LoadOptions {
  place: PathEnvironment;
  /** `--config`; OAOPS_CONFIG is read from the environment. */
  explicit?: string | undefined;
}

/** Which files count, in order of rising precedence. */
export function filesOf({ place, explicit }: LoadOptions): ConfigFile[] {
  const named = explicit ?? place.env['OAOPS_CONFIG'];
  const { system, user } = configFiles(place);
  const files: ConfigFile[] = [
    { layer: 'system', path: system, present: exists(system) },
    { layer: 'user', path: user, present: exists(user) },
  ];
  if (named) files.push({ layer: 'file', path: resolve(named), present: exists(named) });
  return files;
}

function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    // A file that is there and cannot be looked at must not count as absent.
    return !['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');
  }
}
