import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, chown, copyFile, lstat, open, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, OaopsError } from '../../core/errors.ts';
import { hashLocalFile } from '../../core/hash-file.ts';
import type { BecomeSpec } from '../../runbook/types.ts';
import { outputText } from './capture.ts';
import { changedWhileCopied, fileError, isLink, notRegular, tooLarge } from './file-errors.ts';
import type { FileDigest, HostFiles, OwnedFileOptions, Run } from './host-files.ts';
import { ShellFiles } from './shell-files.ts';

/** Files of the local machine: by Node.js for our own account, by commands for another one (`become`). */
export class LocalFiles implements HostFiles {
  readonly #run: Run;

  readonly #shell: ShellFiles;

  constructor(run: Run) {
    this.#run = run;
    this.#shell = new ShellFiles(run);
  }

  async writeFile(path: string, data: Uint8Array, options: OwnedFileOptions, signal: AbortSignal): Promise<void> {
    if (options.become) {
      await this.#shell.writeFile(path, data, options, signal);
      return;
    }
    const temporary = this.#temporary(path);
    try {
      await writeFile(temporary, data, { mode: 0o600, flag: 'wx', signal });
      await this.#moveInto(temporary, path, options, signal);
    } catch (error) {
      throw fileError('write', path, error);
    } finally {
      await unlink(temporary).catch(() => {});
    }
  }

  async upload(localPath: string, path: string, options: OwnedFileOptions, signal: AbortSignal): Promise<FileDigest> {
    if (options.become) return this.#shell.upload(localPath, path, options, signal);
    const temporary = this.#temporary(path);
    try {
      const wanted = await hashLocalFile(localPath, signal);
      await copyFile(localPath, temporary, constants.COPYFILE_EXCL);
      await chmod(temporary, 0o600);
      const copied = await hashLocalFile(temporary, signal);
      if (copied.sha256 !== wanted.sha256) throw changedWhileCopied(localPath);
      await this.#moveInto(temporary, path, options, signal);
      return wanted;
    } catch (error) {
      throw fileError('write', path, error);
    } finally {
      await unlink(temporary).catch(() => {});
    }
  }

  async hashFile(path: string, signal: AbortSignal, become?: BecomeSpec): Promise<FileDigest | null> {
    if (become) return this.#shell.hashFile(path, signal, become);
    try {
      if (!(await stat(path)).isFile()) throw notRegular(path);
      return await hashLocalFile(path, signal);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw fileError('read', path, error);
    }
  }

  async readFile(path: string, maxBytes: number, signal: AbortSignal, become?: BecomeSpec): Promise<Uint8Array | null> {
    if (become) return this.#shell.readFile(path, maxBytes, signal, become);
    try {
      const source = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error) => {
        if (errnoOf(error) === 'ENOENT') return null;
        throw error;
      });
      if (!source) return null;
      try {
        const found = await source.stat();
        if (!found.isFile()) throw notRegular(path);
        const { size } = found;
        if (size > maxBytes) throw tooLarge(path, size, maxBytes);
        return await source.readFile({ signal });
      } finally {
        await source.close();
      }
    } catch (error) {
      throw fileError('read', path, error);
    }
  }

  /** Beside its goal, so that the rename stays in one file system. */
  #temporary(path: string): string {
    return join(dirname(path), `.oaops-${randomBytes(8).toString('hex')}`);
  }

  async #moveInto(temporary: string, path: string, options: OwnedFileOptions, signal: AbortSignal): Promise<void> {
    const old = await lstat(path).catch(() => undefined);
    if (old?.isSymbolicLink()) throw isLink(path);
    if (old && !old.isFile()) throw notRegular(path);
    if (options.owner !== undefined) await this.#chown(temporary, options.owner, signal);
    // Whoever could read the old file should be able to read the new one; only root may give files away.
    else if (old) await chown(temporary, old.uid, old.gid).catch(() => {});
    // After chown(2), which clears set-id bits.
    await chmod(temporary, options.mode ?? (old ? old.mode & 0o7777 : 0o644));
    const handle = await open(temporary, 'r');
    await handle.sync().finally(() => handle.close());
    await rename(temporary, path);
    const folder = await open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
  }

  async #chown(path: string, owner: string, signal: AbortSignal): Promise<void> {
    const result = await this.#run({ argv: ['chown', '--', owner, path] }, signal);
    if (result.exitCode !== 0) {
      throw new OaopsError(
        'file-owner',
        `the owner of the file cannot be set to ${owner}: ${outputText(result.stderr).trim()}`,
        { next: 'Check that the account exists and that you may give files to it.' },
      );
    }
  }
}
