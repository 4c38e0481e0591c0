import { z } from 'zod';
import { durationSchema } from '../../runbook/schema/common.ts';
import { limitKeys, measured } from '../judging/limits.ts';
import { told, toldOf, whole } from '../reading/answer-lines.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject({
  first: durationSchema.default(86_400_000).describe('How far back the first run looks.'),
  ...limitKeys({ warn: 20, fail: 200 }),
});
type With = z.infer<typeof withSchema>;

const keptSchema = z.object({ atS: z.int().nonnegative() });

/** Logins that failed since the last run: of ssh, su, sudo and consoles. Which log was read is told. */
export const failedLogins: HostCheckType<With> = {
  name: 'failed-logins',
  place: 'host',
  title: { en: 'Failed logins', 'zh-CN': '登录失败' },
  withSchema,
  keeps: true,
  probe: `
now=$(date +%s)
since=$1
# A clock that was set back must not make the future the place to look at.
[ -n "$since" ] && [ "$since" -le "$now" ] || since=$((now - $2))
# A traditional log tells no year.
[ "$since" -ge $((now - 25000000)) ] || since=$((now - 25000000))
echo "now $now"
echo "since $since"
look='Failed [a-z/-]+ for |pam_unix\\([^)]*:auth\\): authentication failure;|FAILED LOGIN|FAILED SU|Bad password attempt|invalid password for'
sum() {
  # Who logs in writes the name: only what stands before the first ": " is of the log itself.
  grep -E "$look" | grep -vE '^([^:]|:[^ ])*: pam_unix\\(sshd:auth\\)' | awk '
    {
      times = 1
      if (match($0, /^([^:]|:[^ ])*: message repeated [0-9]+ times: \\[/)) {
        head = substr($0, RSTART, RLENGTH)
        sub(/^.*message repeated /, "", head)
        times = head + 0
      }
      text = $0
      if (match(text, /(Failed [a-z\\/-]+ for |pam_unix\\(|FAILED LOGIN|FAILED SU|Bad password attempt|invalid password for)/)) text = substr(text, RSTART)
      sub(/ port [0-9]+.*$/, "", text)
      sub(/:[0-9]+$/, "", text)
      text = substr(text, 1, 200)
      total += times
      if (text in seen || kinds < 2000) { if (!(text in seen)) kinds++; seen[text] += times } else rest += times
    }
    END {
      for (text in seen) print "failed " seen[text] " " text
      if (rest > 0) print "rest " rest
      print "total " total + 0
    }'
}
if has journalctl && [ -n "$(journalctl -q --no-pager -n 1 _UID=0 2>/dev/null)" ]; then
  echo "source journal"
  exec 4>&1
  code=$( { { journalctl -q --no-pager -o short-unix --since "@$since" SYSLOG_FACILITY=4 SYSLOG_FACILITY=10 2>/dev/null; echo $? >&3; } | sum >&4; } 3>&1 )
  [ "$code" = 0 ] || deny "journalctl failed (exit code $code)"
  exit 0
fi
for file in /var/log/auth.log /var/log/secure /var/log/messages; do
  [ -e "$file" ] || continue
  [ -r "$file" ] || deny "$file cannot be read: it needs root"
  [ ! -s "$file" ] || tail -n 50 "$file" | grep -qE '^([0-9]{4}-[0-9]{2}-[0-9]{2}T|(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-9][0-9] )' ||
    deny "the times in $file are not understood"
  echo "source $file"
  from=$(date -d "@$since" +%Y-%m-%dT%H:%M:%S) || deny "date cannot tell a time here"
  short=$(date -d "@$since" +%m%d%H:%M:%S)
  today=$(date -d "@$now" +%m%d%H:%M:%S)
  older=
  set +f
  for name in "$file.1" "$file"-[0-9]*[0-9]; do [ -r "$name" ] && older=$name; done
  set -f
  {
    [ -z "$older" ] || tail -c 20000000 "$older"
    tail -c 50000000 "$file"
  } | awk -v "from=$from" -v "short=$short" -v "today=$today" '
    /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T/ { if (substr($0, 1, 19) >= from) print; next }
    {
      month = index("JanFebMarAprMayJunJulAugSepOctNovDec", substr($0, 1, 3))
      if (month % 3 != 1) next
      stamp = sprintf("%02d%02d%s", (month + 2) / 3, $2, $3)
      # After today by its day: of the year before.
      year = stamp > today ? 0 : 1
      begin = short > today ? 0 : 1
      if (year > begin || year == begin && stamp >= short) print
    }' | sum
  exit 0
done
if has lastb && [ -r /var/log/btmp ]; then
  echo "source lastb"
  lastb -w -s "$(date -d "@$since" '+%Y-%m-%d %H:%M:%S')" 2>/dev/null | awk '
    # Its last line; without it, lastb did not come to the end.
    /^btmp begins [A-Z]/ { whole = 1; next }
    NF > 5 { total++; seen[$1 " " $3]++ }
    END { for (key in seen) if (++shown <= 2000) print "failed " seen[key] " lastb " key; if (whole) print "total " total + 0 }'
  exit 0
fi
deny "no log of logins can be read: it needs root, or there is none"`,
  words: ({ first }, kept) => {
    const before = keptSchema.safeParse(kept);
    return [before.success ? String(before.data.atS) : '', String(Math.round(first / 1000))];
  },
  judge({ first: _, ...limits }, { lines, truncated }, { kept }) {
    const facts = told(lines);
    const nowS = whole(facts.get('now'));
    const sinceS = whole(facts.get('since'));
    const total = whole(facts.get('total'));
    const source = facts.get('source');
    if (nowS === undefined || sinceS === undefined || total === undefined || source === undefined || truncated)
      return { state: 'error', message: 'the host did not tell of failed logins' };
    const failed = toldOf(lines, 'failed').map(failureOf);
    const { measure, state } = measured({ name: 'failed', value: total, unit: '', min: 0 }, limits);
    const since = new Date(sinceS * 1000).toISOString().slice(0, 16).replace('T', ' ');
    const from = ranked(failed, ({ address }) => address);
    const as = ranked(failed, ({ user }) => user);
    const once = failed.filter(({ hidden }) => hidden).length;
    const [top] = from;
    return {
      state,
      message:
        top === undefined
          ? `failed logins since ${since} UTC, by ${source}: ${total}`
          : `failed logins since ${since} UTC, by ${source}: ${total}, most from ${top[0]} (${top[1]})`,
      measures: [measure],
      details: [
        ...from.slice(0, 15).map(([address, count]) => `from ${address}: ${count}`),
        ...as.slice(0, 15).map(([user, count]) => `as ${user}: ${count}`),
        ...(once === 0 ? [] : [`names that no account has, each tried once: ${once}`]),
      ],
      ...(keptSchema.safeParse(kept).data?.atS === nowS ? {} : { keep: { atS: nowS } }),
      ...(state === 'pass'
        ? {}
        : { next: 'Look at who tries: block the address, allow ssh by key only, lock the account.' }),
    };
  },
};

interface Failure {
  count: number;
  user: string | undefined;
  address: string | undefined;
  /** Tried once, by a name that no account has: it may be a password in the wrong place, and is not told. */
  hidden?: true;
}

/** Names are what the other side wrote: they may hold anything, also what looks like the rest of the line. */
function failureOf(line: string): Failure {
  const [, times = '0', text = ''] = /^(\d+) (.*)$/.exec(line) ?? [];
  const count = Number(times);
  const of = (match: RegExpExecArray | null, user: number, address: number): Failure | undefined =>
    match ? { count, user: match[user]?.trim() || undefined, address: match[address]?.trim() || undefined } : undefined;
  const stranger = count === 1 ? /^Failed \S+ for invalid user .* from (\S+)$/.exec(text) : null;
  if (stranger) return { count, user: undefined, address: stranger[1], hidden: true };
  return (
    of(/^Failed \S+ for (?:invalid user )?(.*) from (\S+)$/.exec(text), 1, 2) ??
    of(/^pam_unix\(.*\brhost=(\S*)(?:\s+user=(.*))?$/.exec(text), 2, 1) ??
    of(/^FAILED LOGIN .*?from '?([^',\s]+)'? FOR '?([^',]*)/.exec(text), 2, 1) ??
    of(/^FAILED LOGIN .*FOR '?([^',]*)/.exec(text), 1, 9) ??
    of(/^FAILED SU \(to ([^)]*)\) (\S+)/.exec(text), 1, 9) ??
    of(/^Bad password attempt for '(.*)' from (\S+)$/.exec(text), 1, 2) ??
    of(/^invalid password for '([^']*)'/.exec(text), 1, 9) ??
    of(/^lastb (\S+) (\S+)$/.exec(text), 1, 2) ?? { count, user: undefined, address: undefined }
  );
}

function ranked(failures: readonly Failure[], key: (failure: Failure) => string | undefined): [string, number][] {
  const sums = new Map<string, number>();
  for (const failure of failures) {
    const name = key(failure);
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + failure.count);
  }
  return [...sums].sort((a, b) => b[1] - a[1]);
}
