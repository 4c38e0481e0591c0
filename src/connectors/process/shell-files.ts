import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { OaopsError } from '../../core/errors.ts';
import { hashLocalFile } from '../../core/hash-file.ts';
import type { ProcessResult } from '../../engine/ports.ts';
import type { BecomeSpec } from '../../runbook/types.ts';
import { outputText } from './capture.ts';
import { changedWhileCopied, isLink, notRegular, tooLarge } from './file-errors.ts';
import type { FileDigest, HostFiles, OwnedFileOptions, Run } from './host-files.ts';

/** Files by commands: for a machine behind ssh, and for another account. */
export class ShellFiles implements HostFiles {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  async writeFile(path: string, data: Uint8Array, options: OwnedFileOptions, signal: AbortSignal): Promise<void> {
    const sha256 = createHash('sha256').update(data).digest('hex');
    await this.install(() => Readable.from([Buffer.from(data)]), sha256, path, options, signal);
  }

  /** Stores a stream as a file, if it arrives with this sha256. */
  async install(
    source: () => NodeJS.ReadableStream,
    sha256: string,
    path: string,
    options: OwnedFileOptions,
    signal: AbortSignal,
  ): Promise<void> {
    const argv = [
      installScript,
      path,
      modeText(options.mode),
      options.owner ?? '',
      sha256,
      randomBytes(8).toString('hex'),
    ];
    checkInstalled(
      await this.#run(
        { argv, shell: true, ...(options.become && { become: options.become }), stdinSource: source },
        signal,
      ),
      path,
    );
  }

  async upload(localPath: string, path: string, options: OwnedFileOptions, signal: AbortSignal): Promise<FileDigest> {
    const wanted = await hashLocalFile(localPath, signal);
    await this.install(() => createReadStream(localPath), wanted.sha256, path, options, signal);
    return wanted;
  }

  async hashFile(path: string, signal: AbortSignal, become?: BecomeSpec): Promise<FileDigest | null> {
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
    if (state === 'irregular') throw notRegular(path);
    if (state?.startsWith('large ')) throw tooLarge(path, Number(state.slice(6)), maxBytes);
    return Buffer.from(lines.join(''), 'base64');
  }
}

/** Prints "missing", "large SIZE" when $1 has more than $2 bytes, or "content" and base64. */
const readScript =
  '[ -e "$1" ] || { echo missing; exit 0; }; [ -f "$1" ] || { echo irregular; exit 0; }; n=$(wc -c <"$1") || exit 1; [ "$n" -le "$2" ] || { echo large $n; exit 0; }; echo content; base64 <"$1"';

/** Prints "missing", or sha256 and size, of the file named by $1. */
const hashScript =
  '[ -e "$1" ] || { echo missing; exit 0; }; [ -f "$1" ] || { echo irregular; exit 0; }; h=$(sha256sum <"$1") || exit 1; n=$(wc -c <"$1") || exit 1; echo ${h%% *} $n';

function parseHash(text: string, result: ProcessResult, path: string): FileDigest | null {
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
 * else 644), $3: owner or empty (that of the old file, if we
 * may give it away), $4: sha256 that must have arrived, $5: end of the temporary name. Exit 90: another sha256; 91: not a regular file; 92: a
 * symbolic link.
 */
const installScript = `
p=$1
case $p in /*|./*|../*) ;; *) p=./$p ;; esac
if [ -L "$p" ]; then exit 92; fi
if [ -e "$p" ] && [ ! -f "$p" ]; then exit 91; fi
umask 077
# A name of its own: in a folder that others write to, a link may wait under a name that can be foreseen.
set -C
d=\${p%/*}/
t=$d.oaops-$5
trap 'rm -f "$t"' EXIT
trap 'exit 99' HUP INT TERM
cat >"$t" || exit 1
set +C
h=$(sha256sum <"$t") || exit 1
[ "\${h%% *}" = "$4" ] || exit 90
if [ -n "$3" ]; then chown "$3" "$t" || exit 1
elif [ -f "$p" ]; then chown "$(stat -c %u:%g "$p")" "$t" 2>/dev/null
fi
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

/** @throws OaopsError `upload-mismatch`, `file-irregular`, `file-link`, `file-write` */
function checkInstalled(result: ProcessResult, path: string): void {
  if (result.exitCode === 0) return;
  if (result.exitCode === 90) throw changedWhileCopied(path);
  if (result.exitCode === 91) throw notRegular(path);
  if (result.exitCode === 92) throw isLink(path);
  const reason =
    outputText(result.stderr).trim() || (result.timedOut ? 'the time was over' : `exit code ${result.exitCode}`);
  throw new OaopsError('file-write', `${path} cannot be written: ${reason}`);
}
