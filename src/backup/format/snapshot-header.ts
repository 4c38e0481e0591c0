import type { ByteString } from './byte-string.ts';
import { damaged } from './damaged.ts';
import { escapeBytes, escapeOptional, unescapeBytes, unescapeOptional } from './escape.ts';
import { parseCount } from './lines.ts';

/** Counters of a snapshot, named in docs/backup-format.md section 7. Bytes are of file contents unless they say `stored`. */
export const countNames = [
  'entries',
  'files',
  'dirs',
  'links',
  'others',
  'bytes',
  'filesNew',
  'filesChanged',
  'filesUnchanged',
  'dataBlobs',
  'dataAddedBytes',
  'storedAddedBytes',
  'vanished',
  'unreadable',
  'changed',
  'missingSources',
  'failedDumps',
] as const;
export type CountName = (typeof countNames)[number];
export type SnapshotCounts = Record<CountName, number>;

/** Why a snapshot may not be what it should be: it is much smaller than the last good one, or most of it is different. */
export interface Guard {
  kind: 'shrank' | 'changed';
  /** By how much, in percent of the last good snapshot. */
  percent: number;
}

/** What manifest root and index say alike about a snapshot. No paths. */
export interface SnapshotHeader {
  snapshot: string;
  repository: string;
  /** ISO UTC. */
  started: string;
  ended: string;
  host: ByteString;
  user: ByteString;
  /** `oaops/0.1.0` */
  program: string;
  runbook: ByteString | undefined;
  /** 16 hex digits, equal for snapshots of the same source paths in one repository. */
  series?: string | undefined;
  tags: ByteString[];
  /** Snapshot that unchanged files were taken from. */
  parent: string | undefined;
  status: 'complete' | 'incomplete';
  guard?: Guard | undefined;
  counts: SnapshotCounts;
}

export function zeroCounts(): SnapshotCounts {
  return Object.fromEntries(countNames.map((name) => [name, 0])) as SnapshotCounts;
}

export function formatHeader(header: SnapshotHeader): string[] {
  return [
    `snapshot\t${header.snapshot}`,
    `repository\t${header.repository}`,
    `started\t${header.started}`,
    `ended\t${header.ended}`,
    `host\t${escapeBytes(header.host)}`,
    `user\t${escapeBytes(header.user)}`,
    `program\t${escapeBytes(header.program)}`,
    `runbook\t${escapeOptional(header.runbook)}`,
    ...(header.series === undefined ? [] : [`series\t${header.series}`]),
    ...header.tags.map((tag) => `tag\t${escapeBytes(tag)}`),
    `parent\t${header.parent ?? '-'}`,
    `status\t${header.status}`,
    ...(header.guard ? [`guard\t${header.guard.kind}\t${header.guard.percent}`] : []),
    ...countNames.map((name) => `count\t${name}\t${header.counts[name]}`),
  ];
}

/** Reads the header out of `key<TAB>value` lines; unknown keys and counters are skipped. Throws `repository-damaged`. */
export function parseHeader(lines: Iterable<string>): SnapshotHeader {
  const values = new Map<string, string>();
  let guard: Guard | undefined;
  const tags: ByteString[] = [];
  const counts = zeroCounts();
  for (const line of lines) {
    const [key = '', value = '', extra] = line.split('\t', 3);
    // A kind that a later version knows is a reason to be careful too.
    if (key === 'guard')
      guard = { kind: value === 'shrank' ? 'shrank' : 'changed', percent: parseCount(extra, 'the share of a guard') };
    else if (key === 'tag') tags.push(unescapeBytes(value));
    else if (key === 'count') {
      if (value in counts) counts[value as CountName] = parseCount(extra, `the counter ${value}`);
    } else if (!values.has(key)) values.set(key, value);
  }
  const need = (key: string) => {
    const value = values.get(key);
    if (value === undefined || value === '') throw damaged(`a snapshot has no ${key}`);
    return value;
  };
  const parent = need('parent');
  return {
    snapshot: need('snapshot'),
    repository: need('repository'),
    started: need('started'),
    ended: need('ended'),
    host: unescapeBytes(need('host')),
    user: unescapeBytes(need('user')),
    program: unescapeBytes(need('program')),
    runbook: unescapeOptional(need('runbook')),
    ...(values.has('series') ? { series: values.get('series') } : {}),
    tags,
    parent: parent === '-' ? undefined : parent,
    status: need('status') === 'complete' ? 'complete' : 'incomplete',
    ...(guard ? { guard } : {}),
    counts,
  };
}
