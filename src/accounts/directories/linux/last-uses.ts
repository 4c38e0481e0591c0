import type { LastUse } from '../../model.ts';
import { dayMs } from './days.ts';
import type { LocalAccount } from './host-state.ts';
import { toldBy } from './shell.ts';

export interface LastUses {
  of(account: LocalAccount): LastUse;
}

/** Logs in the order of preference: of two that name the same moment the first is told. */
const logs = ['lastlog2', 'wtmpdb', 'lastlog', 'wtmp', 'journal'] as const;
type Log = (typeof logs)[number];

/** Names of users in wtmp are cut off here (utmp(5) UT_NAMESIZE). */
const wtmpNameChars = 32;

const moment = /[A-Z][a-z]{2} ([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)(?: ([+-]\d{4}))? (\d{4})/;

/** Milliseconds of `Mon Nov 30 09:01:23 +0000 2026`, or of the same without a zone in UTC. */
export function momentOf(text: string): number | undefined {
  const match = moment.exec(text);
  if (!match) return undefined;
  const ms = Date.parse(`${match[1]} ${match[3]} ${match[2] ?? '+0000'}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * Last uses from all logs of a host: the newest one counts, because ssh without a terminal does not reach wtmp and lastlog. An account that no
 * log knows was not used since the log begins, or since its password was set, whichever is later: `at` is then the latest time at which it can
 * have been used, and never the claim that it was. Without such a bound nothing is known. Pure.
 */
export function readLastUses(lines: readonly string[]): LastUses {
  const found = new Map<Log, Map<string, number>>(logs.map((log) => [log, new Map()]));
  const begins = new Map<Log, number>();
  const note = (log: Log, name: string, at: number | undefined) => {
    const times = found.get(log)!;
    if (at !== undefined && at > (times.get(name) ?? 0)) times.set(name, at);
  };
  for (const log of ['lastlog2', 'lastlog', 'wtmpdb', 'wtmp'] as const)
    for (const line of toldBy(lines, log)) {
      const name = /^\S+/.exec(line)?.[0];
      const at = momentOf(line);
      if (/^\S+ begins /.test(line)) {
        if (at !== undefined) begins.set(log, Math.min(at, begins.get(log) ?? at));
      } else if (name !== undefined && !line.includes('**Never logged in**')) note(log, name, at);
    }
  for (const line of toldBy(lines, 'journal')) {
    const [, at, name] = /^(\d+) (.+)$/.exec(line) ?? [];
    if (name !== undefined) note('journal', name, Number(at) * 1000);
  }
  for (const line of toldBy(lines, 'begins')) {
    const [, log, at] = /^(lastlog2?) ([1-9]\d*)$/.exec(line) ?? [];
    if (log !== undefined) begins.set(log as Log, Number(at) * 1000);
  }
  const anyLog = logs.some((log) => found.get(log)!.size > 0);
  // A log that knows nobody may be one that nobody writes.
  const bounds = [...begins].filter(([log]) => found.get(log)!.size > 0).sort((a, b) => a[1] - b[1]);
  return {
    of(account) {
      let best: { at: number; from: string } | undefined;
      for (const log of logs) {
        const name = log === 'wtmp' ? account.login.slice(0, wtmpNameChars) : account.login;
        const at = found.get(log)!.get(name);
        if (at !== undefined && (best === undefined || at > best.at)) best = { at, from: log };
      }
      if (best) return best;
      if (!anyLog) return { unknown: 'the host keeps no log of logins that can be read' };
      const [oldest] = bounds;
      if (oldest === undefined) return { unknown: 'no login is known, and no log tells since when it is kept' };
      const day = new Date(oldest[1]).toISOString().slice(0, 10);
      const set = Number(account.shadow?.changed || '0');
      if (set <= 0)
        return { unknown: `no login in ${oldest[0]}, which begins on ${day}; how old the account is, nobody knows` };
      return {
        at: Math.max(oldest[1], (set + 1) * dayMs),
        from: `no login in ${oldest[0]}, which begins on ${day}`,
        orBefore: true,
      };
    },
  };
}
