import { createHash } from 'node:crypto';
import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { type ByteString, fromText, toText } from '../format/byte-string.ts';
import { damaged } from '../format/damaged.ts';
import type { Entry } from '../format/entry.ts';
import type { SnapshotChoice } from '../repository/choice.ts';
import { entriesBelow } from '../repository/find-entries.ts';
import { readManifestRoot, readPackTables } from '../repository/manifest.ts';
import { findSnapshot } from '../repository/newest.ts';
import type { Repository } from '../repository/open.ts';
import { stoppable } from '../stopped.ts';
import { archiveOf } from './archive.ts';
import { InOrder } from './in-order.ts';
import { PathGuard } from './path-guard.ts';

export interface CatRequest {
  snapshot: string;
  choice?: SnapshotChoice;
  /** Absolute path of a file or folder in the snapshot. */
  path: string;
}

export interface CatPlace {
  stateDir?: string;
  signal: AbortSignal;
  /** Takes what comes, and is waited for; throws to end it. `first`: nothing was written before. */
  write(bytes: Buffer, what: { first: boolean; archive: boolean }): Promise<void>;
}

export interface CatResult {
  snapshot: string;
  type: 'file' | 'archive';
  bytes: number;
  fetchedBytes: number;
  warnings: string[];
}

/**
 * Writes the content of one file, or a folder as a tar archive with its full paths, fetching only the frames that hold it. It ends
 * before the first byte that is not right.
 * @throws OaopsError `path-missing`, `path-no-file`, `repository-damaged` (exit 9), `source-unreadable` (exit 3)
 */
export async function catSnapshot(repository: Repository, request: CatRequest, place: CatPlace): Promise<CatResult> {
  return stoppable('the output', 'What was written is right but not complete.', place.signal, () =>
    cat(repository, request, place),
  );
}

async function cat(repository: Repository, request: CatRequest, place: CatPlace): Promise<CatResult> {
  const { signal } = place;
  if (!request.path.startsWith('/'))
    throw usageError('path-relative', `"${request.path}" is not an absolute path`, {
      next: 'Write it as "oaops backup ls" shows it, from / on.',
    });
  const path = fromText(request.path.replace(/^\/+|\/+$/g, '')) || '.';
  const { snapshot, warnings } = await findSnapshot(repository, request.snapshot, place.stateDir, request.choice);
  const manifest = await readManifestRoot(repository, snapshot, signal);
  const entries = entriesBelow(repository, manifest, path, signal);
  const found = (await entries.next()).value as Entry | undefined;
  if (!found || (found.path !== path && path !== '.')) throw missing(request.path, snapshot);
  const tables = await readPackTables(repository, manifest, signal, () => undefined);
  const contents = new InOrder(repository, tables, signal);
  let bytes = 0;
  const archive = found.type === 'd' || found.path !== path;
  const stream = archive ? folderOf(path, found, entries, contents) : fileOf(found, contents, warnings);
  for await (const chunk of stream) {
    signal.throwIfAborted();
    await place.write(chunk, { first: bytes === 0, archive });
    bytes += chunk.length;
  }
  return { snapshot, type: archive ? 'archive' : 'file', bytes, fetchedBytes: contents.fetchedBytes, warnings };
}

function missing(path: string, snapshot: string): OaopsError {
  return new OaopsError('path-missing', `${path} is not in snapshot ${snapshot}`, {
    next: 'Look with "oaops backup ls" for what it holds.',
  });
}

/** The content of a file, holes as zeros. */
async function* fileOf(entry: Entry, contents: InOrder, warnings: string[]): AsyncGenerator<Buffer> {
  const shown = `/${toText(entry.path)}`;
  if (entry.type !== 'f')
    throw new OaopsError('path-no-file', `${shown} is ${kindOf(entry)}, not a file or folder`, {
      next: 'Name what it leads to, or restore it with "oaops backup restore --include".',
    });
  if (entry.flags.includes('unreadable'))
    throw new OaopsError('source-unreadable', `${shown} could not be read when the backup was made`, {
      exitCode: ExitCode.incomplete,
      next: 'Take it from another snapshot.',
    });
  if (entry.flags.includes('changed')) warnings.push(`${shown} changed while it was backed up`);
  if (entry.pieces.reduce((sum, { length }) => sum + length, 0) !== entry.size)
    throw damaged('the pieces of a file do not make up its size');
  const hash = createHash('sha256');
  const wanted = entry.pieces.map((piece) => (piece.pack === null ? { tag: piece.length } : { tag: 0, piece }));
  for await (const { tag, content, lost } of contents.read(wanted)) {
    if (lost) throw lostContent(shown, lost);
    if (content) {
      hash.update(content);
      yield content;
    } else {
      for (let left = tag; left > 0; left -= zeros.length) {
        const part = zeros.subarray(0, left);
        hash.update(part);
        yield part;
      }
    }
  }
  if (entry.size > 0 && hash.digest('hex') !== entry.sha256)
    throw damaged(`the content of ${shown} has another sha256`);
}

const zeros = Buffer.alloc(1024 * 1024);

function kindOf({ type, target }: Entry): string {
  if (type === 'l') return `a symbolic link to ${toText(target ?? '')}`;
  return type === 'p' ? 'a FIFO' : type === 's' ? 'a socket' : 'a device';
}

function lostContent(path: string, { error, object }: { error: OaopsError; object?: string }): OaopsError {
  return new OaopsError('repository-damaged', `${path} cannot be had: ${error.message}`, {
    exitCode: ExitCode.verificationFailed,
    next: 'Take it from another snapshot or leg; "oaops backup restore" brings back what is not damaged.',
    details: object === undefined ? {} : { object },
    cause: error,
  });
}

/** A folder with all in it. Paths are checked as those of a restore: whoever unpacks it may trust them. */
async function* folderOf(
  folder: ByteString,
  first: Entry,
  rest: AsyncGenerator<Entry>,
  contents: InOrder,
): AsyncGenerator<Buffer> {
  const guard = new PathGuard();
  const accept = ({ path, type }: Entry) =>
    guard.accept(folder === '.' ? path : path === folder ? '.' : path.slice(folder.length + 1), type);
  const checked = async function* (): AsyncGenerator<Entry> {
    accept(first);
    yield first;
    for await (const entry of rest) {
      accept(entry);
      yield entry;
    }
  };
  yield* archiveOf(checked(), contents, {
    member: ({ path, mode, uid, gid }) => ({ name: path, mode, uid, gid }),
    onLost: (entry, lost) => {
      throw lostContent(`/${toText(entry.path)}`, lost);
    },
  });
}
