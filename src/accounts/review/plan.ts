import type { Audit } from '../audit/audit.ts';
import { isRead } from '../audit/read-all.ts';
import { Protection } from '../company/protection.ts';
import type { ChangeName } from '../directory.ts';
import type { EntryItem } from '../entry/entry.ts';
import type { Judged } from '../findings/types.ts';
import type { Finding } from '../model.ts';
import { type CapCount, capRefused, checkCaps } from '../plan/caps.ts';
import { plannedFor, questionOf } from '../plan/changes.ts';
import { Concerned, lineOf, type PlannedEntries } from '../plan/cleanup.ts';
import { accountId } from '../record/account-id.ts';
import type { Company } from '../schema/spec.ts';

const reviewed = 'rights-beyond-role';

/**
 * What heads are asked about in a review of rights (AC-05): each right that an account holds beyond the role of its person. Nothing of it is done
 * unless somebody says so.
 * @throws OaopsError `too-many-changes` (exit 4)
 */
export function planReview(audit: Audit, company: Company, { actor }: { actor: string }): PlannedEntries {
  const able = new Map(audit.read.directories.filter(isRead).map(({ spec, can }) => [spec.id, can]));
  const found = new Map(
    audit.judged.findings
      .filter(({ type }) => type === reviewed)
      .map((finding) => [accountId(finding.directory, finding.key), finding]),
  );
  const protection = new Protection(company.protected, { names: [actor] });
  const concerned = new Concerned(audit, company, new Set(found.keys()));
  const counts = new Map<string, CapCount>();
  const changes: EntryItem[] = [];
  const spared: string[] = [];
  const kept: string[] = [];
  for (const one of audit.judged.accounts) {
    const { account, use } = one;
    const count = counts.get(account.directory) ?? emptyCount(account.directory);
    counts.set(account.directory, count);
    if (use === 'person' && account.state !== 'disabled') count.enabled++;
    const finding = found.get(accountId(account.directory, account.key));
    if (!finding) continue;
    const protectedBy = finding.unconfirmed ? undefined : protection.reason(questionOf(one, [reviewed]));
    const reason = protectedBy ?? reasonToSpare(finding, able.get(account.directory));
    if (reason !== undefined) {
      (protectedBy === undefined ? spared : kept).push(
        `${account.login} (${account.directory}; ${reviewed}): ${reason}`,
      );
      continue;
    }
    changes.push(itemOf(one, finding, concerned));
    count.changed++;
  }
  const verdict = checkCaps(company.caps, [...counts.values()]);
  if (verdict.verdict === 'refuse') throw capRefused(verdict.reasons);
  return {
    changes,
    deletions: [],
    spared,
    kept,
    secondPerson: verdict.verdict === 'second-person' ? verdict.reasons : [],
  };
}

function reasonToSpare(
  { rights, unconfirmed }: Finding,
  can: ReadonlySet<ChangeName | 'create'> | undefined,
): string | undefined {
  if (unconfirmed) return 'somebody has to confirm first whose account it is';
  return rights && rights.length > 0 && can?.has('strip') ? undefined : 'the directory is not able to take rights away';
}

function itemOf(one: Judged, finding: Finding, concerned: Concerned): EntryItem {
  const planned = plannedFor(one, [finding]);
  return {
    ...planned,
    line: lineOf(planned.directory, planned.ref.key),
    changes: [{ do: 'strip', rights: [...(finding.rights ?? [])] }],
    mails: concerned.mails(planned),
    ...concerned.headNames(planned),
    byRight: true,
  };
}

function emptyCount(directory: string): CapCount {
  return { directory, enabled: 0, changed: 0, others: 0, deleted: 0 };
}
