import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { currentProcessIdentity, processStartOf } from '../../../core/process-identity.ts';

/*
 * Names of scratch databases say whose they are: no live database is called so, and one that a killed drill of this machine left
 * behind is known and dropped by the next drill. Only letters, digits and underscores: nothing has to be quoted.
 */

const short = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 6);

export function scratchName(): string {
  const { pid, processStart, bootId } = currentProcessIdentity();
  const start = /^\d+$/.test(processStart) ? processStart : '0';
  return `oaops_drill_${short(hostname())}_${short(bootId)}_${pid}_${start}_${randomBytes(3).toString('hex')}`;
}

/** True for the database of a drill of this machine whose process is gone. */
export function isLeftOver(name: string): boolean {
  const [, host, boot, pid, start] =
    /^oaops_drill_([0-9a-f]{6})_([0-9a-f]{6})_(\d+)_(\d+)_[0-9a-f]{6}$/.exec(name) ?? [];
  if (host !== short(hostname())) return false;
  if (boot !== short(currentProcessIdentity().bootId)) return true;
  return processStartOf(Number(pid)) !== start;
}
