import { formatDuration } from '../core/units.ts';
import type { CheckedUpdate, HostCheck } from './check.ts';

/** Words of the two tables, in the user's language. */
export type CheckWord =
  | 'security'
  | 'updates'
  | 'none'
  | 'unknown'
  | 'new'
  | 'held'
  | 'reboot.needed'
  | 'reboot.not-needed'
  | 'reboot.unknown';
type Say = (word: CheckWord) => string;

export const hostColumns = [
  { title: 'HOST', whole: true },
  { title: 'STATE' },
  { title: 'SECURITY', align: 'right' as const },
  { title: 'UPDATES', align: 'right' as const },
  { title: 'NEW', align: 'right' as const },
  { title: 'LIST AGE', align: 'right' as const },
  { title: 'REBOOT' },
];

/** A row a host. A number that nobody knows is a question mark. */
export function hostRows(checks: readonly HostCheck[], say: Say): string[][] {
  return checks.map(({ host, status, counts, listsAgeSeconds, reboot, updates, since }) => {
    if (status === 'unknown') return [host, say('unknown'), '?', '?', '?', '?', '?'];
    const state = (counts.security ?? 0) > 0 ? 'security' : updates.length > 0 ? 'updates' : 'none';
    return [
      host,
      say(state),
      String(counts.security ?? '?'),
      String(counts.updates),
      since === null ? '?' : String(counts.new),
      listsAgeSeconds === null ? '?' : formatDuration(listsAgeSeconds * 1000),
      say(`reboot.${reboot}`),
    ];
  });
}

/** What the numbers of the hosts do not tell, the same of several hosts in one line. */
export function remarksOn(checks: readonly HostCheck[]): string[] {
  const judged = checks.filter(({ status }) => status === 'judged');
  const hostsBy = new Map<string, string[]>();
  for (const { host, counts, securityReason } of judged) {
    if (counts.security !== null || securityReason === null) continue;
    hostsBy.set(securityReason, [...(hostsBy.get(securityReason) ?? []), host]);
  }
  return [
    ...[...hostsBy].map(
      ([reason, hosts]) => `${some(hosts)}: how many of the updates are for security is unknown: ${reason}`,
    ),
    ...judged
      .filter(({ notUnderstood = [] }) => notUnderstood.length > 0)
      .map(
        ({ host, counts, notUnderstood }) =>
          `${host}: ${counts.notUnderstood} lines of the package manager are not understood, the first: ${notUnderstood[0]}`,
      ),
  ];
}

function some(hosts: readonly string[]): string {
  return hosts.length > 3 ? `${hosts.slice(0, 2).join(' ')} +${hosts.length - 2}` : hosts.join(' ');
}

export const updateColumns = [
  { title: 'UPDATE', flexible: true },
  { title: 'VERSION' },
  { title: 'SEVERITY' },
  { title: 'CVE', flexible: true },
  { title: 'NOTE' },
  { title: 'HOSTS', flexible: true },
];

/** The updates of all hosts, the same one on several hosts in one row; the most pressing first. */
export function updateRows(checks: readonly HostCheck[], all: boolean, say: Say): string[][] {
  const rows = new Map<string, { update: CheckedUpdate; hosts: string[]; new: boolean; held: boolean }>();
  for (const { host, updates } of checks) {
    for (const update of updates) {
      if (!all && update.security !== true) continue;
      const key = JSON.stringify([update.kind, update.name, update.available, update.security]);
      const row = rows.get(key) ?? { update, hosts: [], new: false, held: false };
      rows.set(key, row);
      row.hosts.push(host);
      row.new ||= update.new;
      row.held ||= update.held;
    }
  }
  return [...rows.values()].map(({ update, hosts, ...row }) => [
    update.name,
    update.available ?? '?',
    update.severity ?? '?',
    update.cves?.join(' ') ?? '?',
    [...(row.new ? [say('new')] : []), ...(row.held ? [say('held')] : [])].join(', '),
    some(hosts),
  ]);
}
