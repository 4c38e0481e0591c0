import { z } from 'zod';
import { durationSchema } from '../../runbook/schema/common.ts';
import { limitKeys, measured } from '../judging/limits.ts';
import { figure, told, toldOf, whole } from '../reading/answer-lines.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject({
  first: durationSchema.default(86_400_000).describe('How far back the first run looks in logs.'),
  ...limitKeys({ fail: 0 }),
});
type With = z.infer<typeof withSchema>;

const keptSchema = z.object({ boot: z.string(), kills: z.int().nullable(), atS: z.int().nonnegative() });

/**
 * Processes that the kernel killed for want of memory since the last run. Its counter (Linux 4.13) tells how many, to everybody; the journal
 * or dmesg tells which.
 */
export const oom: HostCheckType<With> = {
  name: 'oom',
  place: 'host',
  title: { en: 'Processes killed for want of memory', 'zh-CN': '内存不足终止进程' },
  withSchema,
  keeps: true,
  probe: `
now=$(date +%s)
since=$1
[ -n "$since" ] && [ "$since" -le "$now" ] || since=$((now - $2))
{ read -r up rest </proc/uptime && read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || deny "/proc cannot be read"
echo "now $now"
echo "since $since"
echo "up $up"
echo "boot $boot"
while read -r key value; do [ "$key" = oom_kill ] && echo "kills $value"; done </proc/vmstat
said=
if has journalctl && [ -n "$(journalctl -q --no-pager -n 1 _TRANSPORT=kernel 2>/dev/null)" ]; then
  echo "source journal"
  journalctl -q --no-pager -o short-unix --since "@$since" _TRANSPORT=kernel 2>/dev/null |
    grep -E 'Killed process [0-9]+ ' | tail -n 200 | cut -c 1-300 | sed 's/^/log /'
elif has dmesg && dmesg >/dev/null 2>&1; then
  echo "source dmesg"
  dmesg | grep -E 'Killed process [0-9]+ ' | tail -n 200 | cut -c 1-300 | sed 's/^/log /'
fi
exit 0`,
  words: ({ first }, kept) => {
    const before = keptSchema.safeParse(kept);
    return [before.success ? String(before.data.atS) : '', String(Math.round(first / 1000))];
  },
  judge(limits, { lines }, { kept }) {
    const facts = told(lines);
    const [nowS, sinceS, up] = [whole(facts.get('now')), whole(facts.get('since')), figure(facts.get('up'))];
    const boot = facts.get('boot');
    const kills = whole(facts.get('kills'));
    if (nowS === undefined || sinceS === undefined || up === undefined || boot === undefined)
      return { state: 'error', message: 'the host did not tell its time' };
    const source = facts.get('source');
    if (kills === undefined && source === undefined)
      return {
        state: 'error',
        message: 'neither a counter nor a log of the kernel can be read',
        next: 'Write become for this section.',
      };
    const before = keptSchema.safeParse(kept);
    const logged = toldOf(lines, 'log')
      .flatMap((line) => killOf(line, nowS - up) ?? [])
      .filter(({ atS }) => atS >= sinceS);
    const counted =
      kills === undefined
        ? 0
        : before.success && before.data.boot === boot
          ? Math.max(0, kills - (before.data.kills ?? 0))
          : kills;
    // The counter begins anew with each start; what was before stands in logs only.
    const number = Math.max(counted, logged.length);
    const { measure, state } = measured({ name: 'kills', value: number, unit: '', min: 0 }, limits);
    const names = [...Map.groupBy(logged, ({ name }) => name)].map(([name, all]) =>
      all.length > 1 ? `${name} (${all.length})` : name,
    );
    return {
      state,
      message:
        number === 0
          ? 'no process was killed for want of memory'
          : names.length === 0
            ? `processes killed for want of memory: ${number}`
            : `processes killed for want of memory: ${number}, among them ${names.slice(0, 5).join(', ')}`,
      measures: [measure],
      details: logged.slice(-20).map(({ text }) => text),
      keep: { boot, kills: kills ?? null, atS: nowS },
      ...(state === 'pass'
        ? {}
        : {
            next: 'Look at what grew: the lines before in the log of the kernel list every process; set a limit for it, or add memory.',
          }),
    };
  },
};

/** A line of the journal, with its time, or of dmesg, with the seconds since the start. */
function killOf(line: string, bootS: number): { atS: number; name: string; text: string } | undefined {
  const name = /Killed process \d+,? \(([^)]*)\)/.exec(line)?.[1];
  if (name === undefined) return undefined;
  const unix = /^(\d{9,11})\.\d+ /.exec(line)?.[1];
  const sinceStart = /^\[\s*(\d+\.\d+)\]/.exec(line)?.[1];
  // Without a time it is told rather than lost.
  const atS =
    unix !== undefined ? Number(unix) : sinceStart !== undefined ? bootS + Number(sinceStart) : Number.MAX_SAFE_INTEGER;
  return { atS, name, text: line.replace(/^\d{9,11}\.\d+ \S+ /, '') };
}
