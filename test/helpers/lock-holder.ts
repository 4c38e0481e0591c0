/** A program of its own that takes a lease or a host lock, says "held", and waits to be ended. Arguments as JSON in argv[2]. */
import { userInfo } from 'node:os';
import { acquireHostLock } from '../../src/backup/lease/host-lock.ts';
import { acquireLease } from '../../src/backup/lease/lease.ts';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { currentProcessIdentity } from '../../src/core/process-identity.ts';

const wanted = JSON.parse(process.argv[2]!) as { root: string; kind: 'shared' | 'exclusive' | 'host' };
const place = { identity: currentProcessIdentity(), clock: systemClock, user: userInfo().username };
try {
  if (wanted.kind === 'host') await acquireHostLock(wanted.root, 'backup r', 'a backup', place);
  else {
    const store = await openDirectoryStore(wanted.root);
    await acquireLease(store, { ...place, kind: wanted.kind, purpose: 'backup', random: systemRandom });
  }
  process.stdout.write('held\n');
  setInterval(() => undefined, 1000);
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code}\n`);
}
