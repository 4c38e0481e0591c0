import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurable } from '../../core/durable-file.ts';
import { OaopsError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { hashOfObject } from '../format/object-names.ts';
import type { ObjectStore } from '../ports.ts';
import { isUnreadable } from './structure.ts';

/**
 * Remembers on this machine which packs and blocks of a leg a verification has found damaged. A list of names and sizes does not show
 * a changed byte, so without this the next backup would go on to refer to them.
 */
export function rememberDamage(
  stateDir: string,
  repositoryId: string,
  location: string,
  found: { damaged: Iterable<string>; right: Iterable<string> },
): void {
  const file = fileOf(stateDir, repositoryId, location);
  const before = readNames(file);
  const names = new Set(before);
  for (const name of found.right) names.delete(name);
  for (const name of found.damaged) if (hashOfObject(name) !== undefined) names.add(name);
  const text = [...names].sort();
  if (text.join() !== before.join()) writeFileDurable(file, `${JSON.stringify(text)}\n`);
}

/** Those of the remembered ones that are there and still are not what their names say: each is read again. */
export async function stillDamaged(
  store: ObjectStore,
  stateDir: string,
  repositoryId: string,
  signal: AbortSignal,
): Promise<string[]> {
  const damaged: string[] = [];
  for (const name of readNames(fileOf(stateDir, repositoryId, store.location))) {
    try {
      const hash = createHash('sha256');
      for await (const chunk of (await store.stream(name, signal)) as AsyncIterable<Uint8Array>) hash.update(chunk);
      if (hash.digest('hex') !== hashOfObject(name)) damaged.push(name);
    } catch (error) {
      if (isUnreadable(error)) damaged.push(name);
      else if (!(error instanceof OaopsError) || error.code !== 'object-missing') throw error;
    }
  }
  return damaged;
}

function fileOf(stateDir: string, repositoryId: string, location: string): string {
  return join(stateDir, 'verified', `${repositoryId}-${sha256Hex(location).slice(0, 16)}.damaged.json`);
}

/** A file that cannot be read is as good as none: the next verification writes it again. */
function readNames(file: string): string[] {
  try {
    const names = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    return Array.isArray(names)
      ? names.filter((name) => typeof name === 'string' && hashOfObject(name) !== undefined)
      : [];
  } catch {
    return [];
  }
}
