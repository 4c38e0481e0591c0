import { count, formatSize } from '../../core/units.ts';
import type { RepositoryStats } from './stats.ts';

/** For people; the table of the legs is the command's. */
export function statsText({ use, ...stats }: RepositoryStats): string {
  const stored = stats.legs[0]?.storedBytes ?? 0;
  const lines = [
    `${count(stats.snapshots, 'snapshot')}${stats.oldest ? `: ${stats.oldest} to ${stats.newest}` : ''}`,
    `logical: ${formatSize(stats.logicalBytes)}; current: ${formatSize(stats.currentBytes)}`,
    `a copy is ${formatSize(stored)}: ${factor(stats.logicalBytes, stored)} of the logical size is saved`,
  ];
  if (!use) {
    lines.push(
      `new contents compressed by a factor of ${ratio(stats.addedBytes, stats.addedStoredBytes)}; how well packs are used only the private key can tell`,
    );
    return lines.join('\n');
  }
  lines.push(
    `deduplicated by a factor of ${ratio(stats.logicalBytes, use.uniqueBytes)}, compressed by a factor of ${ratio(use.uniqueBytes, use.storedBytes * use.neededShare)}`,
    `${count(use.packs, 'pack')}: snapshots need ${percent(use.neededShare)} of them, current files ${percent(use.currentShare)}`,
    use.refresh.packs === 0
      ? 'a refresh would store nothing again'
      : `a refresh would store ${formatSize(use.refresh.storedBytes)} again, out of ${count(use.refresh.packs, 'pack')} of ${formatSize(use.refresh.freedBytes)}`,
  );
  return lines.join('\n');
}

export const legColumns = [
  { title: 'LEG', flexible: true },
  { title: 'SNAPSHOTS', align: 'right' as const, whole: true },
  { title: 'PACKS', align: 'right' as const, whole: true },
  { title: 'STORED', align: 'right' as const, whole: true },
  { title: 'LISTS', align: 'right' as const, whole: true },
  { title: 'UNNEEDED', align: 'right' as const, whole: true },
];

export function legRow(leg: RepositoryStats['legs'][number]): string[] {
  return [
    leg.location,
    String(leg.snapshots),
    String(leg.packs),
    formatSize(leg.storedBytes),
    formatSize(leg.metadataBytes),
    formatSize(leg.unneeded.bytes),
  ];
}

function ratio(plain: number, stored: number): string {
  return stored === 0 ? '1.00' : (plain / stored).toFixed(2);
}

function factor(logical: number, stored: number): string {
  return logical === 0 ? '0 %' : percent(Math.max(0, 1 - stored / logical));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
