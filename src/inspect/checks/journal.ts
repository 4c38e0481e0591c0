import { z } from 'zod';
import { formatDuration } from '../../core/units.ts';
import { durationSchema, patternSchema } from '../../runbook/schema/common.ts';
import { inGroups } from '../judging/in-short.ts';
import { limitKeys, measured } from '../judging/limits.ts';
import { told, whole } from '../reading/answer-lines.ts';
import type { HostCheckType, Judged } from '../types.ts';

const withSchema = z.strictObject({
  priority: z
    .enum(['emerg', 'alert', 'crit', 'err', 'warning', 'notice'])
    .default('err')
    .describe('Messages of this priority and worse.'),
  units: z
    .array(z.string().regex(/^[A-Za-z0-9_.@:*?\\-]+$/, { error: 'not a name of a unit' }))
    .max(100)
    .default([])
    .describe('Only messages of these units; * and ? stand for anything.'),
  ignore: z
    .array(patternSchema)
    .max(200)
    .default([])
    .describe('Regular expressions: messages (`program: text`) in which one finds something do not count.'),
  first: durationSchema.default(86_400_000).describe('How far back the first run looks.'),
  ...limitKeys({ warn: 0 }),
});
type With = z.infer<typeof withSchema>;

const keptSchema = z.union([
  z.object({ cursor: z.string().regex(/^[A-Za-z0-9=;_-]{10,500}$/) }),
  z.object({ atS: z.int().nonnegative() }),
]);

/** Messages that are read in one run; what is left is read in the next one. */
const most = 2000;

/** Errors in the journal since the last run. */
export const journal: HostCheckType<With> = {
  name: 'journal',
  place: 'host',
  title: { en: 'Errors in the journal', 'zh-CN': '系统日志错误' },
  withSchema,
  keeps: true,
  probe: `
priority=$1 cursor=$2 since=$3 back=$4
has journalctl || none "the host has no journal"
if [ "$(id -u)" != 0 ]; then
  case " $(id -Gn) " in
    *" systemd-journal "*|*" adm "*|*" wheel "*) ;;
    *) deny "the journal of the host is read by root and the group systemd-journal only" ;;
  esac
fi
shift 4
count=$((count - 4))
total=$#
turned=0
while [ "$turned" -lt "$count" ]; do
  set -- "$@" -u "$1"
  shift
  turned=$((turned + 1))
done
shift $((total - count))
now=$(date +%s)
echo "now $now"
[ -n "$(journalctl -q --no-pager -n 1 2>/dev/null)" ] || deny "the journal of the host is empty"
# A pipe would hide its exit code. Without a word, it has found no entry; a pattern of units that finds none is no failure.
read_from() {
  exec 4>&1
  said=$( { { journalctl -q --no-pager -o short-iso -n ${most} --show-cursor -p "$priority" "$@" 2>&5 || echo "failed $?" >&5; } | cut -c 1-400 >&4; } 5>&1 )
  exec 4>&-
  case $said in
    *"No data available"*) ;;
    *"
failed "*) deny "journalctl: $said" ;;
  esac
}
if [ -n "$cursor" ] && journalctl -q --no-pager -n 0 --after-cursor "$cursor" >/dev/null 2>&1; then
  echo "from cursor"
  read_from --after-cursor "$cursor" "$@"
else
  [ -z "$cursor" ] || echo "lost cursor"
  [ -n "$since" ] && [ "$since" -le "$now" ] || since=$((now - back))
  echo "from $since"
  read_from --since "@$since" "$@"
fi
echo end`,
  words: ({ priority, units, first }, kept) => {
    const before: { cursor?: string; atS?: number } = keptSchema.safeParse(kept).data ?? {};
    return [
      priority,
      before.cursor ?? '',
      before.atS === undefined ? '' : String(before.atS),
      String(Math.round(first / 1000)),
      ...units,
    ];
  },
  judge({ priority, ignore, first, ...limits }, { lines, truncated }, { kept }) {
    const facts = told(lines);
    const nowS = whole(facts.get('now'));
    const at = lines.findIndex((line) => /^from (cursor|\d+)$/.test(line));
    if (nowS === undefined || at < 0 || lines.at(-1) !== 'end' || truncated)
      return { state: 'error', message: 'the host did not tell its journal' };
    const rows = lines.slice(at + 1, -1);
    const cursor = rows.find((line) => line.startsWith('-- cursor: '))?.slice('-- cursor: '.length);
    const entries: string[] = [];
    for (const row of rows) {
      const text = /^\d{4}-\d{2}-\d{2}T\S+ \S+ (.*)$/.exec(row)?.[1];
      if (text !== undefined) entries.push(text.replace(/^([^:[]+)\[\d+\]: /, '$1: '));
      // Lines of a longer message, marks of a start.
      else if (!/^(\s|--|$)/.test(row))
        return { state: 'error', message: 'the host did not tell its journal', details: [row] };
    }
    const patterns = ignore.map((pattern) => new RegExp(pattern, 'u'));
    const counted = entries.filter((entry) => !patterns.some((pattern) => pattern.test(entry)));
    const more = entries.length >= most;
    const { measure, state: found } = measured({ name: 'messages', value: counted.length, unit: '', min: 0 }, limits);
    // What was not read may hold something.
    const state = more && found === 'pass' ? 'warn' : found;
    const from = lines[at] === 'from cursor' || keptSchema.safeParse(kept).success;
    const number = more ? `${counted.length}+` : String(counted.length);
    const notes = [
      ...(facts.get('lost') === undefined ? [] : ['the journal does not know the place of the last run any more']),
      ...(more ? [`only ${most} messages were read in this run`] : []),
    ];
    const keep: Pick<Judged, 'keep'> =
      cursor !== undefined
        ? { keep: { cursor } }
        : keptSchema.safeParse(kept).success && !facts.has('lost')
          ? {}
          : { keep: { atS: nowS } };
    return {
      state,
      message: from
        ? `messages of priority ${priority} and worse since the last run: ${number}`
        : `messages of priority ${priority} and worse in the last ${formatDuration(first)}: ${number}`,
      measures: [measure],
      details: [...notes, ...inGroups(counted)],
      ...keep,
      ...(state === 'pass'
        ? {}
        : { next: `Look at them: journalctl -p ${priority} -e; name what does no harm in "ignore".` }),
    };
  },
};
