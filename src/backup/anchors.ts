import { OaopsError } from '../core/errors.ts';
import type { AuditAnchor } from '../record/types.ts';
import { objectNames } from './format/object-names.ts';
import type { ObjectStore } from './ports.ts';

/** An anchor of the audit log as it lies on a leg (docs/record.md, "Anchors"). */
export interface AnchorObject {
  name: string;
  bytes: Uint8Array;
}

/** What a backup tells once its snapshot is there, for the record and the anchor. */
export interface SnapshotMade {
  snapshot: string;
  status: 'complete' | 'incomplete';
  repositoryId: string;
  legs: { location: string; status: 'ok' | 'failed'; error?: string }[];
}

/** One line of JSON under a name of its own: time, row of the audit log, and the hash, so that records sharing a leg never meet. */
export function anchorObject(anchor: AuditAnchor): AnchorObject {
  return {
    name: objectNames.anchor(Date.parse(anchor.at), anchor.seq, anchor.hash),
    bytes: Buffer.from(`${JSON.stringify(anchor)}\n`),
  };
}

/** How many anchors are fetched at once: they are small, so the way there is what takes time. */
const fetchedAtOnce = 16;

/**
 * The anchors on a leg, oldest first, as text; needs no private key.
 * @throws OaopsError what the store throws; `object-missing` when one went away meanwhile
 */
export async function storedAnchors(store: ObjectStore): Promise<{ name: string; text: string }[]> {
  const names: string[] = [];
  for await (const { name } of store.list(objectNames.anchorsPrefix)) names.push(name);
  const found: { name: string; text: string }[] = [];
  for (let from = 0; from < names.length; from += fetchedAtOnce) {
    const part = names.slice(from, from + fetchedAtOnce);
    found.push(...(await Promise.all(part.map(async (name) => ({ name, text: await textOf(store, name) })))));
  }
  return found;
}

async function textOf(store: ObjectStore, name: string): Promise<string> {
  const bytes = await store.get(name);
  // An anchor with the signature of a large RSA key is about 2 KiB.
  if (bytes.length > 16 * 1024)
    throw new OaopsError(
      'anchor-damaged',
      `${name} in ${store.location} is ${bytes.length} bytes, too large for an anchor`,
      {
        exitCode: 9,
        next: 'Find out who wrote to this repository.',
      },
    );
  return Buffer.from(bytes).toString('utf8');
}
