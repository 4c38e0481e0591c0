import { sha256Hex } from '../../../core/json.ts';
import { formatDuration } from '../../../core/units.ts';
import { clockToleranceMs } from '../../retention/policy.ts';
import { type Finding, type LegProbe, note, ok } from '../finding.ts';

/** Clocks kept by NTP differ by less than this. */
const noticeableMs = 30_000;

/** The times that the place gives to objects, against the clock here: retention, leases and graces are judged by the former. */
export async function probeClock({ store, clock, probeName }: LegProbe): Promise<Finding[]> {
  const name = probeName();
  const bytes = Buffer.from('clock');
  const beforeMs = clock.nowMs();
  await store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length });
  const found = await store.head(name);
  const said = store.kind === 's3' ? await store.serverTimeMs() : found?.modifiedMs;
  const afterMs = clock.nowMs();
  if (said === undefined) return [];
  const skewMs = said < beforeMs ? beforeMs - said : Math.max(0, said - afterMs);
  if (skewMs > clockToleranceMs)
    return [
      {
        probe: 'clock',
        status: 'failed',
        message: `the clock there and the one here differ by ${formatDuration(skewMs)}`,
        lost: 'prune refuses to work, and a server of S3 refuses requests from 15 min on',
        next: 'Set the wrong one right (NTP).',
      },
    ];
  if (skewMs > noticeableMs)
    return [
      note(
        'clock',
        `the clock there and the one here differ by ${formatDuration(skewMs)}`,
        'Set the wrong one right (NTP).',
      ),
    ];
  return [ok('clock', 'the clocks there and here agree')];
}
