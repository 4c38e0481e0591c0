import { open } from 'node:fs/promises';
import { AccountAudits } from '../../accounts/audit/audit.ts';
import { OpenDirectories } from '../../accounts/entry/open-directories.ts';
import type { AccountDoors } from '../../accounts/ports.ts';
import type { AccountServices, HostSource } from '../../actions/account/services.ts';
import type { App } from '../../app.ts';
import { errnoOf, OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { formatSize } from '../../core/units.ts';
import { localTimeZone } from '../../core/zoned-time.ts';
import { findTarget } from '../../engine/plan/plan.ts';
import { selectTargets } from '../../engine/plan/targets.ts';
import type { HostDoor, Inventory } from '../../engine/ports.ts';
import { hostDoor } from '../hosts.ts';

/** What the actions of accounts are given. */
export function accountServices(app: App): AccountServices['accounts'] {
  const opened = new Map<string, OpenDirectories>();
  app.onClose(async () => {
    for (const directories of opened.values()) await directories.close();
  });
  return {
    random: app.random,
    hide: (secret) => app.redactor.add(secret),
    audits: new AccountAudits(),
    doors: (hosts) => accountDoors(app, hosts),
    directories(run, doors) {
      const known = opened.get(run);
      if (known) return known;
      const directories = new OpenDirectories(doors);
      opened.set(run, directories);
      return directories;
    },
  };
}

/** Everything that sources and directories open. */
export async function accountDoors(app: App, hosts: HostSource): Promise<AccountDoors> {
  const secrets = await app.secrets();
  return {
    ldap: app.ldap,
    sql: app.statements,
    host: hosts.host,
    hostNames: hosts.hostNames,
    secret: (ref) => secrets.resolve(ref),
    facts: async () => (await app.record()).facts,
    readFile,
    nowMs: () => app.clock.nowMs(),
    timeZone: (await app.config()).settings.timeZone ?? localTimeZone(),
    // Paths are made absolute where they are read.
    baseDir: process.cwd(),
  };
}

/** Hosts of an inventory, for what is read before there is a run. */
export function planningHosts(app: App, inventory: Inventory, warn: (message: string) => void): HostSource {
  let door: HostDoor | undefined;
  app.onClose(async () => door?.closeAll());
  return {
    host(name, signal) {
      door ??= hostDoor(app, warn);
      return door.open(findTarget(inventory, name), signal);
    },
    hostNames: (selectors) => selectTargets([...selectors], inventory).map(({ name }) => name),
  };
}

async function readFile(path: string, maxBytes: number): Promise<{ bytes: Uint8Array; modifiedMs: number }> {
  // An export that did not come today is no mistake in a file: nothing is known, as of a server that does not answer.
  const unreadable = (why: string) =>
    new OaopsError('file-unreadable', `${path} cannot be read (${why})`, {
      exitCode: ExitCode.incomplete,
      next: 'Look whether the export came, and whether "file" is right.',
    });
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(errnoOf(error) ?? 'unknown error');
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw unreadable('it is no file');
    if (stat.size > maxBytes)
      throw usageError(
        'file-too-large',
        `${path} has ${formatSize(stat.size)}; at most ${formatSize(maxBytes)} are read`,
        {
          next: 'Check that it is the right file.',
        },
      );
    return { bytes: await file.readFile(), modifiedMs: stat.mtimeMs };
  } finally {
    await file.close();
  }
}
