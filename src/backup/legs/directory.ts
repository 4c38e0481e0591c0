import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '../../core/clock.ts';
import { errnoOf, OaopsError } from '../../core/errors.ts';
import {
  bodyMismatch,
  checkObjectName,
  isWriteOnce,
  objectConflict,
  objectMissing,
  objectTruncated,
} from '../../core/object-names.ts';
import { makePrivateDir } from '../../core/private-dir.ts';
import { currentProcessIdentity, type ProcessIdentity, processState } from '../../core/process-identity.ts';
import type { ObjectBody, ObjectStore, StoreCapabilities } from '../ports.ts';
import { temporaryFolder, walk } from './directory-list.ts';
import { chunksOf, copyChunkBytes, isAbsent, isLinkRefused, rephrase, syncFolder, writeAll } from './files.ts';
import { changeAttributes, type FolderProtection } from './write-once.ts';

export interface DirectoryStoreOptions {
  /** Makes the root folder (0700) when it is missing; only `backup init` may: a missing mount must not become a repository. */
  create?: boolean;
  clock?: Clock;
  identity?: ProcessIdentity;
  protection?: FolderProtection;
}

/**
 * A repository leg in a directory.
 * An object is written under a temporary name, synced, linked to its name (link(2) never overwrites), and its folder
 * synced; a finished file of a spool on the same file system is linked as it is. Folders are 0700, files 0600. When the root folder is replaced while open (a mount that went away), every
 * call fails with `leg-changed` instead of writing to what lies below the mount point.
 * @throws OaopsError `leg-missing` (exit 10), `leg-not-a-directory` (exit 10), `leg-access-denied`
 */
export async function openDirectoryStore(root: string, options: DirectoryStoreOptions = {}): Promise<ObjectStore> {
  if (options.create) await makeRoot(root);
  const { dev, ino } = await rootStat(root);
  return new DirectoryStore(
    root,
    { dev, ino },
    options.clock ?? systemClock,
    options.identity ?? currentProcessIdentity(),
    options.protection ?? {},
  );
}

async function makeRoot(root: string): Promise<void> {
  try {
    const first = makePrivateDir(root);
    if (first !== undefined) await syncFolder(dirname(first));
  } catch (error) {
    // A file system such as /proc, or a link that leads nowhere.
    if (errnoOf(error) === 'ENOENT')
      throw new OaopsError('leg-not-made', `no folder can be made at ${root}`, {
        next: 'Name a folder on a disk.',
        cause: error,
      });
    // Something that is no folder has the name: rootStat says so.
    if (errnoOf(error) !== 'EEXIST') throw rephrase(error, root);
  }
}

async function rootStat(root: string): Promise<{ dev: bigint; ino: bigint }> {
  const found = await stat(root, { bigint: true }).catch((error) => {
    if (errnoOf(error) === 'ENOENT') {
      throw new OaopsError('leg-missing', `there is no folder ${root}`, {
        exitCode: 10,
        next: 'Mount it, correct the path or the name, or make a new repository with "oaops backup init".',
        cause: error,
      });
    }
    throw rephrase(error, root);
  });
  if (!found.isDirectory()) {
    throw new OaopsError('leg-not-a-directory', `${root} is not a folder`, {
      exitCode: 10,
      next: 'Name the folder of the repository.',
    });
  }
  return found;
}

class DirectoryStore implements ObjectStore {
  readonly kind = 'directory';
  readonly location: string;
  readonly #opened: { dev: bigint; ino: bigint };
  readonly #clock: Clock;
  readonly #identity: ProcessIdentity;
  readonly #protection: FolderProtection;
  readonly #knownFolders = new Set<string>();
  #linkWorks = true;
  #swept = false;

  constructor(
    root: string,
    opened: { dev: bigint; ino: bigint },
    clock: Clock,
    identity: ProcessIdentity,
    protection: FolderProtection,
  ) {
    this.location = root;
    this.#opened = opened;
    this.#clock = clock;
    this.#identity = identity;
    this.#protection = protection;
  }

  async put(
    name: string,
    body: ObjectBody,
    options: { sha256: string; sizeBytes: number; signal?: AbortSignal; onProgress?: (bytes: number) => void },
  ): Promise<'stored' | 'exists'> {
    checkObjectName(name);
    await this.#checkRoot();
    const outcome = await this.#putPlain(name, body, options);
    // Only when the object has no other name: neither the temporary one nor that of the spool could be taken away any more.
    if (this.#protection.immutable && isWriteOnce(name)) await changeAttributes('+i', [join(this.location, name)]);
    return outcome;
  }

  async #putPlain(
    name: string,
    body: ObjectBody,
    options: { sha256: string; sizeBytes: number; signal?: AbortSignal; onProgress?: (bytes: number) => void },
  ): Promise<'stored' | 'exists'> {
    const taken = await this.#existing(name, options.sizeBytes);
    if (taken) return 'exists';
    const adopted = await this.#adopt(name, body, options);
    if (adopted) return adopted;
    const temporary = await this.#temporaryName();
    try {
      await this.#write(temporary, name, body, options);
      await this.#makeFolder(dirname(name));
      const outcome = await this.#publish(temporary, name, options.sizeBytes);
      await syncFolder(dirname(join(this.location, name)));
      return outcome;
    } catch (error) {
      throw rephrase(error, this.location, name);
    } finally {
      await unlink(temporary).catch(() => undefined);
    }
  }

  async get(
    name: string,
    range?: { offset: number; length: number },
    signal?: AbortSignal,
    memory?: Uint8Array,
  ): Promise<Uint8Array> {
    const handle = await this.#open(name);
    try {
      const { size } = await handle.stat();
      const offset = range?.offset ?? 0;
      const length = range?.length ?? size;
      const available = Math.max(0, Math.min(length, size - offset));
      if (available < length) throw objectTruncated(this.location, name, length, available);
      const buffer = memory && memory.length >= length ? memory.subarray(0, length) : Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        signal?.throwIfAborted();
        const { bytesRead } = await handle.read(
          buffer,
          filled,
          Math.min(length - filled, 16 * copyChunkBytes),
          offset + filled,
        );
        if (bytesRead === 0) throw objectTruncated(this.location, name, length, filled);
        filled += bytesRead;
      }
      return buffer;
    } catch (error) {
      throw rephrase(error, this.location, name);
    } finally {
      await handle.close();
    }
  }

  async stream(name: string, signal?: AbortSignal): Promise<NodeJS.ReadableStream> {
    const handle = await this.#open(name);
    return handle.createReadStream({ autoClose: true, highWaterMark: copyChunkBytes, ...(signal ? { signal } : {}) });
  }

  async head(name: string): Promise<{ sizeBytes: number; modifiedMs: number } | undefined> {
    checkObjectName(name);
    await this.#checkRoot();
    try {
      const found = await lstat(join(this.location, name));
      return found.isFile() ? { sizeBytes: found.size, modifiedMs: found.mtimeMs } : undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw rephrase(error, this.location, name);
    }
  }

  async *list(prefix: string): AsyncIterable<{ name: string; sizeBytes: number; modifiedMs: number }> {
    await this.#checkRoot();
    const slash = prefix.lastIndexOf('/');
    yield* walk(this.location, slash < 0 ? '' : prefix.slice(0, slash), prefix);
  }

  async delete(name: string): Promise<'deleted' | 'retained'> {
    checkObjectName(name);
    await this.#checkRoot();
    const { appendOnly, immutable, lift } = this.#protection;
    if (isWriteOnce(name) && !lift && (appendOnly || immutable))
      return (await this.head(name)) ? 'retained' : 'deleted';
    try {
      if (immutable && isWriteOnce(name)) await this.#unlinkProtected(name);
      else await unlink(join(this.location, name));
    } catch (error) {
      if (isAbsent(error)) return 'deleted';
      // An immutable or append-only file (chattr +i, +a): unlink(2) gives EPERM.
      if (errnoOf(error) === 'EPERM') return 'retained';
      throw rephrase(error, this.location, name);
    }
    await syncFolder(dirname(join(this.location, name)));
    return 'deleted';
  }

  async #unlinkProtected(name: string): Promise<void> {
    const path = join(this.location, name);
    await lstat(path);
    await changeAttributes('-i', [path]);
    await changeAttributes('-a', [dirname(path)]);
    try {
      await unlink(path);
    } finally {
      await changeAttributes('+a', [dirname(path)]);
    }
  }

  async serverTimeMs(): Promise<number> {
    return this.#clock.nowMs();
  }

  async capabilities(): Promise<StoreCapabilities> {
    await this.#checkRoot();
    if (this.#linkWorks) {
      const one = await this.#temporaryName();
      const two = `${one}.link`;
      try {
        await (await open(one, 'wx', 0o600)).close();
        await link(one, two).catch((error) => {
          if (!isLinkRefused(error)) throw error;
          this.#linkWorks = false;
        });
      } catch (error) {
        throw rephrase(error, this.location);
      } finally {
        for (const path of [one, two]) await unlink(path).catch(() => undefined);
      }
    }
    return { conditionalCreate: this.#linkWorks, checksums: true, versioning: false, objectLock: false };
  }

  async close(): Promise<void> {}

  /** A mount that went away, or came, leaves a different folder at the same path. */
  async #checkRoot(): Promise<void> {
    const now = await rootStat(this.location);
    if (now.dev !== this.#opened.dev || now.ino !== this.#opened.ino) {
      throw new OaopsError(
        'leg-changed',
        `${this.location} is not the folder that was opened: a file system was mounted or unmounted`,
        {
          next: 'Check the mount, then run it again.',
        },
      );
    }
  }

  async #existing(name: string, sizeBytes: number): Promise<boolean> {
    const found = await this.head(name);
    if (found === undefined) return false;
    if (found.sizeBytes !== sizeBytes) throw objectConflict(this.location, name, sizeBytes, found.sizeBytes);
    return true;
  }

  /**
   * Gives a finished file of the spool its name here, when it lies on the same file system: what was written and synced once
   * need not be read and written again. Undefined = it must be copied.
   */
  async #adopt(
    name: string,
    body: ObjectBody,
    { sizeBytes, onProgress }: { sizeBytes: number; onProgress?: (bytes: number) => void },
  ): Promise<'stored' | 'exists' | undefined> {
    if (!this.#linkWorks || this.#protection.immutable || !('file' in body) || !body.claim) return undefined;
    const found = await lstat(body.file, { bigint: true }).catch(() => undefined);
    // The copy would find out, and say, what is wrong with another file.
    if (!found?.isFile() || found.dev !== this.#opened.dev || found.nlink !== 1n || Number(found.size) !== sizeBytes)
      return undefined;
    if (!body.claim()) return undefined;
    try {
      await this.#makeFolder(dirname(name));
      const outcome = await this.#link(body.file, name, sizeBytes);
      if (outcome === undefined) return undefined;
      await syncFolder(dirname(join(this.location, name)));
      onProgress?.(sizeBytes);
      return outcome;
    } catch (error) {
      // Bind mounts and project quotas of one file system.
      if (errnoOf(error) === 'EXDEV') return undefined;
      throw rephrase(error, this.location, name);
    }
  }

  async #write(
    temporary: string,
    name: string,
    body: ObjectBody,
    options: { sha256: string; sizeBytes: number; signal?: AbortSignal; onProgress?: (bytes: number) => void },
  ): Promise<void> {
    const hash = createHash('sha256');
    const target = await open(temporary, 'wx', 0o600);
    let written = 0;
    try {
      for await (const chunk of chunksOf(body)) {
        options.signal?.throwIfAborted();
        hash.update(chunk);
        await writeAll(target, chunk);
        written += chunk.length;
        options.onProgress?.(written);
      }
      if (written !== options.sizeBytes)
        throw bodyMismatch(name, `it has ${written} bytes instead of ${options.sizeBytes}`);
      if (hash.digest('hex') !== options.sha256) throw bodyMismatch(name, 'its sha256 is not the one announced');
      // fsync(2) is where a full network file system says so.
      await target.sync();
    } finally {
      await target.close();
    }
  }

  async #publish(temporary: string, name: string, sizeBytes: number): Promise<'stored' | 'exists'> {
    const linked = this.#linkWorks ? await this.#link(temporary, name, sizeBytes) : undefined;
    if (linked) return linked;
    // No hard links here (FAT, some SMB and FUSE mounts): look, then rename. Two writers at one instant could both win.
    if (await this.#existing(name, sizeBytes)) return 'exists';
    await rename(temporary, join(this.location, name));
    return 'stored';
  }

  /** Gives a file that has one name a second one, if that is free. Undefined when there are no hard links here. */
  async #link(file: string, name: string, sizeBytes: number): Promise<'stored' | 'exists' | undefined> {
    try {
      await link(file, join(this.location, name));
      return 'stored';
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') {
        // NFS may repeat a link(2) whose answer was lost: a second name means that it was done (open(2), O_EXCL).
        if ((await stat(file)).nlink === 2) return 'stored';
        await this.#existing(name, sizeBytes);
        return 'exists';
      }
      if (!isLinkRefused(error)) throw error;
      this.#linkWorks = false;
      return undefined;
    }
  }

  /** Makes missing folders one by one, so that each new name is synced in its parent. */
  async #makeFolder(relative: string): Promise<void> {
    if (relative === '.' || this.#knownFolders.has(relative)) return;
    const path = join(this.location, relative);
    await this.#makeFolder(dirname(relative));
    try {
      await mkdir(path, { mode: 0o700 });
      await syncFolder(dirname(path));
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      if (!(await lstat(path)).isDirectory()) {
        throw new OaopsError('leg-not-a-directory', `${path} is not a folder`, {
          next: 'Remove it or name another repository.',
        });
      }
    }
    // What was stored cannot be renamed away or deleted; new names can be added.
    if (this.#protection.immutable && isWriteOnce(`${relative}/`)) await changeAttributes('+a', [path]);
    this.#knownFolders.add(relative);
  }

  async #temporaryName(): Promise<string> {
    await this.#makeFolder(temporaryFolder).catch((error) => {
      throw rephrase(error, this.location);
    });
    if (!this.#swept) {
      this.#swept = true;
      await this.#sweepTemporaries();
    }
    const { pid, processStart, bootId } = this.#identity;
    const random = randomBytes(6).toString('hex');
    return join(this.location, temporaryFolder, `${bootId}.${pid}.${processStart}.${random}`);
  }

  /** What killed processes left behind: at once when they were of this boot of this machine, else after a day. */
  async #sweepTemporaries(): Promise<void> {
    const folder = join(this.location, temporaryFolder);
    for (const entry of await readdir(folder)) {
      const path = join(folder, entry);
      const [bootId, pid, processStart] = entry.split('.');
      const here = bootId === this.#identity.bootId;
      const owner = { ...this.#identity, pid: Number(pid), processStart: processStart ?? '' };
      const found = await lstat(path).catch(() => undefined);
      if (!found?.isFile()) continue;
      const old = this.#clock.nowMs() - found.mtimeMs > 86_400_000;
      if (old || (here && processState(owner, this.#identity) === 'gone')) await unlink(path).catch(() => undefined);
    }
  }

  async #open(name: string): Promise<FileHandle> {
    checkObjectName(name);
    await this.#checkRoot();
    let handle: FileHandle;
    try {
      handle = await open(join(this.location, name), 'r');
    } catch (error) {
      if (isAbsent(error)) throw objectMissing(this.location, name, error);
      throw rephrase(error, this.location, name);
    }
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw objectMissing(this.location, name);
  }
}
