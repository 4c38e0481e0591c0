import { parseDuration } from '../../core/units.ts';
import { type SourceKind, withVia } from './types.ts';

/**
 * Copies a database that is in use, checks the copy, and writes it to standard output. A read transaction is held while it is
 * copied: in WAL mode nobody waits and the copy does not begin again when somebody writes; otherwise writers wait.
 * Parameters: file, busy timeout in ms. sqlite3(1) creates a file that is not there, so that is looked at first.
 */
const copyText = `
[ -f "$1" ] || { echo "there is no database $1" >&2; exit 66; }
[ -r "$1" ] || { echo "the database $1 cannot be read" >&2; exit 66; }
command -v sqlite3 >/dev/null 2>&1 || { echo "sqlite3 is not installed" >&2; exit 127; }
umask 077
d=$(mktemp -d "\${TMPDIR:-/var/tmp}/oaops-sqlite.XXXXXXXX") || exit 73
trap 'rm -rf "$d"' EXIT
trap 'exit 143' HUP INT TERM
printf '%s\\n' ".bail on" ".timeout $2" 'begin; select 1 from sqlite_master limit 0;' ".backup '$d/copy'" | sqlite3 "$1" >/dev/null || { echo "the copy of $1 failed" >&2; exit 74; }
[ -s "$d/copy" ] || { echo "the copy of $1 is empty" >&2; exit 74; }
c=$(printf '%s\\n' 'pragma integrity_check;' | sqlite3 "$d/copy") || exit 65
[ "$c" = ok ] || { echo "integrity_check of the copy says: $c" >&2; exit 65; }
cat "$d/copy"
`;

/** A SQLite database, copied by its online backup. */
export const sqliteSource: SourceKind<'sqlite'> = {
  describe: ({ file }) => `sqlite3 .backup of ${file}, integrity_check`,

  async plan(source) {
    const { file } = source;
    const name = file.split('/').at(-1) || 'database';
    return {
      dumps: [
        {
          file: name === 'source.json' ? 'database' : name,
          what: `database ${file}`,
          database: file,
          command: {
            argv: withVia(source, [
              '/bin/sh',
              '-c',
              copyText,
              'oaops',
              file,
              String(parseDuration(source.busyTimeout)),
            ]),
          },
          header: /^SQLite format 3\0/,
          minBytes: 512,
        },
      ],
      facts: { format: 'sqlite', load: 'the file is a database' },
    };
  },
};
