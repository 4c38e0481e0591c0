import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { BackupDoor } from '../door.ts';
import { groupFromKey } from '../retention/groups.ts';
import { hasRules, type RetentionRules } from '../retention/policy.ts';
import type { PruneRequest } from './prune.ts';

/** What a command or a step says about a prune. */
export interface PruneWords {
  repo: readonly string[] | undefined;
  rules: { [rule in keyof RetentionRules]: RetentionRules[rule] | undefined };
  /** Default: that of the machine. */
  timeZone: string | undefined;
  host?: string | undefined;
  runbook?: string | undefined;
  remove?: readonly string[] | undefined;
  graceMs?: number | undefined;
  dryRun: boolean;
}

/**
 * Looks the repository up and puts a request together.
 * @throws OaopsError `time-zone-unknown`, `repo-missing` (exit 2)
 */
export async function pruneRequestOf(
  door: Pick<BackupDoor, 'repos'>,
  words: PruneWords,
  check?: (repositoryId: string) => void,
): Promise<PruneRequest & { rules: RetentionRules | undefined }> {
  const { host, runbook, remove, graceMs, dryRun } = words;
  const given = Object.entries(words.rules).filter(([, value]) => value !== undefined);
  const rules = Object.fromEntries(given) as RetentionRules;
  const timeZone = words.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  checkTimeZone(timeZone);
  return {
    repos: await door.repos(words.repo),
    rules: hasRules(rules) ? rules : undefined,
    timeZone,
    dryRun,
    ...(remove ? { remove } : {}),
    ...(graceMs === undefined ? {} : { graceMs }),
    ...(check ? { check } : {}),
    groups: (group) => {
      const one = groupFromKey(group);
      return (host === undefined || one.host === host) && (runbook === undefined || one.runbook === runbook);
    },
  };
}

function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw usageError('time-zone-unknown', `"${timeZone}" is not a time zone`, {
      next: 'Write an IANA name, such as Asia/Shanghai.',
    });
  }
}

/**
 * A prune by hand takes away for good, so it needs the name of the repository once more: as it was given, or its id.
 * @throws OaopsError `confirmation-needed`, `confirmation-wrong` (exit 4)
 */
export function refuseUnconfirmedPrune(confirm: string | undefined, names: readonly string[], id: string): void {
  if (confirm !== undefined && (names.includes(confirm) || confirm === id)) return;
  const name = names[0] ?? id;
  const next = `Look at it with --dry-run, then give --confirm ${name}.`;
  if (confirm === undefined)
    throw new OaopsError('confirmation-needed', 'a prune by hand removes snapshots for good', {
      exitCode: ExitCode.refused,
      next,
    });
  throw new OaopsError('confirmation-wrong', `--confirm says "${confirm}", but the repository is "${name}"`, {
    exitCode: ExitCode.refused,
    next,
  });
}
