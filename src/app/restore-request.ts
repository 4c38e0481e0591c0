import { readFileSync } from 'node:fs';
import type { App } from '../app.ts';
import { type OwnerMode, ownerMap, ownerMapLines } from '../backup/restore/owners.ts';
import type { RestorePlace, RestoreRequest } from '../backup/restore/restore.ts';
import { messageOf, usageError } from '../core/errors.ts';
import type { Host } from '../engine/ports.ts';
import { openRemoteTarget, parseRemoteTarget } from './remote-target.ts';
import { snapshotChoice } from './snapshot-choice.ts';

/** Flags of `backup restore`. */
export interface RestoreFlags {
  target?: string | undefined;
  include?: string[] | undefined;
  exclude?: string[] | undefined;
  owners?: string | undefined;
  usermap?: string[] | undefined;
  groupmap?: string[] | undefined;
  'owner-map'?: string | undefined;
  'in-place': boolean;
  delta?: string | undefined;
  delete: boolean;
  confirm?: string | undefined;
  'dry-run': boolean;
  identity?: string | undefined;
  inventory?: string | undefined;
  at?: string | undefined;
  host?: string | undefined;
  tag?: string | undefined;
  runbook?: string | undefined;
  path?: string | undefined;
}

/** What the flags of a restore ask for, and what it works with. */
export async function restoreRequest(
  app: App,
  snapshot: string,
  flags: RestoreFlags,
  signal: AbortSignal,
): Promise<{ request: RestoreRequest; place: RestorePlace; remote: Host | undefined }> {
  const { include, exclude, owners, usermap, groupmap, confirm, delta, identity } = flags;
  const inPlace = flags['in-place'];
  if (delta !== undefined && !inPlace)
    throw usageError('delta-without-in-place', '--delta is for --in-place', { next: 'Give both, or neither.' });
  const lines = ownerLines(flags['owner-map']);
  const users = [...lines.users, ...(usermap ?? [])];
  const groups = [...lines.groups, ...(groupmap ?? [])];
  const key = identity ?? app.env['OAOPS_IDENTITY_FILE'];
  const remote = flags.target === undefined ? undefined : parseRemoteTarget(flags.target);
  return {
    remote: remote && (await openRemoteTarget(app, remote, flags.inventory, signal)),
    request: {
      snapshot,
      choice: await snapshotChoice(app, flags),
      target: remote?.path ?? flags.target ?? (inPlace ? '/' : ''),
      include: include ?? [],
      exclude: exclude ?? [],
      inPlace,
      delete: flags.delete,
      dryRun: flags['dry-run'],
      ...(owners ? { owners: owners as OwnerMode } : {}),
      ...(users.length + groups.length > 0 ? { ownerMap: ownerMap(users, groups) } : {}),
      ...(delta ? { delta: delta as 'time' | 'content' } : {}),
      ...(confirm === undefined ? {} : { confirm }),
    },
    place: {
      clock: app.clock,
      stateDir: app.stateDir,
      signal,
      protect: [app.stateDir, app.cacheDir, app.packageRoot, ...(key ? [key] : [])],
    },
  };
}

function ownerLines(file: string | undefined): { users: string[]; groups: string[] } {
  if (file === undefined) return { users: [], groups: [] };
  try {
    return ownerMapLines(readFileSync(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw usageError('owner-map-unreadable', `the map of owners cannot be read: ${messageOf(error)}`, {
      next: 'Give the path of a text file with lines "user OLD=NEW" and "group OLD=NEW".',
    });
  }
}
