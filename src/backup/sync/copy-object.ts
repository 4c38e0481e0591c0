import { createHash, randomBytes } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { OaopsError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { damaged } from '../format/damaged.ts';
import type { ObjectBody, ObjectStore } from '../ports.ts';

/** Larger objects go through a file of the spool. */
const inMemoryBytes = 8 * 1024 * 1024;

export interface FetchedObject {
  body: ObjectBody;
  /** Removes the file of the spool. */
  drop: () => Promise<void>;
}

/**
 * One object from a leg, whole and right, or an error: its size and sha256 are compared before anybody gets it.
 * @throws OaopsError `repository-damaged` when it has other content; what the store throws
 */
export async function fetchChecked(
  store: ObjectStore,
  object: { name: string; storedBytes: number; sha256: string },
  place: { spoolDir: string; signal: AbortSignal },
): Promise<FetchedObject> {
  const { name, storedBytes, sha256 } = object;
  if (storedBytes <= inMemoryBytes) {
    const bytes = await store.get(name, undefined, place.signal);
    if (bytes.length !== storedBytes || sha256Hex(bytes) !== sha256) throw otherContent(store, name);
    return { body: { bytes }, drop: async () => undefined };
  }
  const file = join(place.spoolDir, `sync-${randomBytes(6).toString('hex')}`);
  const drop = () => unlink(file).catch(() => undefined);
  try {
    const target = await open(file, 'wx', 0o600);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const chunk of (await store.stream(name, place.signal)) as AsyncIterable<Uint8Array>) {
        bytes += chunk.length;
        hash.update(chunk);
        await target.writeFile(chunk);
      }
    } finally {
      await target.close();
    }
    if (bytes !== storedBytes || hash.digest('hex') !== sha256) throw otherContent(store, name);
    return { body: { file }, drop };
  } catch (error) {
    await drop();
    throw error;
  }
}

function otherContent(store: ObjectStore, name: string): OaopsError {
  return damaged(`${name} at ${store.location} has other content`);
}

/** Throws `object-lost` when what was stored a moment ago is not there: a storage that said so without doing so. */
export async function confirmStored(store: ObjectStore, name: string, storedBytes: number): Promise<void> {
  if ((await store.head(name))?.sizeBytes === storedBytes) return;
  throw new OaopsError('object-lost', `${name} is missing or has another size at ${store.location}`, {
    next: 'Run it again, and find out what deletes objects there.',
  });
}

/**
 * Gives a small object its name. What lies there with other content is no part of a snapshot yet, since that only exists with its
 * manifest: it is replaced.
 */
export async function putReplacing(store: ObjectStore, name: string, bytes: Uint8Array): Promise<void> {
  await replace(store, name, bytes);
  await confirmStored(store, name, bytes.length);
}

async function replace(store: ObjectStore, name: string, bytes: Uint8Array): Promise<void> {
  const sha256 = sha256Hex(bytes);
  const put = () => store.put(name, { bytes }, { sha256, sizeBytes: bytes.length });
  try {
    if ((await put()) === 'stored' || sha256Hex(await store.get(name)) === sha256) return;
  } catch (error) {
    if (!(error instanceof OaopsError) || error.code !== 'object-conflict') throw error;
  }
  if ((await store.delete(name)) === 'retained')
    throw new OaopsError('object-retained', `${name} at ${store.location} has other content and may not be replaced`, {
      next: 'Wait until its protection ends, or remove it with rights that may do so.',
    });
  await put();
}
