import { count, formatDuration, formatSize } from '../../core/units.ts';
import type { LegStatus } from './leg-status.ts';
import type { SyncResult } from './sync.ts';
import type { LegSync } from './sync-legs.ts';

/** What a sync did, for people. */
export function syncText({ dryRun, legs }: SyncResult): string {
  return legs.map((leg) => `${leg.location}: ${legText(leg, dryRun)}`).join('\n');
}

function legText(leg: LegSync, dryRun: boolean): string {
  if (leg.status === 'failed') return `failed: ${leg.error?.message}`;
  const { copied, missing, copiedObjects, copiedBytes } = leg;
  const parts: string[] = [];
  if (copied.length > 0) {
    const amount = `${count(copied.length, 'snapshot')}, ${count(copiedObjects, 'object')}, ${formatSize(copiedBytes)}`;
    parts.push(dryRun ? `would get ${amount}` : `got ${amount}`);
  }
  if (missing.length > 0) parts.push(`still lacks ${count(missing.length, 'snapshot')}`);
  if (parts.length === 0) parts.push('has everything');
  return parts.join('; ');
}

export const legColumns = [
  { title: 'LEG', whole: true },
  { title: 'STATUS', whole: true },
  { title: 'SNAPSHOTS', align: 'right' as const, whole: true },
  { title: 'MISSING', align: 'right' as const, whole: true },
  { title: 'STORED', align: 'right' as const, whole: true },
  { title: 'NEWEST', whole: true },
  { title: 'AGE', align: 'right' as const, whole: true },
  { title: 'ERROR', flexible: true },
];

export function legRow(leg: LegStatus): string[] {
  const { location, status, snapshots, missing, storedBytes, newest, ageMs, error } = leg;
  if (status === 'failed') return [location, status, '', '', '', '', '', error?.message ?? ''];
  return [
    location,
    status,
    String(snapshots),
    String(missing.length),
    formatSize(storedBytes),
    newest ?? '-',
    ageMs === null ? '-' : formatDuration(Math.max(0, ageMs)),
    '',
  ];
}
