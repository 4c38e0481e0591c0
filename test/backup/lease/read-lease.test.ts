import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLease, listLeases } from '../../../src/backup/lease/lease.ts';
import { takeReadLease } from '../../../src/backup/lease/read-lease.ts';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import type { ObjectStore } from '../../../src/backup/ports.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { OaopsError } from '../../../src/core/errors.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { currentProcessIdentity } from '../../../src/core/process-identity.ts';

const identity = currentProcessIdentity();
const options = { purpose: 'restore', user: 'tester', identity, clock: systemClock, random: systemRandom };
const prune = { ...options, kind: 'exclusive' as const, purpose: 'prune' };
let root: string;
let store: ObjectStore;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'oaops-read-lease-'));
  store = await openDirectoryStore(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A leg as seen with keys that may only read. */
function readOnly(): ObjectStore {
  return new Proxy(store, {
    get(target, property) {
      if (property === 'put' || property === 'delete')
        return async () => {
          throw new OaopsError('leg-access-denied', `${root} may not be used by this user`);
        };
      const member = Reflect.get(target, property, target) as unknown;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

test('a reader keeps a prune out, and the other way round', async () => {
  const lease = await takeReadLease(store, options);
  await expect(acquireLease(store, prune)).rejects.toMatchObject({ code: 'lease-held' });
  const second = await takeReadLease(store, options);
  expect(await listLeases(store, identity)).toHaveLength(2);
  expect(await lease.release()).toEqual([]);
  expect(await second.release()).toEqual([]);
  expect(readdirSync(join(root, 'locks'))).toEqual([]);
  const pruning = await acquireLease(store, prune);
  await expect(takeReadLease(store, options)).rejects.toMatchObject({ code: 'lease-held', exitCode: 11 });
  await pruning.release();
});

test('who may only read reads without a lease, but not into a prune', async () => {
  const lease = await takeReadLease(readOnly(), options);
  expect(await listLeases(store, identity)).toEqual([]);
  expect(await lease.release()).toEqual([]);
  const pruning = await acquireLease(store, prune);
  await expect(takeReadLease(readOnly(), options)).rejects.toMatchObject({ code: 'lease-held', exitCode: 11 });
  await pruning.release();
});

test('a prune that began meanwhile is told', async () => {
  const lease = await takeReadLease(readOnly(), options);
  const pruning = await acquireLease(store, prune);
  expect(await lease.release()).toEqual([expect.stringContaining('prune by tester')]);
  await pruning.release();
});
