import { sha256Hex } from '../../../core/json.ts';
import { type Finding, type LegProbe, ok } from '../finding.ts';

const objects = 3;

/** A listing must show at once what was put before, and no more what was deleted: leases and prune rest on it. */
export async function probeList({ store, probeName, signal }: LegProbe): Promise<Finding[]> {
  const names = Array.from({ length: objects }, probeName);
  const bytes = Buffer.from('list');
  for (const name of names) {
    await store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length, signal });
    if ((await sizeInList(store, name)) !== bytes.length)
      return [stale('a listing does not show what was stored before')];
  }
  if ((await store.delete(names[0]!)) === 'deleted' && (await sizeInList(store, names[0]!)) !== undefined)
    return [stale('a listing still shows what was deleted before')];
  return [ok('list', 'a listing shows at once what was stored and deleted')];
}

function stale(message: string): Finding {
  return {
    probe: 'list',
    status: 'failed',
    message,
    lost: 'two machines may not see the leases of each other, so that a prune can take away what a backup relies on',
    next: 'Use a place with strong consistency, or take caches and proxies out of the way.',
  };
}

async function sizeInList(store: LegProbe['store'], name: string): Promise<number | undefined> {
  for await (const found of store.list(name)) if (found.name === name) return found.sizeBytes;
  return undefined;
}
