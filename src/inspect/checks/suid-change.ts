import { z } from 'zod';
import { changeKeys, changes } from '../judging/changes.ts';
import { ownWords } from '../probe/own-words.ts';
import { toldOf } from '../reading/answer-lines.ts';
import type { HostCheckType } from '../types.ts';

const pathSchema = z.string().regex(/^\/[^\n]*$/, { error: 'not an absolute path' });
const withSchema = z.strictObject({
  paths: z
    .array(pathSchema)
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Folders that are searched, each without what is mounted below it; absent = every mounted disk where such files have an effect. Give the check a timeout that its disks need.',
    ),
  except: z
    .array(pathSchema)
    .max(100)
    .default(['/var/lib/docker', '/var/lib/containerd', '/var/lib/containers', '/var/lib/lxc', '/snap'])
    .describe('Folders that are left out; what is there belongs to images of containers.'),
  ...changeKeys,
});
type With = z.infer<typeof withSchema>;

/** More are not kept. */
const most = 5000;

/** Files that run with the rights of their owner or group (SUID, SGID): new ones, gone ones, and those whose mode or owner changed. */
export const suidChange: HostCheckType<With> = {
  name: 'suid-change',
  place: 'host',
  title: { en: 'Changes of SUID and SGID files', 'zh-CN': 'SUID/SGID 文件变化' },
  withSchema,
  keeps: true,
  probe: `
need find
need stat
[ "$(id -u)" = 0 ] || deny "folders of other accounts cannot be searched: it needs root"
wanted=$1
given=$1
shift
count=$((count - 1))
# What find leaves out.
${ownWords}
if [ -z "$wanted" ]; then
  while read -r source path type options rest; do
    case $type in ext2|ext3|ext4|xfs|btrfs|bcachefs|f2fs|jfs|zfs|reiserfs) ;; *) [ "$path" = / ] || continue ;; esac
    case ,$options, in *,nosuid,*) continue ;; esac
    case $path in *'\\'*) continue ;; esac
    case "$wanted
" in *"
$path
"*) continue ;; esac
    wanted="$wanted
$path"
  done </proc/self/mounts
fi
gentle=
has nice && gentle='nice -n 19'
has ionice && ionice -c 3 true 2>/dev/null && gentle="$gentle ionice -c 3"
newline='
'
IFS=$newline
for path in $wanted; do
  IFS=' '
  [ -n "$path" ] || continue
  [ -z "$given" ] || [ -d "$path" ] || { echo "missing $path"; IFS=$newline; continue; }
  echo "searched $path"
  # A folder that is a link, as /bin often is, is searched where it leads to.
  $gentle find -H "$path" -xdev "$@" -type f '(' -perm -4000 -o -perm -2000 ')' -exec stat -c 'found %a %u %g %n' '{}' + 2>/dev/null
  IFS=$newline
done | head -n ${most + 200}
echo end`,
  words: ({ paths = [], except }) => [paths.join('\n'), ...leftOut(except)],
  judge(args, { lines, truncated }, about) {
    const rows = toldOf(lines, 'found');
    const searched = toldOf(lines, 'searched');
    if (lines.at(-1) !== 'end' || searched.length === 0 || truncated)
      return { state: 'error', message: 'the host did not tell its SUID and SGID files' };
    if (rows.length > most) return { state: 'error', message: `there are more than ${most} SUID and SGID files` };
    const [missing] = toldOf(lines, 'missing');
    if (missing !== undefined) return { state: 'error', message: `there is no folder ${missing}` };
    // A name with a line end in it would be read as two.
    const strange = lines.slice(0, -1).find((line) => !/^(searched \/|found [0-7]{3,5} \d+ \d+ \/)/.test(line));
    if (strange !== undefined)
      return { state: 'error', message: 'the name of a SUID or SGID file has a line end in it', details: [strange] };
    return changes(
      rows,
      args,
      about,
      {
        first: (count) => `the first list of SUID and SGID files is kept: ${count}`,
        same: (count) => `the same SUID and SGID files as before: ${count}`,
        changed: (added, gone) =>
          `other SUID and SGID files than before: ${added} new or changed, ${gone} gone or changed`,
        added: (entry) => `${entry} is a SUID or SGID file now`,
        gone: (entry) => `${entry} was a SUID or SGID file`,
        next: 'Look at who put it there: rpm -qf or dpkg -S names its package; chmod u-s,g-s takes the right away.',
      },
      shown,
    );
  },
};

/** As words of find. */
function leftOut(folders: readonly string[]): string[] {
  if (folders.length === 0) return [];
  return [
    '(',
    ...folders.flatMap((path, index) => [...(index === 0 ? [] : ['-o']), '-path', path]),
    ')',
    '-prune',
    '-o',
  ];
}

/** `/usr/bin/su (4755, 0:0)`. */
function shown(entry: string): string {
  const [mode, uid, gid, ...path] = entry.split(' ');
  return `${path.join(' ')} (${mode}, ${uid}:${gid})`;
}
