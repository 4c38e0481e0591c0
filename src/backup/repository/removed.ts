import { isoTime } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import { idPattern, newId, type RandomSource } from '../../core/ids.ts';
import { sha256Hex } from '../../core/json.ts';
import { objectNames } from '../format/object-names.ts';
import type { ObjectStore } from '../ports.ts';

/**
 * Says on a leg which snapshots are removed there on purpose, before they are: without it nobody could tell them from snapshots
 * that the leg has missed, and the next sync would bring them back. docs/backup-format.md, section 11.
 */
export async function writeRemoved(
  store: ObjectStore,
  snapshots: readonly string[],
  by: { user: string; host: string; nowMs: number; random: RandomSource },
): Promise<void> {
  if (snapshots.length === 0) return;
  const body = { at: isoTime(by.nowMs), by: by.user, host: by.host, snapshots: [...snapshots].sort() };
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  const name = objectNames.removed(newId(by.nowMs, by.random));
  await store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length });
}

/** Snapshots that were removed from this leg on purpose. A record that cannot be read says nothing. */
export async function readRemoved(store: ObjectStore): Promise<Set<string>> {
  const names: string[] = [];
  for await (const { name } of store.list(objectNames.removedPrefix)) names.push(name);
  const removed = new Set<string>();
  const parallel = 16;
  for (let i = 0; i < names.length; i += parallel)
    for (const ids of await Promise.all(names.slice(i, i + parallel).map((name) => readOne(store, name))))
      for (const id of ids) removed.add(id);
  return removed;
}

async function readOne(store: ObjectStore, name: string): Promise<string[]> {
  try {
    const body = JSON.parse(Buffer.from(await store.get(name)).toString()) as { snapshots?: unknown } | null;
    const ids = Array.isArray(body?.snapshots) ? body.snapshots : [];
    return ids.filter((id): id is string => typeof id === 'string' && idPattern.test(id));
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    if (error instanceof OaopsError && ['object-missing', 'object-truncated'].includes(error.code)) return [];
    throw error;
  }
}
