import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import type { ObjectStore } from '../../src/backup/ports.ts';
import { pruneRepository } from '../../src/backup/prune/prune.ts';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';

/* A program for tests: prunes a repository folder and is killed (-9) after so many changes of the storage. */
const [repo = '', stateDir = '', calls = ''] = process.argv.slice(2);
let left = Number(calls);

function dying(store: ObjectStore): ObjectStore {
  const died = <T>(result: T): T => {
    left -= 1;
    if (left <= 0) process.kill(process.pid, 'SIGKILL');
    return result;
  };
  return {
    location: store.location,
    kind: store.kind,
    put: async (...args) => died(await store.put(...args)),
    delete: async (...args) => died(await store.delete(...args)),
    get: (...args) => store.get(...args),
    stream: (...args) => store.stream(...args),
    head: (...args) => store.head(...args),
    list: (...args) => store.list(...args),
    serverTimeMs: () => store.serverTimeMs(),
    capabilities: () => store.capabilities(),
    close: () => store.close(),
  };
}

await pruneRepository(
  { repos: [repo], rules: { keepLast: 1 }, timeZone: 'UTC', graceMs: 0 },
  {
    openStore: async (at) => dying(await openDirectoryStore(at)),
    stateDir,
    clock: systemClock,
    random: systemRandom,
    signal: new AbortController().signal,
  },
);
