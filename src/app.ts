import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { LdapDoor, StatementDoor } from './accounts/ports.ts';
import type { RunDoor } from './app/runs.ts';
import type { BackupDoor } from './backup/door.ts';
import type { GlobalOptions } from './cli/globals.ts';
import type { MergedConfig } from './config/layers.ts';
import type { LoadedInventory } from './connectors/inventory/load.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { type RandomSource, systemRandom } from './core/ids.ts';
import { cacheDir, homeFolder, type PathEnvironment, stateDir } from './core/paths.ts';
import { packageRoot } from './core/program-files.ts';
import { Redactor } from './core/redaction.ts';
import { localTimeZone } from './core/zoned-time.ts';
import type { HttpDoor, SecretDoor, SignatureDoor } from './engine/ports.ts';
import type { NetDoor } from './inspect/ports.ts';
import type { Notifier } from './notify/notifier.ts';
import type { OpenedRecord } from './record/open.ts';
import type { DirectoryDoor, QueryDoor } from './rollout/ports.ts';
import type { LibraryFolder } from './runbook/library.ts';
import type { BaseVersions, Catalogue } from './runbook/types.ts';

/**
 * The composition root: the only place that joins registries, connectors, clock and environment. A command opens it with
 * `await using app = openApp(this.globals)`, calls one service and prints the result. Each service is made on first use
 * by a lazy import, so that light commands load nothing heavy.
 */
export interface App extends AsyncDisposable {
  globals: GlobalOptions;
  place: PathEnvironment;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  random: RandomSource;
  redactor: Redactor;
  /** Root of the installed package: `runbooks/`, `templates/` lie here. */
  packageRoot: string;
  stateDir: string;
  cacheDir: string;
  secrets: () => Promise<SecretDoor>;
  /** Secrets that were typed in this process, by their `prompt:` references; kept nowhere else. */
  typedSecrets: Map<string, string>;
  /** Configuration files and environment, merged and checked; read on first use. */
  config: () => Promise<MergedConfig>;
  /** Kinds and actions, for validation and planning. */
  catalogue: () => Promise<Catalogue>;
  /** Folders in which a runbook is looked up by its name, the first that has it wins. */
  runbookFolders: () => Promise<LibraryFolder[]>;
  /** Version of this oaops. */
  version: string;
  /** The record: SQLite in the state folder, or the configured PostgreSQL. Closed with the app. */
  record: () => Promise<OpenedRecord>;
  http: () => Promise<HttpDoor>;
  /** LDAP directories. */
  directory: () => Promise<DirectoryDoor>;
  /** LDAP directories, for reading and changing accounts. */
  ldap: () => Promise<LdapDoor>;
  /** Databases, for queries that read. */
  query: () => Promise<QueryDoor>;
  /** Databases, for statements that change rows, and queries with named parameters. */
  statements: () => Promise<StatementDoor>;
  /** Connections, certificates and names, for checks. */
  net: () => Promise<NetDoor>;
  signatures: () => Promise<SignatureDoor>;
  /** Channels of the configuration. */
  notifier: () => Promise<Notifier>;
  /** Hosts of an inventory file or folder: own YAML, or Ansible INI or YAML. */
  inventory: (file: string) => Promise<LoadedInventory>;
  /** Services of domain rooms, for their actions. */
  services: () => Promise<unknown>;
  /** Repositories, legs and keys. */
  backup: () => Promise<BackupDoor>;
  /** Planning and execution of runs. */
  runs: () => Promise<RunDoor>;
  /** Called when the app is closed, the last one first. @throws Error when it is closed already */
  onClose: (close: () => Promise<void>) => void;
  /** Earlier versions of runbooks: `base` is a folder or a git revision. */
  baseVersions: (base: string) => Promise<BaseVersions>;
}

export interface AppOptions {
  env?: Readonly<Record<string, string | undefined>>;
  clock?: Clock;
  random?: RandomSource;
}

export function openApp(globals: GlobalOptions, options: AppOptions = {}): App {
  const env = options.env ?? process.env;
  const place: PathEnvironment = { env, uid: process.geteuid?.() ?? 1000, home: homeFolder(env) };
  const redactor = globals.redactor ?? new Redactor();
  const closers: (() => Promise<void>)[] = [];
  let closed = false;
  // What is opened after that would never be closed, and keep the process alive: the caller did not wait for its own work.
  const keep = (close: () => Promise<void>): void => {
    if (closed) throw new Error('something was opened after the app was closed');
    closers.push(close);
  };

  const app: App = {
    globals,
    place,
    env,
    redactor,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    packageRoot: packageRoot(),
    stateDir: stateDir(place),
    cacheDir: cacheDir(place),
    typedSecrets: new Map(),
    secrets: once(async () =>
      (await import('./connectors/secrets/secrets.ts')).secretDoor(env, redactor, app.typedSecrets),
    ),
    config: once(async () => (await import('./config/open.ts')).openConfig({ place, explicit: globals.configFile })),
    catalogue: once(async () => {
      const [{ kindList, checkList }, { actionList }, { procedures }] = await Promise.all([
        import('./app/kinds.ts'),
        import('./actions/registry.ts'),
        import('./calendar/procedures/catalogue.ts'),
      ]);
      return { kinds: kindList, actions: actionList, checks: checkList, procedures: procedures.map(({ id }) => id) };
    }),
    runbookFolders: once(async () => {
      const { libraryFolders } = await import('./runbook/library.ts');
      return libraryFolders({
        path: env['OAOPS_RUNBOOK_PATH'],
        configured: (await app.config()).settings.runbooks ?? [],
        shipped: join(packageRoot(), 'runbooks'),
        cwd: process.cwd(),
      });
    }),
    baseVersions: async (base) => {
      if (statSync(base, { throwIfNoEntry: false })?.isDirectory()) {
        return (await import('./runbook/base-folder.ts')).baseFolder(base, process.cwd());
      }
      const { readHeader } = await import('./runbook/header.ts');
      const { gitBaseVersions } = await import('./connectors/git/base-versions.ts');
      return gitBaseVersions(base, process.cwd(), (text) => {
        const { apiVersion, name } = readHeader(text);
        return apiVersion?.startsWith('oaops/') ? name : undefined;
      });
    },
    get version() {
      return packageVersion();
    },
    record: once(async () => {
      const { openRecord } = await import('./record/open.ts');
      const { recordOptions } = await import('./app/record.ts');
      const record = await openRecord(await recordOptions(app));
      keep(() => record.close());
      return record;
    }),
    http: once(async () => (await import('./connectors/http/http.ts')).httpDoor({ version: app.version })),
    directory: once(async () => (await import('./connectors/ldap/ldap.ts')).directoryDoor()),
    ldap: once(async () => (await import('./connectors/ldap/session.ts')).ldapDoor()),
    query: once(async () => (await import('./connectors/sql/sql.ts')).queryDoor()),
    statements: once(async () =>
      (await import('./connectors/sql/statements.ts')).statementDoor(() => app.clock.monotonicMs()),
    ),
    net: once(async () => (await import('./connectors/net/net.ts')).netDoor()),
    notifier: once(async () => {
      const { Notifier } = await import('./notify/notifier.ts');
      const { settings } = await app.config();
      return new Notifier({
        channels: settings.notify?.channels ?? {},
        secrets: await app.secrets(),
        mail: async () => (await import('./connectors/mail/mail.ts')).mailDoor({ hostname: hostname() }),
        http: app.http,
      });
    }),
    signatures: once(async () => (await import('./connectors/signatures/ssh-keygen.ts')).sshKeygenDoor({ env })),
    inventory: async (file) => (await import('./connectors/inventory/load.ts')).loadInventory(file),
    services: once(async () => ({
      backup: () => app.backup(),
      notifier: app.notifier,
      facts: async () => (await app.record()).facts,
      net: app.net,
      query: app.query,
      timeZone: async () => (await app.config()).settings.timeZone ?? localTimeZone(),
      readFile: async (path: string, maxBytes: number) =>
        (await import('./app/small-file.ts')).smallFile(path, maxBytes),
      accounts: (await import('./app/accounts/doors.ts')).accountServices(app),
      load: async () => (await import('./connectors/http/load.ts')).loadDoor({ version: app.version }),
      files: async () => (await import('./app/report-files.ts')).reportFiles,
      // Read each time: a freeze that is written while a rollout goes on holds from the next look.
      calendar: async () => {
        const { settings } = await (await import('./config/open.ts')).openConfig({
          place,
          explicit: globals.configFile,
        });
        const { calendarOf } = await import('./app/calendar.ts');
        return { freezes: settings.calendar?.freezes ?? [], workingDays: calendarOf(settings, app.stateDir) };
      },
    })),
    backup: once(async () => (await import('./app/backup.ts')).backupDoor(app)),
    runs: once(async () => new (await import('./app/runs.ts')).RunDoor(app)),
    onClose: keep,
    // Last opened, first closed.
    async [Symbol.asyncDispose]() {
      closed = true;
      for (const close of closers.reverse()) await close();
    },
  };
  return app;
}

/** Read from the package, so that there is one place for it. */
function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}

/** Makes a service on first use, and the same one ever after. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
