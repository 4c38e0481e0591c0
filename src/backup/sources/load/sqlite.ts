import { withVia } from '../types.ts';
import { cutOff, exists, loadFailed } from './refusals.ts';
import type { Loader } from './types.ts';

/** Writes a copy beside the new file, says its sha256 and looks into it, then gives it the name. Parameter: the new file. */
const writeText = `
umask 077
p=$1.oaops-part
trap 'rm -f "$p"' EXIT
cat >"$p" || exit 74
sha256sum <"$p"
printf '%s\\n' 'pragma integrity_check;' | sqlite3 "$p" || exit 65
[ "$2" = replace ] && rm -f "$1-wal" "$1-shm"
mv -f "$p" "$1"
`;

/** Tables and rows of a file. Parameter: the file. */
const countText = `
t=$(printf '%s\\n' "select group_concat('select count(*) as n from \\"' || replace(name, '\\"', '\\"\\"') || '\\"', ' union all ') from sqlite_master where type = 'table' and name not like 'sqlite\\\\_%' escape '\\\\';" | sqlite3 "$1")
[ -n "$t" ] || { echo 0 0; exit 0; }
printf 'select count(*), sum(n) from (%s);\\n' "$t" | sqlite3 -separator ' ' "$1"
`;

/** A file of its own, checked against its sha256 and by integrity_check before it gets its name. */
export const loadSqlite: Loader = async (dump, context) => {
  const { target } = context;
  const file = target.database;
  const shell = (text: string, ...parameters: string[]) => ({
    argv: withVia(target, ['/bin/sh', '-c', text, 'oaops', ...parameters]),
  });
  const there = await context.ask(shell('if [ -e "$1" ] || [ -L "$1" ]; then echo yes; fi', file), 'sh');
  if (there.trim() === 'yes' && !target.replace) throw exists('the file', file);
  const { stdout } = await context.feed(dump, shell(writeText, file, target.replace ? 'replace' : ''), 'sqlite3');
  const [sha256 = '', check] = `${stdout.head}${stdout.tail}`.trim().split('\n');
  if (sha256.slice(0, 64) !== dump.sha256) throw cutOff('cat');
  if (check !== 'ok') throw loadFailed(`integrity_check of ${file} says: ${check}`);
  const [tables, rows] = (await context.ask(shell(countText, file), 'sqlite3')).trim().split(' ').map(Number);
  return { file: dump.file, tables: tables!, rows: rows! };
};
