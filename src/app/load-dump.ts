import type { App } from '../app.ts';
import type { LoadResult } from '../backup/sources/load/load.ts';
import type { SourceType } from '../backup/sources/schema.ts';
import type { CommandResult } from '../cli/base-command.ts';
import { usageError } from '../core/errors.ts';
import { formatDuration, formatSize } from '../core/units.ts';
import { localTarget, selectTargets } from '../engine/plan/targets.ts';
import { AdHoc, warnOnStderr } from './ad-hoc.ts';
import { hostDoor } from './hosts.ts';
import { snapshotChoice } from './snapshot-choice.ts';

/** Flags of `backup restore --as`. */
export interface LoadFlags {
  snapshot: string;
  repo?: string[] | undefined;
  identity?: string | undefined;
  'no-lock'?: boolean;
  as?: string | undefined;
  source?: string | undefined;
  from?: string | undefined;
  database?: string | undefined;
  confirm?: string | undefined;
  on?: string | undefined;
  inventory?: string | undefined;
  address?: string | undefined;
  port?: number | undefined;
  user?: string | undefined;
  password?: string | undefined;
  programs?: string | undefined;
  shell?: string | undefined;
  at?: string | undefined;
  host?: string | undefined;
  tag?: string | undefined;
  runbook?: string | undefined;
  path?: string | undefined;
}

/** Loads one dump of a snapshot into a database, told to the record like every restore. */
export async function loadCommand(app: App, flags: LoadFlags, signal: AbortSignal): Promise<CommandResult> {
  const [{ withAllLegs }, { loadDump }, door, secrets] = await Promise.all([
    import('../backup/with-repository.ts'),
    import('../backup/sources/load/load.ts'),
    app.backup(),
    app.secrets(),
  ]);
  const { repo, identity, source, from, confirm, shell, address, port, user, password, programs } = flags;
  const as = flags.as as SourceType;
  const database = flags.database ?? '';
  if (database === '' && as !== 'command')
    throw usageError('database-missing', 'no name is given for the new database', { next: 'Give --database NAME.' });
  if (confirm !== undefined && confirm !== database)
    throw usageError('confirm-differs', `--confirm ${confirm} is not the database ${database}`, {
      next: `Give --confirm ${database} if that is what you want to lose.`,
    });
  const warn = warnOnStderr(app);
  const hosts = hostDoor(app, warn);
  app.onClose(() => hosts.closeAll());
  const host = await hosts.open(await targetNamed(app, flags), signal);
  const request = {
    snapshot: flags.snapshot,
    choice: await snapshotChoice(app, flags),
    as,
    source: source!,
    from,
    target: {
      database,
      replace: confirm !== undefined,
      address,
      port,
      user,
      password,
      programs,
      ...(shell === undefined ? {} : { argv: ['/bin/sh', '-c', shell] }),
    },
  };
  const place = {
    host,
    secret: (ref: string) => secrets.resolve(ref),
    redact: (text: string) => app.redactor.redact(text),
    stateDir: app.stateDir,
    clock: app.clock,
    random: app.random,
    signal,
  };
  const work = () =>
    withAllLegs(
      door,
      { repo, identity, readsContent: true, lease: flags['no-lock'] ? undefined : 'restore' },
      (repository) => loadDump(repository, request, place),
    );
  const journal = new AdHoc(app, 'backup.load', warn);
  const told = { as, source, from, database, on: host.target.name, replace: confirm !== undefined };
  const result = await journal.run(await door.repos(repo), told, work, ({ snapshot, ...facts }) => ({
    key: snapshot,
    facts,
  }));
  for (const warning of app.globals.json ? [] : result.warnings) warn(warning);
  return { json: result, text: loadText(result) };
}

async function targetNamed(app: App, { on, inventory }: LoadFlags) {
  if (on === undefined) return localTarget;
  const file = inventory ?? (await app.config()).settings.inventory;
  const { inventory: known } =
    file === undefined ? { inventory: { sources: [], hosts: [] } } : await app.inventory(file);
  return selectTargets([on], known)[0]!;
}

function loadText(result: LoadResult): string {
  const { file, source, snapshot, database, host, bytes, tables, rows, entries, durationMs } = result;
  const found = [
    ...(tables === null ? [] : [`tables: ${tables}`]),
    ...(rows === null ? [] : [`rows: ${rows}`]),
    ...(entries === null ? [] : [`entries: ${entries}`]),
  ];
  return [
    `loaded ${file} of ${source} (${formatSize(bytes)}, snapshot ${snapshot}) in ${formatDuration(durationMs)}`,
    ...(database === null ? [] : [`  into ${database} on ${host}`]),
    ...(found.length > 0 ? [`  ${found.join(', ')}`] : []),
  ].join('\n');
}
