import type { Exception } from '../findings/exceptions.ts';
import type { Account, Finding, FindingType } from '../model.ts';
import type { AuditSummary, KnownException } from '../record/audits.ts';
import type { Company } from '../schema/spec.ts';
import type { Audit } from './audit.ts';
import { isRead, type NotRead } from './read-all.ts';

/** What the record keeps of an audit beside its findings. */
export function summaryOf(
  { read, judged }: Audit,
  findings: readonly Finding[],
  about: { run: string; runbook: string; at: string; looked?: FindingType[]; titles?: Record<string, string> },
): AuditSummary {
  const counts: Partial<Record<FindingType, number>> = {};
  for (const { type } of findings) counts[type] = (counts[type] ?? 0) + 1;
  const unread = [
    ...read.sources.flatMap((one) => ('error' in one ? [notRead('source', one)] : [])),
    ...read.directories.flatMap((one) => ('error' in one ? [notRead('directory', one)] : [])),
  ];
  const directories = read.directories.filter(isRead);
  const sources = read.sources.filter(isRead);
  return {
    ...about,
    accounts: Object.fromEntries(directories.map(({ spec, read: { accounts } }) => [spec.id, accounts.length])),
    states: Object.fromEntries(directories.map(({ spec, read: { accounts } }) => [spec.id, statesOf(accounts)])),
    unread,
    partial: partialOf({ read }, unread),
    exports: Object.fromEntries(sources.flatMap(({ id, asOf }) => (asOf === undefined ? [] : [[id, asOf]]))),
    people: Object.fromEntries(sources.map(({ id, people }) => [id, people.length])),
    counts,
    unjudged: [
      ...unread.map(({ id, error }) => `${id} was not read: ${error}`),
      ...judged.unjudged.map(({ directory, text }) => `${directory}: ${text}`),
      ...directories.flatMap(({ spec, read: { problems } }) => problems.map((problem) => `${spec.id}: ${problem}`)),
    ],
    remarks: [
      ...sources.flatMap(({ id, problems }) => problems.map((problem) => `${id}: ${problem}`)),
      ...judged.remarks
        // Told among what was not read.
        .filter(
          ({ directory, text }) =>
            !directories.some(({ spec, read: { problems } }) => spec.id === directory && problems.includes(text)),
        )
        .map(({ directory, text }) => `${directory}: ${text}`),
    ],
    exceptions: {
      used: judged.exceptionsUsed.map(({ exception, findings: held }) => exceptionOf(exception, held)),
      expired: judged.exceptionsExpired.map((exception) => exceptionOf(exception, 0)),
    },
  };
}

function notRead(what: 'source' | 'directory', { id, error }: NotRead): AuditSummary['unread'][number] {
  return { id, what, error: error.message };
}

function statesOf(accounts: readonly Account[]): AuditSummary['states'][string] {
  const states = { enabled: 0, disabled: 0, unknown: 0, held: 0 };
  for (const { state, held } of accounts) {
    states[state]++;
    if (held) states.held++;
  }
  return states;
}

function partialOf({ read }: Pick<Audit, 'read'>, unread: AuditSummary['unread']): string[] {
  const silent = new Set(unread.filter(({ what }) => what === 'source').map(({ id }) => id));
  return read.directories
    .filter((one) => {
      if (!isRead(one)) return true;
      const { spec, read: own } = one;
      const judging = spec.judgedBy ?? read.sources.map(({ id }) => id);
      return own.problems.length > 0 || judging.some((id) => silent.has(id));
    })
    .map((one) => (isRead(one) ? one.spec.id : one.id));
}

function exceptionOf(exception: Exception, findings: number): KnownException {
  const { finding, account, directory, right, until, by, reason } = exception;
  return {
    finding,
    account,
    ...(directory === undefined ? {} : { directory }),
    ...(right === undefined ? {} : { right }),
    until,
    by,
    reason,
    findings,
  };
}

/** What people call the directories, by id. */
export function titlesOf({ directories }: Pick<Company, 'directories'>): Record<string, string> {
  return Object.fromEntries(directories.flatMap(({ id, title }) => (title === undefined ? [] : [[id, title]])));
}
