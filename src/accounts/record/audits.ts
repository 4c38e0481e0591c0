import { runTopic } from '../../record/run-facts.ts';
import type { FactStore } from '../../record/types.ts';
import { SharedTexts } from '../audit/shared-values.ts';
import type { AccountState, Finding, FindingType } from '../model.ts';
import { itemsAtOnce } from './items-at-once.ts';

/** What an audit found, but for the single findings. */
export interface AuditSummary {
  run: string;
  runbook: string;
  at: string;
  /** Accounts read, by directory. */
  accounts: Record<string, number>;
  /** What people call a directory, where the runbook says it. */
  titles?: Record<string, string>;
  /** Of them, by directory and state; `held` of them lie in the hold area. */
  states: Record<string, Record<AccountState | 'held', number>>;
  /** People read, by source. */
  people: Record<string, number>;
  /** Days of export, by source, where they are known. */
  exports: Record<string, string>;
  /** Sources and directories that gave nothing, and why. */
  unread: { id: string; what: 'source' | 'directory'; error: string }[];
  /** Directories that were not wholly read, or not compared with everybody: what was not found there may be there all the same. */
  partial: string[];
  /** What was looked for; absent = everything. */
  looked?: FindingType[];
  counts: Partial<Record<FindingType, number>>;
  /** What could not be read or judged, one line each; nothing was found or done there. */
  unjudged: string[];
  /** What people should know beside: duplicates in a roster, raised thresholds. */
  remarks: string[];
  /** Exceptions that held, and those that are over. */
  exceptions: { used: KnownException[]; expired: KnownException[] };
}

/** An exception of the policies; `findings`: how many it has accepted. */
export interface KnownException {
  finding: FindingType;
  account: string;
  directory?: string;
  right?: string;
  /** Last day. */
  until: string;
  by: string;
  reason: string;
  findings: number;
}

export const summaryTopic = 'account.audit';

/** Runs that have carried out what they were for, whatever they found. */
export const carriedOutTopic = 'account.carried-out';

export async function addCarriedOut(facts: FactStore, run: string, at: string): Promise<void> {
  await facts.add(carriedOutTopic, run, at, { run });
}

export async function addAudit(facts: FactStore, summary: AuditSummary, findings: readonly Finding[]): Promise<void> {
  const topic = runTopic(summary.run, 'account.findings');
  const before = (await facts.list(summaryTopic, { key: summary.runbook })).some(
    ({ body }) => (body as AuditSummary).run === summary.run,
  );
  // A step that was cut off and is done again has written them already, whole or in part: the newest of each part counts.
  for (let at = 0, part = 0; at < findings.length || part === 0; at += itemsAtOnce, part++)
    await facts.add(topic, String(part), summary.at, { findings: findings.slice(at, at + itemsAtOnce) });
  await facts.add(topic, 'parts', summary.at, { parts: Math.max(1, Math.ceil(findings.length / itemsAtOnce)) });
  if (!before) await facts.add(summaryTopic, summary.runbook, summary.at, summary);
}

/** Findings of a run; undefined: it has made none yet. */
export async function findingsOf(facts: FactStore, run: string): Promise<Finding[] | undefined> {
  const topic = runTopic(run, 'account.findings');
  const newest = async (key: string) => (await facts.list(topic, { key, newestFirst: true, limit: 1 }))[0]?.body;
  const parts = ((await newest('parts')) as { parts: number } | undefined)?.parts;
  if (parts === undefined) return undefined;
  const texts = new SharedTexts();
  const all: Finding[] = [];
  // Part by part: as texts they are several times as large as what is made of them.
  for (let part = 0; part < parts; part++) {
    const body = (await newest(String(part))) as { findings: Finding[] } | undefined;
    for (const finding of body?.findings ?? []) {
      for (const field of ['type', 'directory', 'department', 'evidence', 'figure'] as const)
        if (finding[field] !== undefined) (finding as Record<typeof field, string>)[field] = texts.of(finding[field]);
      all.push(finding);
    }
  }
  return all;
}

/** Audits of a runbook, newest first. */
export async function auditsOf(facts: FactStore, runbook: string, limit?: number): Promise<AuditSummary[]> {
  const rows = await facts.list(summaryTopic, {
    key: runbook,
    newestFirst: true,
    ...(limit === undefined ? {} : { limit }),
  });
  return rows.map(({ body }) => body as AuditSummary);
}
