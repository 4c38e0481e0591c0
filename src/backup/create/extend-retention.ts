import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurable } from '../../core/durable-file.ts';
import { messageOf } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import type { ObjectStore, WriteOnce } from '../ports.ts';
import { readIndex } from '../repository/snapshots.ts';

const dayMs = 86_400_000;
const parallel = 8;

export interface Extended {
  location: string;
  /** Objects of the snapshot whose protection was made longer. */
  extended: number;
  /** Objects that could not be protected for as long as needed. */
  failed: number;
}

/**
 * Protects everything that a new snapshot needs for as long as the snapshot itself: packs of earlier backups would otherwise lose
 * their protection while they are still in use. Only what has less left than needed is asked for again, and how long each object
 * is protected is remembered in the state folder, so that an hourly backup does not ask for every pack.
 */
export async function extendRetention(
  stores: readonly ObjectStore[],
  snapshot: string,
  place: { stateDir: string; repositoryId: string; signal: AbortSignal; warn: (message: string) => void },
): Promise<Extended[]> {
  const results: Extended[] = [];
  for (const store of stores) {
    if (!store.writeOnce) continue;
    try {
      results.push(await extendOn(store, store.writeOnce, snapshot, place));
    } catch (error) {
      place.signal.throwIfAborted();
      place.warn(
        `the protection of what snapshot ${snapshot} needs could not be extended at ${store.location}: ${messageOf(error)}`,
      );
      results.push({ location: store.location, extended: 0, failed: 1 });
    }
  }
  return results;
}

async function extendOn(
  store: ObjectStore,
  { days, marginDays, retainedUntilMs, retain }: WriteOnce,
  snapshot: string,
  place: { stateDir: string; repositoryId: string; signal: AbortSignal; warn: (message: string) => void },
): Promise<Extended> {
  const { location } = store;
  const file = join(place.stateDir, 'retention', `${place.repositoryId}-${sha256Hex(location).slice(0, 16)}.json`);
  const known = readKnown(file);
  const nowMs = await store.serverTimeMs();
  const until = new Map<string, number>();
  const result: Extended = { location, extended: 0, failed: 0 };
  let firstError: unknown;
  const { objects } = await readIndex(store, snapshot);
  const queue = objects.values();
  const work = async () => {
    for (const { name } of queue) {
      place.signal.throwIfAborted();
      try {
        const left = known.get(name) ?? (await retainedUntilMs(name)) ?? 0;
        const enough = left - nowMs >= days * dayMs;
        const wanted = nowMs + (days + marginDays) * dayMs;
        if (!enough) {
          await retain(name, wanted);
          result.extended += 1;
        }
        until.set(name, enough ? left : wanted);
      } catch (error) {
        place.signal.throwIfAborted();
        firstError ??= error;
        result.failed += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  if (result.failed > 0)
    place.warn(
      `${result.failed} objects at ${location} are not protected as long as configured: ${messageOf(firstError)}`,
    );
  // Of other snapshots nothing need be remembered: their objects are looked up when they are needed again.
  writeFileDurable(file, `${JSON.stringify(Object.fromEntries(until))}\n`);
  return result;
}

/** A file that cannot be read costs one question per object. */
function readKnown(file: string): Map<string, number> {
  try {
    const parsed = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return new Map(Object.entries(parsed).filter((pair): pair is [string, number] => typeof pair[1] === 'number'));
  } catch {
    return new Map();
  }
}
