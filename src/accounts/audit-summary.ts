import type { Audit } from './audit.ts';
import type { Finding, FindingType } from './model.ts';
import { isRead } from './read-all.ts';
import type { AuditSummary } from './record.ts';

/** What the record keeps of an audit beside its findings. */
export function summaryOf(
  { read, judged }: Audit,
  findings: readonly Finding[],
  about: { run: string; runbook: string; at: string },
): AuditSummary {
  const counts: Partial<Record<FindingType, number>> = {};
  for (const { type } of findings) counts[type] = (counts[type] ?? 0) + 1;
  const unread = [...read.sources, ...read.directories]
    .filter((one) => 'error' in one)
    .map(({ id, error }) => `${id} was not read: ${error.message}`);
  const directories = read.directories.filter(isRead);
  const sources = read.sources.filter(isRead);
  return {
    ...about,
    accounts: Object.fromEntries(directories.map(({ spec, read: { accounts } }) => [spec.id, accounts.length])),
    people: Object.fromEntries(sources.map(({ id, people }) => [id, people.length])),
    counts,
    unjudged: [
      ...unread,
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
      used: judged.exceptionsUsed.map(
        ({ exception: { finding, account, until, by, reason }, findings: held }) =>
          `${finding} of ${account} until ${until} (${held} findings): ${reason} (${by})`,
      ),
      expired: judged.exceptionsExpired.map(
        ({ finding, account, until, by, reason }) => `${finding} of ${account} was over on ${until}: ${reason} (${by})`,
      ),
    },
  };
}
