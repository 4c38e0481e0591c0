import type { Finding, FindingType } from '../model.ts';
import type { AuditSummary } from '../record/audits.ts';

/** What has come and gone since an earlier audit of the same runbook. */
export interface Comparison {
  /** The earlier audit. */
  with: { run: string; at: string };
  /** Whether it was not there then. */
  isNew(finding: Finding): boolean;
  /** What was there then and is not now, in directories that were wholly read now. */
  gone: Finding[];
  /** Directories of which nothing can be said: they were not read, or only in part, now. */
  blind: string[];
}

/** Findings by type, directory and key: those of one account are the same, however their evidence is worded. Makes no texts of 100,000 findings. */
class FindingSet {
  readonly #keys = new Map<FindingType, Map<string, Set<string>>>();

  constructor(findings: readonly Finding[]) {
    for (const { type, directory, key } of findings) {
      const ofType = this.#keys.get(type) ?? new Map<string, Set<string>>();
      this.#keys.set(type, ofType);
      const keys = ofType.get(directory);
      if (keys) keys.add(key);
      else ofType.set(directory, new Set([key]));
    }
  }

  has({ type, directory, key }: Finding): boolean {
    return this.#keys.get(type)?.get(directory)?.has(key) ?? false;
  }
}

/** An audit that others can be compared with: everything was read. */
export function isWhole({ unread, partial }: Pick<AuditSummary, 'unread' | 'partial'>): boolean {
  return unread.length === 0 && partial.length === 0;
}

/**
 * Compares two audits by type, directory and key. Nothing is called gone that was not looked for, or where not everything was read; nothing is called
 * new that the earlier audit did not look for.
 */
export function compareAudits(
  now: { summary: AuditSummary; findings: readonly Finding[] },
  before: { summary: AuditSummary; findings: readonly Finding[] },
): Comparison {
  const known = new FindingSet(before.findings);
  const current = new FindingSet(now.findings);
  const looked = (summary: AuditSummary, type: FindingType) => summary.looked?.includes(type) ?? true;
  const blind = now.summary.partial;
  const read = new Set(Object.keys(now.summary.accounts).filter((id) => !blind.includes(id)));
  return {
    with: { run: before.summary.run, at: before.summary.at },
    isNew: (finding) => looked(before.summary, finding.type) && !known.has(finding),
    gone: before.findings.filter(
      (finding) => looked(now.summary, finding.type) && read.has(finding.directory) && !current.has(finding),
    ),
    blind,
  };
}
