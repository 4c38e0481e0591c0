import { isoTime } from '../../core/clock.ts';
import { messageOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { idPattern } from '../../core/ids.ts';
import { sha256Hex } from '../../core/json.ts';
import type { BackupDoor } from '../door.ts';
import { objectNames } from '../format/object-names.ts';
import type { ObjectStore } from '../ports.ts';
import { openRepository } from '../repository/open.ts';
import { listSnapshotIds, pickSnapshot } from '../repository/snapshots.ts';

/** What a person said about a snapshot: that it stays (`pin`), or that it is right though a guard found it odd (`accepted`). */
export type NoteKind = 'pin' | 'accepted';

export interface Note {
  snapshot: string;
  by: string;
  at: string;
  reason: string;
}

const prefixes = { pin: objectNames.pinsPrefix, accepted: objectNames.acceptedPrefix };

/** Notes of a leg by snapshot; one that cannot be read still counts. */
export async function readNotes(store: ObjectStore, kind: NoteKind): Promise<Map<string, Note>> {
  const notes = new Map<string, Note>();
  for await (const { name, modifiedMs } of store.list(prefixes[kind])) {
    const snapshot = name.slice(prefixes[kind].length);
    if (!idPattern.test(snapshot)) continue;
    notes.set(snapshot, await readNote(store, name, { snapshot, by: '', at: isoTime(modifiedMs), reason: '' }));
  }
  return notes;
}

/** Pins of several legs: what is pinned on one is pinned. A leg that cannot be asked has none to show. */
export async function readPins(stores: readonly ObjectStore[]): Promise<Map<string, Note>> {
  const all = new Map<string, Note>();
  for (const store of stores) {
    try {
      for (const note of (await readNotes(store, 'pin')).values()) all.set(note.snapshot, note);
    } catch (error) {
      if (!(error instanceof OaopsError)) throw error;
    }
  }
  return all;
}

async function readNote(store: ObjectStore, name: string, unknown: Note): Promise<Note> {
  try {
    const body = JSON.parse(Buffer.from(await store.get(name)).toString()) as Partial<Note> | null;
    const text = (value: unknown) => (typeof value === 'string' ? value : '');
    return { ...unknown, by: text(body?.by), at: text(body?.at) || unknown.at, reason: text(body?.reason) };
  } catch (error) {
    if (error instanceof OaopsError && error.code !== 'object-missing') throw error;
    return unknown;
  }
}

export interface NoteResult {
  snapshot: string;
  legs: { location: string; status: 'done' | 'already' | 'absent' | 'retained' | 'failed'; error?: string }[];
  exitCode: ExitCode;
}

/**
 * Puts a note on a snapshot, or takes it away, on every leg. A leg that cannot be reached is told (exit 3).
 * @throws OaopsError `snapshot-missing`, `snapshot-ambiguous`; what opening the only leg throws
 */
export async function changeNote(
  door: BackupDoor,
  repos: readonly string[],
  change: { kind: NoteKind; wanted: string; put: { by: string; reason: string } | undefined },
): Promise<NoteResult> {
  const stores: ObjectStore[] = [];
  const legs: NoteResult['legs'] = [];
  let firstError: unknown;
  try {
    for (const location of repos) {
      try {
        const store = await door.openStore(location, { deletes: change.put === undefined });
        stores.push(store);
        await openRepository(store);
      } catch (error) {
        if (stores.at(-1)?.location === location) stores.pop();
        firstError ??= error;
        legs.push({ location, status: 'failed', error: messageOf(error) });
      }
    }
    if (stores.length === 0) throw firstError;
    const ids = new Set<string>();
    for (const store of stores) for (const id of await listSnapshotIds(store)) ids.add(id);
    const snapshot = pickSnapshot([...ids].sort(), change.wanted, stores[0]!.location);
    for (const store of stores) {
      const { location } = store;
      try {
        legs.push({ location, status: await changeOne(door, store, snapshot, change) });
      } catch (error) {
        if (!(error instanceof OaopsError)) throw error;
        legs.push({ location, status: 'failed', error: error.message });
      }
    }
    const fine = legs.every(({ status }) => status === 'done' || status === 'already');
    return { snapshot, legs, exitCode: fine ? ExitCode.success : ExitCode.incomplete };
  } finally {
    for (const store of stores) await store.close();
  }
}

/** What became of each leg, for people. */
export function noteText(
  command: 'pin' | 'unpin' | 'accept',
  { snapshot, legs }: Pick<NoteResult, 'snapshot' | 'legs'>,
): string {
  const done = { pin: 'pinned', unpin: 'not pinned any more', accept: 'accepted' }[command];
  const before = { pin: 'was pinned before', unpin: 'was not pinned', accept: 'was accepted before' }[command];
  const texts = { done, already: before, absent: 'the snapshot is not there', retained: 'the storage retains the pin' };
  return legs
    .map(({ location, status, error }) =>
      status === 'failed' ? `${location} failed: ${error}` : `${snapshot} at ${location}: ${texts[status]}`,
    )
    .join('\n');
}

async function changeOne(
  door: BackupDoor,
  store: ObjectStore,
  snapshot: string,
  { kind, put }: Parameters<typeof changeNote>[2],
): Promise<NoteResult['legs'][number]['status']> {
  const name = kind === 'pin' ? objectNames.pin(snapshot) : objectNames.accepted(snapshot);
  const there = (await store.head(name)) !== undefined;
  if (!put) {
    if (!there) return 'already';
    return (await store.delete(name)) === 'retained' ? 'retained' : 'done';
  }
  if (there) return 'already';
  if (!(await store.head(objectNames.manifest(snapshot)))) return 'absent';
  const body = { by: put.by, at: isoTime(door.clock.nowMs()), reason: put.reason };
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  await store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length });
  return 'done';
}
