import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, open, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { errnoOf, OaopsError } from '../../core/errors.ts';
import { hashLocalFile } from '../../core/hash-file.ts';
import type { ProcessRequest, ProcessResult } from '../../engine/ports.ts';
import type { BecomeSpec } from '../../runbook/types.ts';
import { outputText } from './capture.ts';

export interface FileOptions {
  /** Permission bits such as 0o640; default: those of the file that is replaced, else 0o644. */
  mode?: number;
  become?: BecomeSpec;
}

/** A request whose stdin is a stream of bytes (after `stdin`, if both are given). */
export interface SourcedRequest extends ProcessRequest {
  stdinSource?: () => NodeJS.ReadableStream;
}

type Run = (request: SourcedRequest, signal: AbortSignal) => Promise<ProcessResult>;

/** Files of the local machine: by Node.js for our own account, by commands for another one (`become`). */
export class LocalFiles {
  readonly #run: Run;

  readonly #shell: ShellFiles;

  constructor(run: Run) {
    this.#run = run;
    this.#shell = new ShellFiles(run);
  }

  async writeFile(
    path: string,
    data: Uint8Array,
    options: FileOptions & { owner?: string },
    signal: AbortSignal,
  ): Promise<void> {
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

  async upload(
    localPath: string,
    path: string,
    options: FileOptions & { owner?: string },
    signal: AbortSignal,
  ): Promise<{ sha256: string; sizeBytes: number }> {
    if (options.become) {
      const wanted = await hashLocalFile(localPath, signal);
      await this.#shell.install(() => createReadStream(localPath), wanted.sha256, path, options, signal);
      return wanted;
    }
    const temporary = this.#temporary(path);
    try {
      const wanted = await hashLocalFile(localPath, signal);
      await copyFile(localPath, temporary);
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

  async hashFile(
    path: string,
    signal: AbortSignal,
    become?: BecomeSpec,
  ): Promise<{ sha256: string; sizeBytes: number } | null> {
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
      const source = await open(path, 'r').catch((error) => {
        if (errnoOf(error) === 'ENOENT') return null;
        throw error;
      });
      if (!source) return null;
      try {
        const { size } = await source.stat();
        if (size > maxBytes) throw tooLarge(path, size, maxBytes);
        return await readFile(path, { signal });
      } finally {
        await source.close();
      }
    } catch (error) {
      throw fileError('read', path, error);
    }
  }

  /** Beside its goal, so that the rename stays in one file system. */
  #temporary(path: string): string {
    return join(dirname(path), `.${basename(path).slice(0, 200)}.oaops-${process.pid}-${Date.now().toString(36)}`);
  }

  async #moveInto(
    temporary: string,
    path: string,
    options: FileOptions & { owner?: string },
    signal: AbortSignal,
  ): Promise<void> {
    const old = await stat(path).catch(() => undefined);
    if (old && !old.isFile()) throw notRegular(path);
    if (options.owner !== undefined) await this.#chown(temporary, options.owner, signal);
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

/** Files by commands: for a machine behind ssh, and for another account. */
export class ShellFiles {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  async writeFile(
    path: string,
    data: Uint8Array,
    options: FileOptions & { owner?: string },
    signal: AbortSignal,
  ): Promise<void> {
    const sha256 = createHash('sha256').update(data).digest('hex');
    await this.install(() => Readable.from([Buffer.from(data)]), sha256, path, options, signal);
  }

  /** Stores a stream as a file, if it arrives with this sha256. */
  async install(
    source: () => NodeJS.ReadableStream,
    sha256: string,
    path: string,
    options: FileOptions & { owner?: string },
    signal: AbortSignal,
  ): Promise<void> {
    const argv = [installScript, path, modeText(options.mode), options.owner ?? '', sha256];
    checkInstalled(
      await this.#run(
        { argv, shell: true, ...(options.become && { become: options.become }), stdinSource: source },
        signal,
      ),
      path,
    );
  }

  async hashFile(
    path: string,
    signal: AbortSignal,
    become?: BecomeSpec,
  ): Promise<{ sha256: string; sizeBytes: number } | null> {
    const result = await this.#run({ argv: [hashScript, path], shell: true, ...(become && { become }) }, signal);
    return parseHash(outputText(result.stdout), result, path);
  }

  async readFile(path: string, maxBytes: number, signal: AbortSignal, become?: BecomeSpec): Promise<Uint8Array | null> {
    const parts: string[] = [];
    const onOutput = (stream: string, text: string) => void (stream === 'stdout' && parts.push(text));
    const result = await this.#run(
      { argv: [readScript, path, String(maxBytes)], shell: true, onOutput, ...(become && { become }) },
      signal,
    );
    const [state, ...lines] = parts;
    if (result.exitCode !== 0)
      throw new OaopsError(
        'file-read',
        `${path} cannot be read: ${outputText(result.stderr).trim() || `exit code ${result.exitCode}`}`,
      );
    if (state === 'missing') return null;
    if (state?.startsWith('large ')) throw tooLarge(path, Number(state.slice(6)), maxBytes);
    return Buffer.from(lines.join(''), 'base64');
  }
}

/** Prints "missing", "large SIZE" when $1 has more than $2 bytes, or "content" and base64. */
const readScript =
  '[ -e "$1" ] || { echo missing; exit 0; }; n=$(wc -c <"$1") || exit 1; [ "$n" -le "$2" ] || { echo large $n; exit 0; }; echo content; base64 <"$1"';

/** Prints "missing", or sha256 and size, of the file named by $1. */
const hashScript =
  '[ -e "$1" ] || { echo missing; exit 0; }; [ -f "$1" ] || { echo irregular; exit 0; }; h=$(sha256sum <"$1") || exit 1; n=$(wc -c <"$1") || exit 1; echo ${h%% *} $n';

function parseHash(text: string, result: ProcessResult, path: string): { sha256: string; sizeBytes: number } | null {
  const [word, size] = text.trim().split(/\s+/);
  if (word === 'missing') return null;
  if (word === 'irregular') throw notRegular(path);
  if (result.exitCode !== 0 || !word || !/^[0-9a-f]{64}$/.test(word)) {
    throw new OaopsError(
      'file-read',
      `${path} cannot be read: ${outputText(result.stderr).trim() || `exit code ${result.exitCode}`}`,
    );
  }
  return { sha256: word, sizeBytes: Number(size) };
}

/**
 * Stores stdin as the file $1 by a temporary name beside it and a rename. $2: octal mode or empty (that of the old file,
 * else 644), $3: owner or empty, $4: sha256 that must have arrived. Exit 90: another sha256; 91: not a regular file.
 */
const installScript = `
p=$1
case $p in /*|./*|../*) ;; *) p=./$p ;; esac
if [ -e "$p" ] && [ ! -f "$p" ]; then exit 91; fi
t=$p.oaops-$$
trap 'rm -f "$t"' EXIT
trap 'exit 99' HUP INT TERM
umask 077
cat >"$t" || exit 1
h=$(sha256sum <"$t") || exit 1
[ "\${h%% *}" = "$4" ] || exit 90
if [ -n "$3" ]; then chown "$3" "$t" || exit 1; fi
if [ -n "$2" ]; then chmod "$2" "$t" || exit 1
elif [ -f "$p" ]; then chmod --reference="$p" "$t" 2>/dev/null || chmod "$(stat -c %a "$p")" "$t" || exit 1
else chmod 644 "$t" || exit 1
fi
sync "$t" 2>/dev/null || sync
mv -f "$t" "$p"
`;

function modeText(mode: number | undefined): string {
  return mode === undefined ? '' : mode.toString(8);
}

/** @throws OaopsError `upload-mismatch`, `file-irregular`, `file-write` */
function checkInstalled(result: ProcessResult, path: string): void {
  if (result.exitCode === 0) return;
  if (result.exitCode === 90) throw changedWhileCopied(path);
  if (result.exitCode === 91) throw notRegular(path);
  const reason =
    outputText(result.stderr).trim() || (result.timedOut ? 'the time was over' : `exit code ${result.exitCode}`);
  throw new OaopsError('file-write', `${path} cannot be written: ${reason}`);
}

function notRegular(path: string): OaopsError {
  return new OaopsError('file-irregular', `${path} is not a regular file`, {
    next: 'Name a file, not a folder or a device.',
  });
}

function tooLarge(path: string, sizeBytes: number, maxBytes: number): OaopsError {
  return new OaopsError('file-too-large', `${path} has ${sizeBytes} bytes, more than the ${maxBytes} that are read`);
}

function changedWhileCopied(path: string): OaopsError {
  return new OaopsError('upload-mismatch', `${path} arrived with another sha256 than it was sent with`, {
    next: 'Copy it again when nothing writes to it; if it happens again, check the disks and the network.',
  });
}

function fileError(what: 'read' | 'write', path: string, error: unknown): unknown {
  if (error instanceof OaopsError) return error;
  const errno = errnoOf(error);
  if (errno === undefined || errno === 'ABORT_ERR') return error;
  const reason =
    {
      ENOENT: 'its folder does not exist',
      EACCES: 'no permission',
      EROFS: 'the file system is read-only',
      ENOSPC: 'the disk is full',
      EISDIR: 'it is a folder',
    }[errno] ?? errno;
  return new OaopsError(`file-${what}`, `${path} cannot be ${what === 'read' ? 'read' : 'written'}: ${reason}`, {
    cause: error,
  });
}
