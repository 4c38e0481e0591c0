import { formatDuration } from '../../../core/units.ts';
import { snapshotTimeMs } from '../../report.ts';
import { listSnapshotIds } from '../../repository/snapshots.ts';
import { VerifyHistory } from '../../verify/history.ts';
import { type Finding, type LegProbe, lost, note, ok } from '../finding.ts';

const dayMs = 86_400_000;
/** So many of the last intervals tell how often backups are made. */
const intervals = 10;

/** Is the newest snapshot as young as those before it make one expect; when were stored bytes last read back. */
export async function probeSnapshots({ store, config, clock, stateDir }: LegProbe): Promise<Finding[]> {
  if (!config) return [];
  const ids = await listSnapshotIds(store);
  const newest = ids.at(-1);
  if (newest === undefined)
    return [
      lost('snapshots', 'there is no snapshot yet', 'nothing can be restored', 'Make one with "oaops backup create".'),
    ];
  const findings: Finding[] = [];
  const ageMs = clock.nowMs() - snapshotTimeMs(newest);
  const usualMs = usualInterval(ids.map(snapshotTimeMs));
  if (usualMs !== undefined && ageMs > 2 * usualMs + 3_600_000)
    findings.push(
      lost(
        'snapshots',
        `the newest snapshot is ${formatDuration(ageMs)} old, while one is made every ${formatDuration(usualMs)}`,
        'what changed since would be lost',
        'Look at the log of the last backup, and at cron or the timer.',
      ),
    );
  else findings.push(ok('snapshots', `the newest snapshot is ${formatDuration(Math.max(0, ageMs))} old`));
  findings.push(await lastVerified());
  return findings;

  async function lastVerified(): Promise<Finding> {
    const packs: string[] = [];
    for await (const { name } of store.list('packs/')) packs.push(name.slice(-64));
    const oldest = new VerifyHistory(stateDir, config!.repositoryId, store.location).oldest(packs);
    if (oldest === undefined)
      return lost(
        'snapshots',
        'not every pack was ever read back by this machine',
        'damage of the storage is not noticed before a restore',
        'Run "oaops backup verify --level sample" regularly, or --level full once.',
      );
    const sinceMs = clock.nowMs() - Date.parse(oldest);
    if (sinceMs > 90 * dayMs)
      return note(
        'snapshots',
        `some packs were last read back ${formatDuration(sinceMs)} ago`,
        'Run "oaops backup verify --level sample" regularly.',
      );
    return ok('snapshots', `every pack was read back in the last ${formatDuration(Math.max(0, sinceMs))}`);
  }
}

/** Median of the last intervals; undefined for fewer than three snapshots. */
function usualInterval(times: readonly number[]): number | undefined {
  const last = times.slice(-intervals - 1);
  const gaps = last.slice(1).map((time, i) => time - last[i]!);
  if (gaps.length < 2) return undefined;
  return gaps.sort((a, b) => a - b)[gaps.length >> 1];
}
