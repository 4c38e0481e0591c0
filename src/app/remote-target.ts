import type { App } from '../app.ts';
import { usageError } from '../core/errors.ts';
import { selectTargets } from '../engine/plan/targets.ts';
import type { Host, Target } from '../engine/ports.ts';
import { warnOnStderr } from './ad-hoc.ts';
import { hostDoor } from './hosts.ts';

/** `ssh://[user@]host[:port]/folder` with the folder as it is; undefined for a folder of this machine. */
export function parseRemoteTarget(
  text: string,
): { host: string; user: string | undefined; port: number | undefined; path: string } | undefined {
  if (!text.startsWith('ssh://')) return undefined;
  const match = /^ssh:\/\/(?:([^@/]+)@)?(\[[^\]]+\]|[^@:/[\]]+)(?::(\d{1,5}))?(\/.+)$/.exec(text);
  if (!match)
    throw usageError('target-invalid', `"${text}" is no folder on a host`, {
      next: 'Write ssh://HOST/folder, or ssh://user@HOST:port/folder.',
    });
  const [, user, host, port, path] = match;
  return {
    host: host!.replace(/^\[|\]$/g, ''),
    user,
    port: port === undefined ? undefined : Number(port),
    path: path!,
  };
}

/** Connects to the host of a remote target: one of the inventory by its name, else as ssh(1) would. Closed with the app. */
export async function openRemoteTarget(
  app: App,
  remote: NonNullable<ReturnType<typeof parseRemoteTarget>>,
  inventoryFile: string | undefined,
  signal: AbortSignal,
): Promise<Host> {
  const file = inventoryFile ?? (await app.config()).settings.inventory;
  const known = file === undefined ? undefined : (await app.inventory(file)).inventory;
  const listed = known?.hosts.some(({ name }) => name === remote.host)
    ? selectTargets([remote.host], known)[0]
    : undefined;
  const plain: Target = { name: remote.host, connection: 'ssh', host: remote.host, groups: [], vars: {} };
  const target: Target = {
    ...(listed ?? plain),
    ...(remote.user === undefined ? {} : { user: remote.user }),
    ...(remote.port === undefined ? {} : { port: remote.port }),
  };
  const hosts = hostDoor(app, warnOnStderr(app));
  app.onClose(() => hosts.closeAll());
  return hosts.open(target, signal);
}
