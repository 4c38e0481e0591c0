import { randomBytes } from 'node:crypto';
import { sha256Hex } from '../../../core/json.ts';
import { type Finding, type LegProbe, lost, ok } from '../finding.ts';

const sizeBytes = 200_000;

/** Puts an object, gets it back whole and by range. */
export async function probeObjects({ store, bucket, probeName, signal }: LegProbe): Promise<Finding[]> {
  const name = probeName();
  const bytes = randomBytes(sizeBytes);
  await store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes, signal });
  if (Buffer.compare(await store.get(name, undefined, signal), bytes) !== 0)
    return [
      {
        probe: 'objects',
        status: 'failed',
        message: 'an object came back with other bytes than were stored',
        next: 'Do not use this place: find out what changes data there.',
      },
    ];
  const range = { offset: 1000, length: 5000 };
  const part = await store.get(name, range, signal);
  if (Buffer.compare(part, bytes.subarray(1000, 6000)) !== 0)
    return [
      {
        probe: 'objects',
        status: 'failed',
        message: 'a range of an object came back with other bytes than were stored',
        next: 'Do not use this place: find out what changes data there.',
      },
    ];
  const findings = [ok('objects', 'an object was stored, and read back whole and in part')];
  if (bucket && !(await bucket.honoursRange(name)))
    findings.push(
      lost(
        'objects',
        'the server ignores ranges and always sends the whole object',
        'one file costs as much reading as the whole pack of 64 MiB that it lies in',
      ),
    );
  return findings;
}
