import { isoTime } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import { newId, type RandomSource } from '../../core/ids.ts';
import { sha256Hex } from '../../core/json.ts';
import { damaged } from '../format/damaged.ts';
import { hashOfObject, objectNames } from '../format/object-names.ts';
import type { ObjectStore } from '../ports.ts';

/** Objects that a prune wants to delete when its grace is over; docs/backup-format.md. */
export interface Mark {
  name: string;
  /** When it was stored, by the clock of the store. */
  markedMs: number;
  objects: string[];
}

/** A mark longer than this is several. */
const objectsPerMark = 10_000;

/** Marks in the order in which they were made; one that cannot be read marks nothing and is left alone. */
export async function listMarks(store: ObjectStore): Promise<Mark[]> {
  const marks: Mark[] = [];
  for await (const { name, modifiedMs } of store.list(objectNames.marksPrefix)) {
    try {
      const objects = parseMark(Buffer.from(await store.get(name)).toString());
      marks.push({ name, markedMs: modifiedMs, objects });
    } catch (error) {
      if (!(error instanceof OaopsError) || !['object-missing', 'repository-damaged'].includes(error.code)) throw error;
    }
  }
  return marks;
}

function parseMark(text: string): string[] {
  let body: { objects?: unknown } | null;
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    throw damaged('a mark is no JSON');
  }
  const objects = body?.objects;
  // Only what the sweep of another version might delete too: contents, never a manifest or the configuration.
  if (!Array.isArray(objects) || !objects.every((one) => typeof one === 'string' && hashOfObject(one) !== undefined))
    throw damaged('a mark names something else than packs and blocks');
  return objects as string[];
}

export async function writeMarks(
  store: ObjectStore,
  objects: readonly string[],
  by: { user: string; host: string; nowMs: number; random: RandomSource },
): Promise<void> {
  for (let i = 0; i < objects.length; i += objectsPerMark) {
    const body = {
      at: isoTime(by.nowMs),
      by: by.user,
      host: by.host,
      objects: objects.slice(i, i + objectsPerMark),
    };
    const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
    const name = objectNames.mark(newId(by.nowMs, by.random));
    await store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length });
  }
}
