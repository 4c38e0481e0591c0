import type { SourceOf } from './schema.ts';
import {
  type Dump,
  fileNameOf,
  programOf,
  type SourceCommand,
  type SourceKind,
  type SourceRunner,
  withVia,
} from './types.ts';

type Mysql = SourceOf<'mysql'>;

/** Made up by the server when they are read; nothing of them can be loaded. */
const virtual = ['information_schema', 'performance_schema', 'sys'];

/**
 * Starts a client with an option file that exists only as a pipe: the password is in no argument and in no file. The first
 * parameter of the script is the folder of the programs with a slash, the next two are names of the same program (MariaDB's
 * and MySQL's), the rest are its arguments. Standard input stays that of the caller.
 */
const clientText = `
p=
for n in "$1$2" "$1$3"; do command -v "$n" >/dev/null 2>&1 && { p=$n; break; }; done
[ -n "$p" ] || { echo "neither $2 nor $3 is installed" >&2; exit 127; }
shift 3
[ -n "$OAOPS_MYSQL_CNF" ] || exec "$p" "$@"
exec 3<&0
printf '%s' "$OAOPS_MYSQL_CNF" | { unset OAOPS_MYSQL_CNF; exec 4<&0 0<&3 3<&-; exec "$p" --defaults-extra-file=/dev/fd/4 "$@"; }
`;

/** Makes commands of the clients for one server. */
export async function mysqlClient(
  source: Pick<Mysql, 'address' | 'port' | 'user' | 'password' | 'programs' | 'via'>,
  runner: Pick<SourceRunner, 'secret'>,
): Promise<(program: 'dump' | 'client', args: string[]) => SourceCommand> {
  const { address, port, user, password } = source;
  const server = [
    // The locale of cron is C: names and values beyond ASCII would come back as question marks.
    '--default-character-set=utf8mb4',
    ...(address === undefined ? [] : address.startsWith('/') ? [`--socket=${address}`] : [`--host=${address}`]),
    ...(port === undefined ? [] : [`--port=${port}`, ...(address === undefined ? [] : ['--protocol=tcp'])]),
    ...(user === undefined ? [] : [`--user=${user}`]),
  ];
  const env: Record<string, string> =
    password === undefined
      ? {}
      : { OAOPS_MYSQL_CNF: `[client]\npassword="${escapeOption(await runner.secret(password))}"\n` };
  const names = { dump: ['mariadb-dump', 'mysqldump'], client: ['mariadb', 'mysql'] };
  return (program, args) => ({
    argv: withVia(source, [
      '/bin/sh',
      '-c',
      clientText,
      'oaops',
      programOf(source, ''),
      ...names[program],
      ...server,
      ...args,
    ]),
    env,
  });
}

/** A value in double quotes of an option file (mysql(1), "Using Option Files"). */
function escapeOption(value: string): string {
  return value.replace(/[\\"]/g, '\\$&');
}

/**
 * Databases by mariadb-dump(1) or mysqldump(1): one transaction each, so InnoDB tables are consistent and nobody is kept out.
 * No date in the dump: equal databases give equal bytes.
 */
export const mysqlSource: SourceKind<'mysql'> = {
  describe: (source) =>
    `mariadb-dump (or mysqldump) --single-transaction of ${source.databases === 'all' ? 'all databases' : source.databases.join(', ')}`,

  async plan(source, runner) {
    const client = await mysqlClient(source, runner);
    const version = (await runner.ask(client('dump', ['--version']), 'mariadb-dump --version')).trim();
    const databases =
      source.databases === 'all'
        ? (
            await runner.ask(
              client('client', [
                '--batch',
                '--skip-column-names',
                '--raw',
                '-e',
                'select schema_name from information_schema.schemata order by 1',
              ]),
              'mariadb',
            )
          )
            .split('\n')
            .filter((name) => name !== '' && !virtual.includes(name.toLowerCase()))
        : source.databases;
    const dumps = databases.map(
      (database): Dump => ({
        file: fileNameOf(database, '.sql'),
        what: `database ${database}`,
        database,
        command: client('dump', [
          '--single-transaction',
          '--quick',
          '--routines',
          '--triggers',
          '--events',
          '--hex-blob',
          '--default-character-set=utf8mb4',
          '--skip-dump-date',
          '--no-tablespaces',
          ...source.options,
          '--',
          database,
        ]),
        trailer: /^-- Dump completed/m,
      }),
    );
    return { dumps, facts: { tool: version, format: 'sql', load: 'mariadb NEW < FILE' } };
  },
};
