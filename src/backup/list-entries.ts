import { count as plural } from '../core/units.ts';
import { type ByteString, fromText, pathForJson, toText } from './format/byte-string.ts';
import type { Entry } from './format/entry.ts';
import type { EntryBlockRef } from './format/manifest-root.ts';
import { objectNames } from './format/object-names.ts';
import { formatTimeNs } from './format/times.ts';
import { type OnLostBlock, readEntries, readManifestRoot } from './repository/manifest.ts';
import type { Repository } from './repository/open.ts';
import { mayHold } from './restore/selection.ts';

/**
 * Entries of a snapshot at or below the given absolute paths; all when none is given. Without `recursive` a folder that
 * was named shows what lies directly in it. Blocks that cannot hold any of it are not read; those that no leg has are told.
 */
export async function* entriesOf(
  repository: Repository,
  snapshot: string,
  { paths, recursive = true }: { paths: readonly string[]; recursive?: boolean },
  onLost: OnLostBlock<EntryBlockRef>,
  signal?: AbortSignal,
): AsyncGenerator<Entry> {
  const root = await readManifestRoot(repository, snapshot, signal);
  const prefixes = paths.map((path) => fromText(path.replace(/^\/+|\/+$/g, ''))).filter((path) => path !== '');
  const patterns = prefixes.map((prefix) => `/${toText(prefix)}`);
  const blocks = root.blocks.filter(({ first, last }) => mayHold(patterns, first, last));
  const isAt = (path: ByteString, prefix: ByteString) =>
    path === prefix || (path.startsWith(`${prefix}/`) && (recursive || path.indexOf('/', prefix.length + 1) === -1));
  for await (const entry of readEntries(repository, { ...root, blocks }, signal, onLost))
    if (prefixes.length === 0 || prefixes.some((prefix) => isAt(entry.path, prefix))) yield entry;
}

/** For people, when a block of the manifest cannot be had: names are known only at its ends. */
export function lostText({ sha256, count, first, last }: EntryBlockRef, problem: string): string {
  return `lost: ${plural(count, 'entry', 'entries')} from ${visible(`/${first}`)} to ${visible(`/${last}`)}, whose names stood in ${objectNames.block(sha256)} only: ${problem}`;
}

/** restic's word for a type of entry. */
export function entryTypeName(type: Entry['type']): string {
  return typeNames[type];
}

const typeNames = { f: 'file', d: 'dir', l: 'symlink', p: 'fifo', b: 'dev', c: 'chardev', s: 'socket' };

/** A line of `backup ls --json`, with restic's field names first. */
export function entryJson(entry: Entry): Record<string, unknown> {
  const path = entry.path === '.' ? '/' : `/${entry.path}`;
  const { path: text, pathBase64 } = pathForJson(path);
  return {
    message_type: 'node',
    struct_type: 'node',
    name: text.slice(text.lastIndexOf('/') + 1) || '/',
    type: entryTypeName(entry.type),
    path: text,
    ...(pathBase64 ? { pathBase64 } : {}),
    uid: entry.uid,
    gid: entry.gid,
    ...(entry.user === undefined ? {} : { user: toText(entry.user) }),
    ...(entry.group === undefined ? {} : { group: toText(entry.group) }),
    size: entry.size,
    mode: entry.mode,
    mtime: new Date(Number(entry.mtimeNs / 1_000_000n)).toISOString(),
    mtimeNs: formatTimeNs(entry.mtimeNs),
    ...(entry.sha256 === undefined ? {} : { sha256: entry.sha256 }),
    ...(entry.target === undefined ? {} : { linktarget: toText(entry.target) }),
    ...(entry.flags.length === 0 ? {} : { flags: entry.flags }),
  };
}

/** As `ls -l` shows it; control characters of names are escaped, so that a name cannot drive the terminal. */
export function entryText(entry: Entry, long: boolean): string {
  const shown = visible(`/${entry.path === '.' ? '' : entry.path}`);
  if (!long) return shown;
  const bits = modeText(entry.mode);
  const owner = `${entry.user ? toText(entry.user) : entry.uid} ${entry.group ? toText(entry.group) : entry.gid}`;
  const time = new Date(Number(entry.mtimeNs / 1_000_000n)).toISOString().replace(/\.\d+Z$/, 'Z');
  const target = entry.type === 'l' && entry.target !== undefined ? ` -> ${visible(entry.target)}` : '';
  return `${entry.type === 'f' ? '-' : entry.type}${bits} ${owner} ${String(entry.size).padStart(12)} ${time} ${shown}${target}`;
}

/** `rwsr-xr-t`, as ls(1) writes it: capital letters where the special bit is set and the right to execute is not. */
function modeText(mode: number): string {
  const letters = [...'rwxrwxrwx'].map((letter, i) => (mode & (0o400 >> i) ? letter : '-'));
  const special = [
    { bit: 0o4000, at: 2, letter: 's' },
    { bit: 0o2000, at: 5, letter: 's' },
    { bit: 0o1000, at: 8, letter: 't' },
  ];
  for (const { bit, at, letter } of special)
    if (mode & bit) letters[at] = letters[at] === 'x' ? letter : letter.toUpperCase();
  return letters.join('');
}

/** An absolute path for people. */
export function shownPath(path: ByteString): string {
  return visible(path);
}

function visible(name: string): string {
  return toText(name).replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
