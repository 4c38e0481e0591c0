import { isoTime } from '../../core/clock.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { parseWrittenTime } from '../../core/zoned-time.ts';
import { fromText, toText } from '../format/byte-string.ts';
import type { SnapshotHeader } from '../format/snapshot-header.ts';
import { readManifestRoot } from './manifest.ts';
import type { Repository } from './open.ts';
import { listSharedSnapshots } from './snapshots.ts';

/** Which snapshot is meant, where more is said than its id. */
export interface SnapshotChoice {
  /** A time as a person writes it: the newest complete snapshot that was begun not after it. */
  at?: string | undefined;
  host?: string | undefined;
  tag?: string | undefined;
  runbook?: string | undefined;
  /** Absolute path that was a source of the snapshot, or lies in one. Needs the private key of an encrypted repository. */
  path?: string | undefined;
  /** IANA name, for times without a zone. */
  timeZone: string;
}

/** True when there is anything to choose by. */
export function isChosen(choice: SnapshotChoice | undefined): choice is SnapshotChoice {
  return (
    choice !== undefined && Object.entries(choice).some(([key, value]) => key !== 'timeZone' && value !== undefined)
  );
}

/**
 * The newest snapshot of all legs that fits. With `at`, an incomplete one is only taken when there is no complete one, with a warning.
 * @throws OaopsError `time-invalid` (exit 2), `snapshot-missing` with the nearest ones
 */
export async function chooseSnapshot(
  repository: Repository,
  choice: SnapshotChoice,
): Promise<{ snapshot: string; warnings: string[] }> {
  const time = choice.at === undefined ? undefined : timeOf(choice.at, choice.timeZone);
  const { listed: known, warnings } = await listSharedSnapshots([repository.store, ...(repository.others ?? [])]);
  for (const { snapshot, header, problem } of known)
    if (!header) warnings.push(`snapshot ${snapshot} is not looked at: ${problem}`);
  const fitting: SnapshotHeader[] = [];
  for (const { header } of known.reverse()) {
    if (!header || !fitsHeader(header, choice)) continue;
    if (choice.path !== undefined && !(await hasSource(repository, header.snapshot, choice.path))) continue;
    fitting.push(header);
    if (!time) break;
    // Newest first: a complete one not after the time is the one, what is older cannot be nearer.
    if (header.status === 'complete' && Date.parse(header.started) <= time.untilMs) break;
  }
  if (!time) {
    if (fitting[0]) return { snapshot: fitting[0].snapshot, warnings };
    throw noneFits(repository, known.length, choice, []);
  }
  const before = fitting.filter(({ started }) => Date.parse(started) <= time.untilMs);
  const found = before.find(({ status }) => status === 'complete') ?? before[0];
  if (!found) throw noneFits(repository, known.length, choice, fitting);
  const newer = before[0]!;
  if (found.status !== 'complete')
    warnings.push(`snapshot ${found.snapshot} is incomplete: something could not be read when it was made`);
  else if (newer !== found)
    warnings.push(`snapshot ${newer.snapshot} is nearer to ${choice.at} but incomplete; it can be named by its id`);
  const next = fitting.filter(({ started }) => Date.parse(started) > time.untilMs).at(-1);
  const laterMs = next ? Date.parse(next.started) - time.untilMs : Number.POSITIVE_INFINITY;
  if (next && laterMs < 60_000)
    warnings.push(`snapshot ${next.snapshot} was begun less than a minute after ${choice.at} and is not taken`);
  return { snapshot: found.snapshot, warnings };
}

function timeOf(at: string, timeZone: string): { untilMs: number } {
  const time = parseWrittenTime(at, timeZone);
  if (time) return time;
  throw usageError('time-invalid', `"${at}" is not a time`, {
    next: 'Write 2026-11-20, 2026-11-20T12:00, or with a zone 2026-11-20T12:00+08:00.',
  });
}

function fitsHeader(header: SnapshotHeader, { host, tag, runbook }: SnapshotChoice): boolean {
  return (
    (host === undefined || toText(header.host) === host) &&
    (tag === undefined || header.tags.some((one) => toText(one) === tag)) &&
    (runbook === undefined || (header.runbook !== undefined && toText(header.runbook) === runbook))
  );
}

/** Sources stand in the manifest only. */
async function hasSource(repository: Repository, snapshot: string, path: string): Promise<boolean> {
  const wanted = fromText(path.replace(/(?<=.)\/+$/, ''));
  const { sources } = await readManifestRoot(repository, snapshot);
  return sources.some((source) => source === wanted || source === '/' || wanted.startsWith(`${source}/`));
}

function noneFits(
  { store }: Repository,
  all: number,
  choice: SnapshotChoice,
  later: readonly SnapshotHeader[],
): OaopsError {
  const { at, host, tag, runbook, path } = choice;
  const asked = Object.entries({ host, tag, runbook, path }).filter(([, value]) => value !== undefined);
  const filter = asked.map(([key, value]) => `--${key} ${value}`).join(' ');
  if (all === 0)
    return new OaopsError('snapshot-missing', `there is no snapshot at ${store.location} yet`, {
      next: 'Run "oaops backup list" to see the snapshots.',
    });
  const nearest = later.slice(-3).reverse();
  if (nearest.length === 0)
    return new OaopsError('snapshot-missing', `no snapshot at ${store.location} fits ${filter}`, {
      next: 'Run "oaops backup list" to see the snapshots.',
    });
  const names = nearest.map(({ snapshot, started }) => `${snapshot} (${isoTime(Date.parse(started))})`).join(', ');
  return new OaopsError(
    'snapshot-missing',
    `no snapshot at ${store.location} is as old as ${at}${filter ? ` and fits ${filter}` : ''}; the nearest ones are ${names}`,
    { next: 'Name one of them, or another time; a time without a zone is that of the configured time zone.' },
  );
}
