import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { type ByteString, forFs } from '../../format/byte-string.ts';
import type { Entry } from '../../format/entry.ts';
import { isWanted } from '../selection.ts';
import { isStagedName } from './stage.ts';

export interface Extra {
  path: ByteString;
  isFolder: boolean;
  bytes: number;
}

interface OpenFolder {
  path: ByteString;
  /** All that the snapshot has in it. */
  names: Set<ByteString>;
  /** Undefined when it is no folder in the target. */
  device: number | undefined;
  /** What the snapshot does not have in it may go. */
  owned: boolean;
}

/**
 * Finds what lies in the folders of a snapshot and is not in the snapshot, while its manifest is read: it holds the names of the
 * folders that are open only. Folders above the sources belong to others: nothing in them is looked at. Neither is what another
 * file system mounted on an empty folder holds, what excludes name, nor the places that oaops itself works with.
 */
export class ExtraFinder {
  /** What is to be deleted; what a folder holds comes before it. */
  readonly extras: Extra[] = [];
  /** Staged objects of a restore that was killed. */
  readonly leftovers: ByteString[] = [];
  /** Mounts that were left alone. */
  readonly mounts: ByteString[] = [];
  readonly #root: ByteString;
  readonly #select: { include: readonly string[]; exclude: readonly string[] };
  readonly #protectedPlaces: readonly ByteString[];
  readonly #deletes: boolean;
  #open: OpenFolder[] = [];
  readonly #wanted: (path: ByteString) => boolean;

  constructor(
    root: ByteString,
    select: { include: readonly string[]; exclude: readonly string[] },
    options: { deletes: boolean; protectedPlaces: readonly ByteString[] },
  ) {
    this.#root = root;
    this.#select = select;
    this.#deletes = options.deletes;
    this.#protectedPlaces = options.protectedPlaces;
    this.#wanted = isWanted(this.#select);
  }

  /** Every entry of the manifest, in order, whether it is restored or not. */
  see({ path, type, flags }: Entry): void {
    while (this.#open.length > 0 && !isIn(path, this.#open.at(-1)!.path)) this.#close(this.#open.pop()!);
    const parent = this.#open.at(-1);
    if (parent && path !== '.') parent.names.add(path.slice(path.lastIndexOf('/') + 1));
    if (type !== 'd') {
      // A folder where the snapshot has something else.
      const device = this.#deletes && parent?.owned && parent.device !== undefined ? this.#deviceOf(path) : undefined;
      if (device !== undefined) this.#take(path, true, parent!.device!);
      return;
    }
    const reachable = parent === undefined || parent.device !== undefined;
    const device = reachable ? this.#deviceOf(path) : undefined;
    const owned = !flags.includes('above') && !flags.includes('unreadable');
    this.#open.push({ path, names: new Set(), device, owned });
  }

  end(): void {
    while (this.#open.length > 0) this.#close(this.#open.pop()!);
  }

  #close({ path, names, device, owned }: OpenFolder): void {
    if (device === undefined) return;
    const parentDevice = this.#open.at(-1)?.device;
    if (owned && names.size === 0 && parentDevice !== undefined && parentDevice !== device) {
      this.mounts.push(path);
      return;
    }
    for (const child of this.#list(path)) {
      const name = child.name;
      if (names.has(name)) continue;
      const below = path === '.' ? name : `${path}/${name}`;
      if (isStagedName(name)) this.leftovers.push(below);
      else if (this.#deletes && owned) this.#take(below, child.isDirectory(), device);
    }
  }

  /** True when nothing of it stays. */
  #take(path: ByteString, isFolder: boolean, device: number): boolean {
    const absolute = `${this.#root}/${path}`;
    if (this.#protectedPlaces.includes(absolute) || !this.#wanted(path)) return false;
    let bytes = 0;
    if (isFolder) {
      if (this.#deviceOf(path) !== device) {
        this.mounts.push(path);
        return false;
      }
      let isEmpty = true;
      for (const child of this.#list(path))
        if (!this.#take(`${path}/${child.name}`, child.isDirectory(), device)) isEmpty = false;
      if (!isEmpty) return false;
    } else bytes = lstatSync(forFs(absolute), { throwIfNoEntry: false })?.size ?? 0;
    this.extras.push({ path, isFolder, bytes });
    return true;
  }

  #list(path: ByteString): { name: ByteString; isDirectory(): boolean }[] {
    try {
      const found = readdirSync(forFs(`${this.#root}/${path}`), { withFileTypes: true, encoding: 'latin1' });
      return found as unknown as Dirent<string>[];
    } catch {
      return [];
    }
  }

  /** Undefined for what is no folder: a symbolic link is none. */
  #deviceOf(path: ByteString): number | undefined {
    const found = lstatSync(forFs(path === '.' ? `${this.#root}/` : `${this.#root}/${path}`), {
      throwIfNoEntry: false,
    });
    return found?.isDirectory() ? found.dev : undefined;
  }
}

function isIn(path: ByteString, folder: ByteString): boolean {
  return folder === '.' || path.startsWith(`${folder}/`);
}
