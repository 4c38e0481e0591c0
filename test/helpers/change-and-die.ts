import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { BackupDoor } from '../../src/backup/door.ts';
import { changeRecipients } from '../../src/backup/keys/manage-keys.ts';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import type { ObjectStore } from '../../src/backup/ports.ts';
import { pruneRepository } from '../../src/backup/prune/prune.ts';
import { syncRepository } from '../../src/backup/sync/sync.ts';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { restoreFrom } from './restoring.ts';

/*
 * A program for tests: does one thing with repositories in folders and is killed (-9) after so many changes: of the storage, or, for a
 * restore in place, of the target.
 */
const [operation = '', calls = '', stateDir = '', ...args] = process.argv.slice(2);
let left = Number(calls);

function died<T>(result: T): T {
  left -= 1;
  if (left <= 0) process.kill(process.pid, 'SIGKILL');
  return result;
}

function dying(store: ObjectStore): ObjectStore {
  return {
    location: store.location,
    kind: store.kind,
    put: async (...put) => died(await store.put(...put)),
    delete: async (...deletion) => died(await store.delete(...deletion)),
    get: (...get) => store.get(...get),
    stream: (...stream) => store.stream(...stream),
    head: (...head) => store.head(...head),
    list: (...list) => store.list(...list),
    serverTimeMs: () => store.serverTimeMs(),
    capabilities: () => store.capabilities(),
    close: () => store.close(),
  };
}

/** Every call of node:fs that changes something counts, also where it was imported by name. */
function dieByCalls(): void {
  const names = [
    'write',
    'rename',
    'unlink',
    'mkdir',
    'rmdir',
    'link',
    'symlink',
    'chmod',
    'fchmod',
    'lchown',
    'fchown',
  ];
  for (const name of [...names, 'futimes', 'lutimes', 'ftruncate'].map((one) => `${one}Sync`)) {
    const table = fs as unknown as Record<string, (...given: unknown[]) => unknown>;
    const original = table[name]!;
    table[name] = (...given) => died(original(...given));
  }
  syncBuiltinESMExports();
}

const openStore = async (at: string) => dying(await openDirectoryStore(at));
const { signal } = new AbortController();
const base = { openStore, stateDir, cacheDir: `${stateDir}/cache`, clock: systemClock, random: systemRandom, signal };

if (operation === 'prune')
  await pruneRepository({ repos: args, rules: { keepLast: 1 }, timeZone: 'UTC', graceMs: 0 }, base);
else if (operation === 'sync')
  await syncRepository(
    { repos: args },
    { ...base, companions: () => [], stopping: signal, onProgress: () => undefined, onWarning: () => undefined },
  );
else if (operation === 'key-add') {
  const [add = '', ...repos] = args;
  await changeRecipients(base as unknown as BackupDoor, repos, { add });
} else if (operation === 'restore') {
  const [repo = '', target = ''] = args;
  dieByCalls();
  await restoreFrom(repo, { target, inPlace: true, delete: true, confirm: target });
} else throw new Error(`no operation ${operation}`);
