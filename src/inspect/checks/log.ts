import { z } from 'zod';
import { formatSize } from '../../core/units.ts';
import { sizeSchema } from '../../runbook/schema/common.ts';
import { inGroups } from '../judging/in-short.ts';
import { limitKeys, measured } from '../judging/limits.ts';
import { ownWords } from '../probe/own-words.ts';
import { told, toldOf, whole } from '../reading/answer-lines.ts';
import type { HostCheckType } from '../types.ts';

const patternsSchema = z
  .array(
    z
      .string()
      .min(1)
      .max(1000)
      .refine((pattern) => !pattern.includes('\n'), { error: 'not a pattern of one line' }),
  )
  .max(100);
const withSchema = z.strictObject({
  path: z.string().regex(/^\/[^\n]*$/, { error: 'not an absolute path' }),
  patterns: patternsSchema
    .min(1)
    .describe('Lines in which one of them is found count: extended regular expressions of grep -E on the host.'),
  ignore: patternsSchema.default([]).describe('Lines in which one of these is found do not count.'),
  ignoreCase: z.boolean().default(false).describe('Upper and lower case are the same.'),
  first: z
    .enum(['end', 'beginning'])
    .default('end')
    .describe('Where the first run begins. end: what is there already is not looked at.'),
  maxBytes: sizeSchema
    .refine((bytes) => bytes >= 4096 && bytes <= 1024 ** 3, { error: 'not between 4 KiB and 1 GiB' })
    .default(64 * 1024 * 1024)
    .describe('So much is read in one run at most; what is left is read in the next one, and it is told.'),
  missing: z.enum(['pass', 'warn', 'fail']).default('fail').describe('What it is when the file is not there.'),
  ...limitKeys({ warn: 0 }),
});
type With = z.infer<typeof withSchema>;

const keptSchema = z.object({
  /** In digits: overlays and network filesystems have numbers beyond what a double tells apart. */
  inode: z.union([z.int().nonnegative().transform(String), z.string().regex(/^\d{1,20}$/)]),
  /** Bytes that were read. */
  at: z.int().nonnegative(),
  /** How many bytes of the beginning, and before `at`, stand behind the fingerprint, and what cksum says of them. */
  headBytes: z.int().nonnegative(),
  head: z.string().regex(/^\d+ \d+$/),
});

/** Lines that are shown; all are counted. */
const shown = 40;

/**
 * Lines of a log that a pattern finds, since the last run. The place is known by inode, position and a fingerprint of the beginning, so that
 * a rotation is seen: by renaming (the old file is read to its end, as far as it is not compressed) as by copying and emptying. A line
 * that is not finished waits for the next run.
 */
export const log: HostCheckType<With> = {
  name: 'log',
  place: 'host',
  title: { en: 'Lines of a log', 'zh-CN': '日志内容' },
  withSchema,
  keeps: true,
  probe: `
path=$1 inode=$2 at=$3 bytes=$4 head=$5 first=$6 most=$7 fold=$8
shift 8
count=$((count - 8))
need stat
need cksum
[ -e "$path" ] || { [ -x "\${path%/*}/" ] || deny "$path cannot be read"; echo missing; exit 0; }
[ -f "$path" ] || deny "$path is no file"
[ -r "$path" ] || deny "$path cannot be read"
# Patterns as words of grep, those to leave out behind them.
${ownWords}
kinds=$1
shift
wanted=$kinds
leave=$(($# - kinds))
option=-E
printf 'x' | grep -aq x 2>/dev/null && option=-aE
[ "$fold" = 1 ] && option="\${option}i"
fits() {
  number=0
  while [ "$number" -lt "$wanted" ]; do set -- "$@" -e "$1"; shift; number=$((number + 1)); done
  number=0
  while [ "$number" -lt "$leave" ]; do shift; number=$((number + 1)); done
  grep $option "$@"
}
spares() {
  number=0
  while [ "$number" -lt "$wanted" ]; do shift; number=$((number + 1)); done
  [ "$leave" -gt 0 ] || { cat; return 0; }
  number=0
  while [ "$number" -lt "$leave" ]; do set -- "$@" -e "$1"; shift; number=$((number + 1)); done
  grep -v $option "$@"
}
echo x | fits "$@" >/dev/null
[ $? -le 1 ] || deny "grep does not understand one of the patterns"
echo x | spares "$@" >/dev/null
[ $? -le 1 ] || deny "grep does not understand one of the patterns"
# Of the beginning, and of what stands before the place: logs may all begin alike.
sum_of() { { head -c "$2" "$1"; tail -c "+$(($3 - $2 + 1))" "$1" | head -c "$2"; } | cksum; }
facts() { stat -L -c '%i %s' -- "$1"; }
look() {
  # Names of its own: a function has no variables for itself.
  look_file=$1 look_from=$2 look_size=$3
  shift 3
  tail -c "+$((look_from + 1))" "$look_file" | head -c "$look_size" | tr -d '\\000' | fits "$@" | spares "$@" | awk -v "shown=${shown}" '
    { n++; if (n <= shown) print "line " substr($0, 1, 300) }
    END { print "matched " n + 0 }'
}
said=$(facts "$path") || exit 1
now_inode=\${said% *}
size=\${said#* }
left=$most
start=0
if [ -z "$inode" ]; then
  echo "how first"
  [ "$first" = beginning ] || start=$size
elif [ "$inode" = "$now_inode" ] && [ "$size" -ge "$at" ] && [ "$(sum_of "$path" "$bytes" "$at")" = "$head" ]; then
  echo "how on"
  start=$at
else
  # Rotated: what was not read stands in the file that was, or in its copy.
  old=
  set +f
  for file in "$path".[0-9] "$path".[0-9][0-9] "$path"-[0-9]*[0-9] "\${path%.*}"-[0-9]*[0-9]".\${path##*.}" "$path".old; do
    [ -f "$file" ] && [ -r "$file" ] || continue
    said=$(facts "$file") || continue
    [ "\${said#* }" -ge "$at" ] || continue
    [ "$bytes" -gt 0 ] && [ "$(sum_of "$file" "$bytes" "$at")" != "$head" ] && continue
    if [ "\${said% *}" = "$inode" ]; then old=$file; break; fi
    [ "$bytes" -gt 0 ] && [ -z "$old" ] && old=$file
  done
  set -f
  if [ -n "$old" ]; then
    said=$(facts "$old")
    rest=$((\${said#* } - at))
    [ "$rest" -le "$left" ] || { echo "cut $((rest - left))"; rest=$left; }
    echo "how rotated $old $rest"
    [ "$rest" = 0 ] || look "$old" "$at" "$rest" "$@"
    left=$((left - rest))
    # Rotated more than once: those between.
    number=\${old##*.}
    case $number in
      [0-9]|[0-9][0-9])
        while [ "$number" -gt 1 ]; do
          number=$((number - 1))
          file=$path.$number
          [ -f "$file" ] && [ -r "$file" ] || { echo "gap $file"; continue; }
          said=$(facts "$file")
          rest=\${said#* }
          [ "$rest" -le "$left" ] || { echo "cut $((rest - left))"; rest=$left; }
          echo "also $file $rest"
          [ "$rest" = 0 ] || look "$file" 0 "$rest" "$@"
          left=$((left - rest))
        done ;;
    esac
  elif [ "$inode" = "$now_inode" ]; then echo "how emptied"
  else echo "how lost"
  fi
fi
rest=$((size - start))
if [ "$rest" -gt "$left" ]; then echo "waits $((rest - left))"; rest=$left; fi
if [ "$rest" -gt 0 ] && [ -n "$(tail -c "+$((start + 1))" "$path" | head -c "$rest" | tail -c 1 | tr '\\000' x)" ]; then
  part=$(tail -c "+$((start + 1))" "$path" | head -c "$rest" | tail -n 1 | wc -c)
  # A line longer than everything that is read would never be over.
  [ "$part" -ge "$most" ] || rest=$((rest - part))
fi
[ "$rest" -le 0 ] || look "$path" "$start" "$rest" "$@"
end=$((start + rest))
bytes=$end
[ "$bytes" -le 256 ] || bytes=256
echo "read $rest"
echo "place $now_inode $end $bytes $(sum_of "$path" "$bytes" "$end")"
exit 0`,
  words: ({ path, patterns, ignore, ignoreCase, first, maxBytes }, kept) => {
    const before = keptSchema.safeParse(kept).data;
    return [
      path,
      ...(before ? [before.inode, String(before.at), String(before.headBytes), before.head] : ['', '0', '0', '']),
      first,
      String(maxBytes),
      ignoreCase ? '1' : '0',
      String(patterns.length),
      ...patterns,
      ...ignore,
    ];
  },
  judge({ path, missing, maxBytes, ...limits }, { lines, truncated }, { kept }) {
    if (lines.length === 1 && lines[0] === 'missing')
      return {
        state: missing,
        message: `there is no ${path}`,
        ...(missing === 'pass' ? {} : { next: 'Look at what should have made it.' }),
      };
    const facts = told(lines);
    const how = facts.get('how');
    const place = /^(\d+) (\d+) (\d+) (\d+ \d+)$/.exec(facts.get('place') ?? '');
    const read = whole(facts.get('read'));
    const counts = toldOf(lines, 'matched').map(whole);
    if (how === undefined || !place || read === undefined || counts.includes(undefined) || truncated)
      return { state: 'error', message: `the host did not tell what is in ${path}` };
    const now = { inode: place[1]!, at: Number(place[2]), headBytes: Number(place[3]), head: place[4]! };
    const number = (counts as number[]).reduce((sum, count) => sum + count, 0);
    const { measure, state } = measured({ name: 'lines', value: number, unit: '', min: 0 }, limits);
    const waits = whole(facts.get('waits'));
    const cut = toldOf(lines, 'cut')
      .map((text) => whole(text) ?? 0)
      .reduce((sum, bytes) => sum + bytes, 0);
    const before = keptSchema.safeParse(kept).data;
    const notes = [
      ...(kept !== undefined && before === undefined
        ? ['what was kept of the last run is not understood: what was written since then was not looked at']
        : []),
      ...(how === 'lost'
        ? ['it was rotated, and what was written before could not be read: the old file is not there, or compressed']
        : []),
      ...(how === 'emptied' ? ['it was emptied; what was written before that could not be read'] : []),
      ...toldOf(lines, 'gap').map((file) => `${file} could not be read`),
      ...(cut > 0
        ? [`${formatSize(cut)} of the old file were not read: more than ${formatSize(maxBytes)} at once`]
        : []),
      ...(waits !== undefined && waits > 0
        ? [`${formatSize(waits)} wait for the next run: more than ${formatSize(maxBytes)} at once`]
        : []),
    ];
    const same = before !== undefined && JSON.stringify(before) === JSON.stringify(now);
    const started = how === 'first' && read === 0;
    return {
      // What was not read may hold something.
      state: state === 'pass' && notes.length > 0 ? 'warn' : state,
      message:
        started && notes.length === 0
          ? `${path} is looked at from its end on, from the next run`
          : number === 0 && notes.length > 0
            ? `${path}: ${notes[0]}`
            : `lines found in ${path}: ${number}`,
      measures: [measure, { name: 'read', value: read, unit: 'B', min: 0 }],
      details: [...notes, ...inGroups(toldOf(lines, 'line'), shown)],
      ...(same ? {} : { keep: now }),
      ...(state === 'pass' ? {} : { next: 'Look at them in the log; name what does no harm in "ignore".' }),
    };
  },
};
