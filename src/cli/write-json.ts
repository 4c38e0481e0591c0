import type { Writable } from 'node:stream';
import { indentedJson } from '../core/json.ts';
import { writeOut } from '../core/write-out.ts';

/** So many signs are written at once. */
const writtenAtOnce = 64 * 1024;

/** A JSON document with a line end, no faster than the stream takes it; stops when nobody reads it any more. */
export async function writeJson(stream: Writable, value: unknown): Promise<void> {
  let text = '';
  for (const piece of indentedJson(value)) {
    text += piece;
    if (text.length < writtenAtOnce) continue;
    if (!(await writeOut(stream, text))) return;
    text = '';
  }
  await writeOut(stream, `${text}\n`);
}
