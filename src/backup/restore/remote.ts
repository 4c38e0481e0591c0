import { Readable } from 'node:stream';
import type { Clock } from '../../core/clock.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { oneLine } from '../../core/plain-text.ts';
import { count, formatSize } from '../../core/units.ts';
import type { Host } from '../../engine/ports.ts';
import { type ByteString, pathForJson, toText } from '../format/byte-string.ts';
import type { Entry } from '../format/entry.ts';
import { copiesOf } from '../repository/copies.ts';
import { readEntries, readManifestRoot, readPackTables } from '../repository/manifest.ts';
import { findSnapshot } from '../repository/newest.ts';
import type { Repository } from '../repository/open.ts';
import { stoppable } from '../stopped.ts';
import { archiveOf } from './archive.ts';
import { InOrder } from './in-order.ts';
import { modeAsOwn } from './owner-bits.ts';
import { type OwnerMode, restoreOwners } from './owners.ts';
import { answerOf, extractScript, probeScript, type RemoteTools, removeScript } from './remote-scripts.ts';
import type { RestoreRequest } from './restore.ts';
import type { RestoreProblem, RestoreProblemClass } from './result.ts';
import { selectedEntries } from './selected-entries.ts';

export interface RemotePlace {
  host: Host;
  clock: Clock;
  signal: AbortSignal;
  stateDir?: string;
}

export interface RemoteResult {
  exitCode: ExitCode;
  snapshot: string;
  snapshotTime: string;
  snapshotStatus: 'complete' | 'incomplete';
  location: string;
  host: string;
  target: string;
  files: number;
  folders: number;
  others: number;
  bytes: number;
  skipped: number;
  fetchedBytes: number;
  problems: RestoreProblem[];
  lostEntries: { object: string; entries: number; first: string; last: string; problem: string }[];
  ownersNotSet: number;
  warnings: string[];
  durationMs: number;
}

/**
 * Restores to another machine: a tar archive of the entries is unpacked there by GNU tar as it is made here, so nothing is stored in
 * between and the far side needs no key. The folder there must be new or empty.
 * @throws OaopsError `target-not-empty`, `tar-missing` (exit 4), `target-full`, `remote-tar-failed`
 */
export async function restoreToHost(
  repository: Repository,
  request: RestoreRequest,
  place: RemotePlace,
): Promise<RemoteResult> {
  const next = 'What is on the host is right but not complete: restore into an empty folder again.';
  return stoppable('the restore', next, place.signal, () => restoreAll(repository, request, place));
}

async function restoreAll(repository: Repository, request: RestoreRequest, place: RemotePlace): Promise<RemoteResult> {
  const { clock, signal, host } = place;
  const startedMs = clock.monotonicMs();
  if (request.inPlace || request.dryRun || request.delete)
    throw usageError('remote-in-place', 'a restore to another host goes into an empty folder', {
      next: 'Leave out --in-place, --delete and --dry-run, or run oaops on that host.',
    });
  const { target } = request;
  const { snapshot, warnings } = await findSnapshot(
    repository,
    request.snapshot,
    place.stateDir,
    request.choice,
    clock.nowMs(),
  );
  const manifest = await readManifestRoot(repository, snapshot, signal);
  const tools = await prepare(host, target, signal);
  const mode: OwnerMode = request.owners ?? (tools.isRoot ? 'numbers' : 'none');
  const owners = restoreOwners(mode === 'names' ? 'numbers' : mode, request.ownerMap);
  const result: RemoteResult = {
    exitCode: ExitCode.success,
    snapshot,
    snapshotTime: manifest.started,
    snapshotStatus: manifest.status,
    location: repository.store.location,
    host: host.target.name,
    target,
    files: 0,
    folders: 0,
    others: 0,
    bytes: 0,
    skipped: 0,
    fetchedBytes: 0,
    problems: [],
    lostEntries: [],
    ownersNotSet: 0,
    warnings,
    durationMs: 0,
  };
  const problem = (kind: RestoreProblemClass, path: ByteString, message: string, object?: string) =>
    void result.problems.push({ class: kind, ...pathForJson(path), ...(object ? { object } : {}), message });
  const select = { include: request.include ?? [], exclude: request.exclude ?? [] };
  const shown = (path: ByteString) => (path === '.' ? '/' : `/${toText(path)}`);
  const sink = {
    lost: ({
      first,
      last,
      ...rest
    }: {
      object: string;
      entries: number;
      first: string;
      last: string;
      problem: string;
    }) => void result.lostEntries.push({ ...rest, first: shown(first), last: shown(last) }),
    implied: (path: ByteString) =>
      problem('metadata', path, 'its entry was lost: owner, mode and time are not the stored ones'),
    skipped: (number: number) => {
      result.skipped += number;
    },
  };
  const written: ByteString[] = [];
  const entries = async function* (): AsyncGenerator<Entry> {
    const read = (onLost: Parameters<Parameters<typeof selectedEntries>[0]>[0]) =>
      readEntries(repository, manifest, signal, onLost);
    for await (const { entry } of selectedEntries(read, select, sink)) {
      if (entry.path === '.' && entry.flags.includes('above')) continue;
      if (entry.type === 'd') result.folders += 1;
      else if (entry.type === 'f' && entry.flags.includes('unreadable')) {
        problem('unreadable', entry.path, 'it could not be read when the backup was made');
        continue;
      } else if (entry.type === 'f') result.files += 1;
      else if (entry.type !== 's') result.others += 1;
      const unable = [
        ...(entry.xattrs.length > 0 && !tools.xattrs ? ['extended attributes'] : []),
        ...(entry.acl !== undefined && !tools.acls ? ['ACL'] : []),
      ];
      if (unable.length > 0)
        problem('metadata', entry.path, `tar on ${host.target.name} cannot set: ${unable.join(', ')}`);
      if (!owners.chown) result.ownersNotSet += 1;
      yield entry;
    }
  };
  const tables = await readPackTables(repository, manifest, signal, () => undefined);
  const contents = new InOrder(repository, tables, signal);
  const archive = archiveOf(entries(), contents, {
    member: (entry) => ({
      name: entry.path === '.' ? '.' : `./${entry.path}`,
      // Who unpacks it owns it, so it must not run as him.
      mode: owners.chown ? entry.mode : modeAsOwn({ ...entry, uid: -1, gid: -1 }),
      uid: owners.uid(entry),
      gid: owners.gid(entry),
    }),
    onLost: (entry, { error, object }, isWritten) => {
      problem('damaged', entry.path, error.message, object);
      result.files -= entry.type === 'f' ? 1 : 0;
      if (isWritten) written.push(entry.path);
    },
    onBytes: (bytes) => {
      result.bytes += bytes;
    },
  });
  await unpack(archive, { ...place, target, tools, mode }, problem);
  // Members with a part missing stand there with zeros.
  if (written.length > 0) await remove(host, target, written, signal);
  result.fetchedBytes = contents.fetchedBytes;
  const restored = result.files + result.folders + result.others;
  const isPartial = result.problems.length + result.lostEntries.length > 0;
  const isNothing = restored === 0 && copiesOf(repository).damages.length > 0;
  result.exitCode = isNothing ? ExitCode.verificationFailed : isPartial ? ExitCode.incomplete : ExitCode.success;
  result.durationMs = Math.round(clock.monotonicMs() - startedMs);
  return result;
}

/** The folder, made or empty, and what the tar there can do. */
async function prepare(host: Host, target: string, signal: AbortSignal): Promise<RemoteTools> {
  const { exitCode, stdout, stderr } = await host.run({ argv: [probeScript, target], shell: true }, signal);
  const answer = answerOf(stdout.head);
  const name = host.target.name;
  if (exitCode === 0 && answer.tar) return answer;
  if (answer.notEmpty)
    throw new OaopsError('target-not-empty', `${target} on ${name} is not empty`, {
      exitCode: ExitCode.refused,
      next: 'Name an empty or a new folder.',
    });
  if (exitCode === 0)
    throw new OaopsError('tar-missing', `${name} has no GNU tar`, {
      exitCode: ExitCode.refused,
      next: 'Install GNU tar there, or restore with the script that lies in the repository.',
    });
  throw new OaopsError(
    'target-unusable',
    `${target} on ${name} can't be restored to: ${oneLine(stderr.tail || stderr.head)}`,
    {
      next: 'Name an empty folder.',
    },
  );
}

interface Unpacking extends RemotePlace {
  target: string;
  tools: RemoteTools;
  mode: OwnerMode;
}

async function unpack(
  archive: AsyncGenerator<Buffer>,
  { host, signal, target, tools, mode }: Unpacking,
  problem: (kind: RestoreProblemClass, path: ByteString, message: string) => void,
): Promise<void> {
  const broken = new AbortController();
  let failure: unknown;
  const source = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* archive;
    } catch (error) {
      // Half an archive must not end like a whole one.
      failure = error;
      broken.abort(error);
      await new Promise(() => undefined);
    }
  };
  let said = '';
  const onOutput = (stream: 'stdout' | 'stderr', text: string) => {
    if (stream === 'stderr' && said.length < 1_000_000) said += `${text}\n`;
  };
  let ended: Awaited<ReturnType<Host['run']>>;
  try {
    ended = await host.run(
      {
        argv: [extractScript, target, ...tarFlags(tools, mode)],
        shell: true,
        stdinSource: () => Readable.from(source(), { objectMode: false, highWaterMark: 1024 * 1024 }),
        onOutput,
      },
      AbortSignal.any([signal, broken.signal]),
    );
  } catch (error) {
    throw failure ?? error;
  }
  if (failure) throw failure;
  const name = host.target.name;
  if (/No space left on device|Disk quota exceeded/.test(said))
    throw new OaopsError('target-full', `${target} on ${name} has no more space`, {
      next: 'Free space there and restore into an empty folder again: what is there is not complete.',
    });
  const lines = said.split('\n').filter((line) => line !== '' && !isNoise(line));
  for (const line of lines.slice(0, 1000)) problem('write', '.', `${name}: ${oneLine(line)}`);
  if (ended.exitCode === 0 || lines.length > 0) return;
  throw new OaopsError('remote-tar-failed', `tar on ${name} ended with ${ended.exitCode ?? 'no exit code'}`, {
    next: 'Look at the messages of that host.',
  });
}

/** What tar says of things that are as they should be, and its last word, which says nothing. */
function isNoise(line: string): boolean {
  return /time stamp .* in the future$|implausibly old time stamp|Exiting with failure status due to previous errors$/.test(
    line,
  );
}

function tarFlags({ xattrs, acls }: RemoteTools, mode: OwnerMode): string[] {
  return [
    ...(mode === 'none' ? ['--no-same-owner'] : ['--same-owner']),
    ...(mode === 'names' ? [] : ['--numeric-owner']),
    ...(xattrs ? ['--xattrs', '--xattrs-include=*'] : []),
    ...(acls ? ['--acls'] : []),
  ];
}

async function remove(host: Host, target: string, paths: readonly ByteString[], signal: AbortSignal): Promise<void> {
  const names = paths.map((path) => `./${path}\0`).join('');
  await host.run(
    {
      argv: [removeScript, target],
      shell: true,
      stdinSource: () => Readable.from([Buffer.from(names, 'latin1')]),
    },
    signal,
  );
}

/** For people. */
export function remoteText(result: RemoteResult): string {
  const lines = [
    `restored ${count(result.files, 'file')}, ${count(result.folders, 'folder')} and ${count(result.others, 'link or special file', 'links and special files')} of ${result.snapshot} to ${result.target} on ${result.host}, ${formatSize(result.bytes)}`,
  ];
  if (result.snapshotStatus === 'incomplete')
    lines.push('the backup itself was incomplete: what could not be read when it was made is not here');
  for (const { object, entries, first, last, problem } of result.lostEntries)
    lines.push(
      `lost: ${count(entries, 'entry', 'entries')} from ${oneLine(first)} to ${oneLine(last)}, whose names stood in ${object} only: ${problem}`,
    );
  const shown = result.problems.slice(0, 50);
  for (const { class: kind, path, message } of shown) lines.push(`${kind}: ${oneLine(path)}: ${message}`);
  if (result.problems.length > shown.length) lines.push(`... and ${result.problems.length - shown.length} more`);
  return lines.join('\n');
}
