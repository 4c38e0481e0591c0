import { OaopsError } from '../../core/errors.ts';
import { collectGarbageEarly, collectGarbageNow } from '../../core/heap.ts';
import type { ChangeName } from '../directory.ts';
import { openDirectory } from '../entry/open-directory.ts';
import type { DirectoryRead } from '../model.ts';
import type { AccountDoors } from '../ports.ts';
import type { DirectorySpec } from '../schema/directories.ts';
import type { Company } from '../schema/spec.ts';
import type { SourceRead } from '../source.ts';
import { readSource } from '../sources/read.ts';
import { requireWholeDirectory } from './directory-health.ts';

/** A source or directory that did not give everything: nothing is known of it, least of all that it is empty. */
export interface NotRead {
  id: string;
  error: OaopsError;
}

export interface ReadDirectory {
  spec: DirectorySpec;
  read: DirectoryRead;
  can: ReadonlySet<ChangeName | 'create'>;
}

export interface EverythingRead {
  sources: (SourceRead | NotRead)[];
  directories: (ReadDirectory | NotRead)[];
}

/** Reads all sources, then all directories, one after the other: what one of them holds is given away before the next is read. */
export async function readAll(
  company: Pick<Company, 'sources' | 'directories'>,
  doors: AccountDoors,
  signal: AbortSignal,
  told: (what: string, done: number, total: number) => void = () => {},
): Promise<EverythingRead> {
  collectGarbageEarly(20);
  const total = company.sources.length + company.directories.length;
  let done = 0;
  const sources: EverythingRead['sources'] = [];
  for (const spec of company.sources) {
    told(spec.id, done++, total);
    sources.push(await orError(spec.id, signal, () => readSource(spec, doors, signal)));
    collectGarbageNow();
  }
  const directories: EverythingRead['directories'] = [];
  for (const spec of company.directories) {
    told(spec.id, done++, total);
    directories.push(
      await orError(spec.id, signal, async () => {
        const directory = await openDirectory(spec, doors, signal);
        try {
          const read = await directory.read(signal);
          await requireWholeDirectory(await doors.facts(), spec, read);
          return { spec, read, can: directory.can };
        } finally {
          await directory.close();
        }
      }),
    );
    collectGarbageNow();
  }
  told('', total, total);
  return { sources, directories };
}

export function isRead<T extends object>(one: T | NotRead): one is T {
  return !('error' in one);
}

async function orError<T>(id: string, signal: AbortSignal, work: () => Promise<T>): Promise<T | NotRead> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OaopsError)) throw error;
    return { id, error };
  }
}
