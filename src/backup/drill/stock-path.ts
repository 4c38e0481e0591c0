import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import { makePrivateDir } from '../../core/private-dir.ts';
import { objectNames } from '../format/object-names.ts';
import type { ObjectStore } from '../ports.ts';
import type { Repository } from '../repository/open.ts';
import { readIndex } from '../repository/snapshots.ts';
import type { Sabotage } from './drill-spec.ts';
import type { RunCommand } from './load/types.ts';

/** What README-RESTORE.txt asks of a machine. Nothing else is on the PATH of the script. */
const tools =
  'awk,cat,chmod,chown,cp,cut,dd,df,head,id,ln,mkdir,mktemp,mv,od,rm,sha256sum,sort,split,sync,tac,tail,touch,tr,truncate,uniq,wc,yes,find,xargs,tar,zstd,age,setfattr,setfacl'.split(
    ',',
  );
const folders = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];
const scriptTimeoutMs = 24 * 3_600_000;

export interface StockRestore {
  exitCode: number | null;
  /** Its last words. */
  said: string;
  fetchMs: number;
  extractMs: number;
}

/**
 * Restores with the script that lies in the leg and the tools of the system. A directory leg is read where it lies; objects of any
 * other leg, and of a sabotaged one, are copied into a folder first, as a person without oaops would do with the tools of the store.
 */
export async function restoreByStock(
  repository: Repository,
  request: { snapshot: string; target: string; include: readonly string[]; work: string; sabotage: Sabotage },
  place: { clock: Clock; run: RunCommand; identityFile: string | undefined },
): Promise<StockRestore> {
  const { store } = repository;
  const { snapshot, target, include, work, sabotage } = request;
  const startedMs = place.clock.monotonicMs();
  const inPlace = store.kind === 'directory' && ['none', 'wrong-key', 'lost-canary'].includes(sabotage);
  const repo = inPlace ? store.location : join(work, 'leg');
  if (!inPlace) await copyObjects(repository, snapshot, repo);
  if (!existsSync(join(repo, objectNames.restoreScript)))
    throw new OaopsError('restore-kit-missing', `${objectNames.restoreScript} is not in ${store.location}`, {
      next: 'Run "oaops backup init" on this leg again: it lays down what is missing.',
    });
  const identity = await identityFor(repository, sabotage, place.identityFile, work);
  const fetchMs = place.clock.monotonicMs() - startedMs;
  const path = stockTools(work);
  const argv = ['/bin/sh', join(repo, objectNames.restoreScript), '-s', snapshot];
  if (identity !== undefined) argv.push('-i', identity);
  for (const one of include) argv.push('-p', one);
  const env = { PATH: path, HOME: work };
  const { exitCode, timedOut, tail } = await place.run([...argv, repo, target], work, scriptTimeoutMs, { env });
  const said = timedOut ? 'it did not end in time' : (tail.trim().split('\n').at(-1) ?? '').slice(0, 300);
  return { exitCode, said, fetchMs, extractMs: place.clock.monotonicMs() - startedMs - fetchMs };
}

/** A wrong key is a key: the script must find out by itself. */
async function identityFor(
  repository: Repository,
  sabotage: Sabotage,
  identityFile: string | undefined,
  work: string,
): Promise<string | undefined> {
  if (repository.reading.encryption === 'none' || sabotage !== 'wrong-key') return identityFile;
  const { generateIdentity } = await import('age-encryption');
  const file = join(work, 'wrong-key.txt');
  writeFileSync(file, `${await generateIdentity()}\n`, { mode: 0o600 });
  return file;
}

async function copyObjects(repository: Repository, snapshot: string, to: string): Promise<void> {
  const { store } = repository;
  const { objects } = await readIndex(store, snapshot);
  const names = [
    objectNames.config,
    objectNames.readme,
    objectNames.restoreScript,
    objectNames.manifest(snapshot),
    objectNames.index(snapshot),
    objectNames.checksums(snapshot),
    ...objects.map(({ name }) => name),
  ];
  for await (const { name } of store.list(objectNames.keysPrefix)) names.push(name);
  for (const name of names) await copyObject(store, name, join(to, name));
}

/** What is not there is not copied: that is what the script has to find. */
async function copyObject(store: ObjectStore, name: string, file: string): Promise<void> {
  makePrivateDir(dirname(file));
  try {
    writeFileSync(file, await store.get(name), { mode: 0o600 });
  } catch (error) {
    if (!(error instanceof OaopsError && error.code === 'object-missing')) throw error;
  }
}

/** A folder of links to the tools alone: whatever else is installed, oaops and Node.js included, cannot be used. */
function stockTools(work: string): string {
  const path = join(work, 'tools');
  mkdirSync(path, { mode: 0o700 });
  for (const tool of tools) {
    const found = folders.map((folder) => join(folder, tool)).find((file) => existsSync(file));
    if (found !== undefined) symlinkSync(found, join(path, tool));
  }
  return path;
}
