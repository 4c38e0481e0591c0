import { compactTime, idPattern } from '../../core/ids.ts';

/** Names of objects; docs/backup-format.md section 1. */
export const objectNames = {
  config: 'config',
  readme: 'README-RESTORE.txt',
  restoreScript: 'restore-v1.sh',
  keysPrefix: 'keys/',
  packsPrefix: 'packs/',
  blocksPrefix: 'blocks/',
  snapshotsPrefix: 'snapshots/',
  locksPrefix: 'locks/',
  marksPrefix: 'marks/',
  pinsPrefix: 'pins/',
  acceptedPrefix: 'accepted/',
  anchorsPrefix: 'anchors/',
  removedPrefix: 'removed/',
  anchor: (timeMs: number, row: number, hash: string) =>
    `anchors/${compactTime(timeMs)}-${String(row).padStart(10, '0')}-${hash.slice(0, 8)}`,
  keys: (sequence: number) => `keys/${String(sequence).padStart(8, '0')}`,
  pack: (sha256: string) => `packs/${sha256.slice(0, 2)}/${sha256}`,
  block: (sha256: string) => `blocks/${sha256.slice(0, 2)}/${sha256}`,
  manifest: (snapshot: string) => `snapshots/${snapshot}.manifest`,
  index: (snapshot: string) => `snapshots/${snapshot}.index`,
  checksums: (snapshot: string) => `snapshots/${snapshot}.sha256`,
  mark: (id: string) => `marks/${id}`,
  removed: (id: string) => `removed/${id}`,
  pin: (snapshot: string) => `pins/${snapshot}`,
  accepted: (snapshot: string) => `accepted/${snapshot}`,
};

/** Snapshot id of `snapshots/<id>.manifest`; undefined for every other name. */
export function snapshotOfManifest(name: string): string | undefined {
  return snapshotOf(name, '.manifest');
}

/** Snapshot id of `snapshots/<id>.index`; undefined for every other name. */
export function snapshotOfIndex(name: string): string | undefined {
  return snapshotOf(name, '.index');
}

function snapshotOf(name: string, ending: string): string | undefined {
  if (!name.startsWith('snapshots/') || !name.endsWith(ending)) return undefined;
  const id = name.slice('snapshots/'.length, -ending.length);
  return idPattern.test(id) ? id : undefined;
}

/** The sha256 in `packs/<xx>/<sha256>` or `blocks/<xx>/<sha256>`; undefined for every other name. */
export function hashOfObject(name: string): string | undefined {
  return /^(?:packs|blocks)\/([0-9a-f]{2})\/(\1[0-9a-f]{62})$/.exec(name)?.[2];
}
