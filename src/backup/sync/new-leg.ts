import { OaopsError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { objectNames } from '../format/object-names.ts';
import type { ObjectStore } from '../ports.ts';
import { putSmall } from '../repository/init.ts';

type Companions = readonly { name: string; bytes: Uint8Array }[];

/**
 * Makes an empty place a leg of the repository that `source` holds: recipients and companions first, `config` last, so that a
 * repository exists only when it is whole. One that was cut off goes on.
 * @throws OaopsError `place-not-empty` when other objects lie there
 */
export async function makeLeg(target: ObjectStore, source: ObjectStore, companions: Companions): Promise<void> {
  const keys = await keysOf(source);
  for (const prefix of [objectNames.snapshotsPrefix, objectNames.packsPrefix, objectNames.keysPrefix]) {
    for await (const { name } of target.list(prefix)) {
      const ours = keys.get(name);
      if (ours && sha256Hex(await target.get(name)) === sha256Hex(ours)) continue;
      throw new OaopsError('place-not-empty', `${target.location} holds ${name} but no repository`, {
        next: 'Name an empty place, or copy "config" back from another leg when it was lost.',
      });
    }
  }
  await putBeside(target, companions);
  for (const [name, bytes] of keys) await putSmall(target, name, bytes);
  await putSmall(target, objectNames.config, await source.get(objectNames.config));
}

async function keysOf(store: ObjectStore): Promise<Map<string, Uint8Array>> {
  const keys = new Map<string, Uint8Array>();
  for await (const { name } of store.list(objectNames.keysPrefix))
    if (/^keys\/\d{8}$/.test(name)) keys.set(name, await store.get(name));
  return keys;
}

/** What lies beside the data for a restore without this tool; what is there already, also of another version, stays. */
export async function putBeside(target: ObjectStore, companions: Companions): Promise<number> {
  let stored = 0;
  for (const { name, bytes } of companions) {
    if (await target.head(name)) continue;
    await putSmall(target, name, bytes);
    stored += 1;
  }
  return stored;
}

/**
 * Gives a leg the lists of recipients, pins and acceptances that it lacks. A list of another leg that says something else under the
 * same number is told, and stays: nobody but a person can say which one is right.
 * @returns names that were stored
 */
export async function copyBeside(
  target: ObjectStore,
  source: ObjectStore,
  warn: (message: string) => void,
): Promise<string[]> {
  const stored: string[] = [];
  for (const prefix of [objectNames.keysPrefix, objectNames.pinsPrefix, objectNames.acceptedPrefix]) {
    const there = new Set<string>();
    for await (const { name } of target.list(prefix)) there.add(name);
    for await (const { name } of source.list(prefix)) {
      if (!there.has(name)) {
        await putSmall(target, name, await source.get(name));
        stored.push(name);
      } else if (prefix === objectNames.keysPrefix && !(await same(target, source, name)))
        warn(`${name} is not the same at ${target.location} and at ${source.location}`);
    }
  }
  return stored;
}

async function same(one: ObjectStore, other: ObjectStore, name: string): Promise<boolean> {
  return sha256Hex(await one.get(name)) === sha256Hex(await other.get(name));
}
