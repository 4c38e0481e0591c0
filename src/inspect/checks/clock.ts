import { z } from 'zod';
import { limitKeys, measured, stateOf } from '../judging/limits.ts';
import { figure, rounded, told } from '../reading/answer-lines.ts';
import type { About, HostCheckType, Judged } from '../types.ts';

const withSchema = z.strictObject({
  ...limitKeys({ warn: 2, fail: 10 }),
  synchronised: z
    .enum(['wanted', 'required', 'ignored'])
    .default('wanted')
    .describe(
      'Whether the clock must be kept by NTP. wanted: a host that says it is not fails; required: one that cannot say is an error.',
    ),
});
type With = z.infer<typeof withSchema>;

/**
 * How far the clock of the host is from that of this machine, in seconds, and whether it is kept by NTP. The time that the answer took is
 * told as the uncertainty; the host says how much of it passed there.
 */
export const clock: HostCheckType<With> = {
  name: 'clock',
  place: 'host',
  title: { en: 'Clock', 'zh-CN': '时钟偏差' },
  withSchema,
  last: true,
  probe: `
{ read -r line </proc/$$/stat && read -r up rest </proc/uptime; } 2>/dev/null && echo "shell $up \${line##*) }"
now=$(date +%s%N)
echo "first $now"
if has chronyc && said=$(chronyc -n tracking 2>/dev/null); then
  echo "by chronyc"
  case $said in *"Leap status"*": Not synchronised"*) echo "kept no" ;; *"Leap status"*": "*) echo "kept yes" ;; esac
elif has timedatectl && said=$(timedatectl status 2>/dev/null); then
  echo "by timedatectl"
  case $said in
    *"synchronized: yes"*) echo "kept yes" ;;
    *"synchronized: no"*) echo "kept no" ;;
  esac
elif has ntpq && said=$(ntpq -pn 2>/dev/null) && [ -n "$said" ]; then
  echo "by ntpq"
  case "
$said" in *"
*"*) echo "kept yes" ;; *) echo "kept no" ;; esac
fi
now=$(date +%s%N)
echo "last $now"`,
  words: () => [],
  judge({ synchronised, ...limits }, { lines }, about) {
    const facts = told(lines);
    const offset = offsetOf(facts, about);
    if (offset === undefined) return { state: 'error', message: 'the host did not tell its time' };
    const { least, most } = offset;
    // Stepped meanwhile, here or there.
    if (least > most)
      return { state: 'error', message: 'a clock was set while it was looked at', next: 'Run the inspection again.' };
    const seconds = rounded((least + most) / 2, 3);
    const uncertain = rounded((most - least) / 2, 3);
    const { measure, state } = measured({ name: 'offset', value: Math.abs(seconds), unit: 's', min: 0 }, limits);
    const measures = [measure, { name: 'uncertainty', value: uncertain, unit: 's' as const, min: 0 }];
    // What the offset may be at the least and at the most; where both come to the same, how coarse it is does not matter.
    const closest = least <= 0 && most >= 0 ? 0 : Math.min(Math.abs(least), Math.abs(most));
    const farthest = Math.max(Math.abs(least), Math.abs(most));
    const isCoarse = uncertain > Math.max(0.1, Math.abs(seconds) / 10);
    if (isCoarse && stateOf(closest, limits) !== stateOf(farthest, limits))
      return {
        state: 'error',
        message: `the clock is known only to ${uncertain} s, which is too coarse to judge`,
        measures,
        next: 'Set thresholds above it, or give the check an inspection of its own.',
      };
    const way = seconds < 0 ? 'behind' : 'ahead';
    const fact =
      way === 'behind'
        ? `the clock is ${-seconds} s behind this machine, give or take ${uncertain} s`
        : `the clock is ${seconds} s ahead of this machine, give or take ${uncertain} s`;
    return withKept({ state, message: fact, measures }, synchronised, facts);
  },
};

function withKept(judged: Judged, synchronised: With['synchronised'], facts: ReadonlyMap<string, string>): Judged {
  const by = facts.get('by');
  const kept = facts.get('kept');
  const next = 'Look at chronyd, systemd-timesyncd or ntpd, and whether it reaches its servers.';
  if (synchronised === 'ignored') return judged.state === 'pass' ? judged : { ...judged, next };
  if (by !== undefined && kept === 'no')
    return {
      ...judged,
      state: 'fail',
      details: [judged.message],
      message: `the clock is not synchronised, says ${by}`,
      next,
    };
  if (kept !== 'yes') {
    const unknown = 'nothing on the host tells whether the clock is synchronised';
    if (synchronised === 'required') {
      const state = judged.state === 'pass' ? 'error' : judged.state;
      return { ...judged, state, details: [judged.message], message: unknown, next };
    }
    return { ...judged, details: [unknown], ...(judged.state === 'pass' ? {} : { next }) };
  }
  return { ...judged, details: [`synchronised, says ${by}`], ...(judged.state === 'pass' ? {} : { next }) };
}

/** Between what the offset is, in seconds; undefined: what the host said is no time. */
function offsetOf(facts: ReadonlyMap<string, string>, about: About): { least: number; most: number } | undefined {
  const first = timeOf(facts.get('first'));
  const last = timeOf(facts.get('last'));
  if (!first || !last) return undefined;
  const took = about.answeredMs - about.askedMs;
  const before = beforeMs(facts.get('shell'));
  // The shell began after it was asked for; what it has done since does not blur the answer.
  const sinceMs = before !== undefined && before >= 0 && before <= took ? before : 0;
  return {
    least: (last.fromMs - (about.answeredMs + 1)) / 1000,
    most: (first.toMs - (about.askedMs + sinceMs)) / 1000,
  };
}

/** Milliseconds between which the time is: without %N, date tells seconds only. */
function timeOf(text: string | undefined): { fromMs: number; toMs: number } | undefined {
  const match = /^(\d{9,11})(\d{9}|%?N)?$/.exec(text ?? '');
  if (!match) return undefined;
  const [, seconds, fraction] = match;
  const ms = Number(seconds) * 1000;
  if (fraction === undefined || !/^\d/.test(fraction)) return { fromMs: ms, toMs: ms + 1000 };
  const exact = ms + Number(fraction) / 1_000_000;
  return { fromMs: exact, toMs: exact };
}

/** How long the shell of the script has been there, from /proc/uptime and field 22 of its stat, less the coarseness of both. */
function beforeMs(text: string | undefined): number | undefined {
  const words = text?.split(' ') ?? [];
  const up = figure(words[0]);
  const started = figure(words[20]);
  return up === undefined || started === undefined ? undefined : (up - started / 100) * 1000 - 20;
}
