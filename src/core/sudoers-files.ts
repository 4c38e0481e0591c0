import type { SudoersFile } from './sudoers-rules.ts';

/**
 * Shell text that prints the sudoers file $main and all that it includes, as sudo follows them: `file PATH`, then `line TEXT` for each line, or
 * `unread PATH`. Includes are followed up to 200 files; it uses up the positional parameters.
 */
export const sudoersWalk = `name=$(hostname 2>/dev/null)
set -- "$main"
number=0
while [ $# -gt 0 ] && [ "$number" -lt 200 ]; do
  file=$1
  shift
  number=$((number + 1))
  [ -f "$file" ] && [ -r "$file" ] || { echo "unread $file"; continue; }
  # Half of a file says nothing of the other half.
  [ "$(wc -c <"$file")" -le 100000 ] || { echo "unread $file"; continue; }
  echo "file $file"
  head -c 100000 "$file" | sed 's/^/line /'
  echo
  folder=\${file%/*}
  includes=$(sed -n -e 's/^[[:space:]]*[#@]include[[:space:]]\\{1,\\}/one /p' -e 's/^[[:space:]]*[#@]includedir[[:space:]]\\{1,\\}/all /p' "$file")
  while read -r word path; do
    [ -n "$path" ] || continue
    path=\${path#\\"}
    path=\${path%\\"}
    case $path in *%h*) path=\${path%%\\%h*}\${name%%.*}\${path#*\\%h} ;; esac
    case $path in /*) ;; *) path=$folder/$path ;; esac
    if [ "$word" = one ]; then set -- "$@" "$path"; continue; fi
    set +f
    for entry in "$path"/*; do
      case \${entry##*/} in *.*|*~) continue ;; esac
      [ -f "$entry" ] && set -- "$@" "$entry"
    done
    set -f
  done <<END
$includes
END
done
[ $# = 0 ] || echo "unread $1"
`;

/** Files of what `sudoersWalk` printed; other lines are left out. */
export function sudoersFilesOf(lines: readonly string[]): SudoersFile[] {
  const files: { name: string; lines: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith('file ')) files.push({ name: line.slice(5), lines: [] });
    else if (line === 'line') files.at(-1)?.lines.push('');
    else if (line.startsWith('line ')) files.at(-1)?.lines.push(line.slice(5));
  }
  return files;
}
