import { oneLine } from '../../core/plain-text.ts';
import type { FactStore } from '../../record/types.ts';
import { weakLines } from '../policy/report.ts';
import { accountId } from '../record/account-id.ts';
import { auditsOf } from '../record/audits.ts';
import { entriesOf, notDone, refusalsOf } from '../record/entries.ts';
import { policiesOf } from '../record/policies.ts';
import { type Decidable, isKept, signedList } from '../review/signed.ts';
import type { EntryItem } from './entry.ts';
import { nameOf } from './name.ts';
import type { Concerned } from './notices.ts';

/** Lines of a notice: nobody reads more. */
const maxLines = 200;

export interface Conclusion {
  summary: string;
  lines: string[];
  found: number;
  changed: number;
  left: number;
  counts: Record<string, number>;
  /** Accounts that were left alone by rule. */
  kept: number;
  /** It came no further than its first steps. */
  refused: boolean;
  /** Rules for passwords that are weaker than required; 0 where nothing is required. */
  weak: number;
  /** Everything was read, and each entry was changed, kept by whoever signed, or left alone for a reason that stands in the record. */
  whole: boolean;
}

/** What a run has found and done so far. */
export async function conclude(
  facts: FactStore,
  {
    run,
    runbook,
    items,
    restores = [],
    spared = [],
    kept = [],
    notes = [],
    ended,
  }: {
    run: string;
    runbook: string;
    items: readonly (Pick<Concerned, 'directory' | 'ref'> & Decidable)[];
    /** Entries that this run puts back, and the run that had changed them. */
    restores?: readonly { item: EntryItem; ofRun: string }[];
    /** What planning has left alone or could not reach, what it has left alone by rule, and what people should know beside; one line each. */
    spared?: readonly string[];
    kept?: readonly string[];
    notes?: readonly string[];
    /** Why the run came no further than its first steps. */
    ended?: string;
  },
): Promise<Conclusion> {
  const audit = (await auditsOf(facts, runbook)).find((one) => one.run === run);
  const policies = await policiesOf(facts, run);
  const entries = await entriesOf(facts, run);
  const refusals = await refusalsOf(facts, run);
  const signed = await signedList(facts, run);
  const lines: string[] = ended === undefined || ended === '' ? [] : [ended];
  let open = spared.length > 0 || (signed !== undefined && signed.open.length > 0);
  let changed = 0;
  let left = 0;
  for (const item of items) {
    const account = accountId(item.directory, item.ref.key);
    const name = `${nameOf(item.ref)} (${item.directory})`;
    const history = entries.get(account);
    // Made and taken back by the same run: there is nothing of it.
    if (history?.restored?.by === run) {
      left++;
      open = true;
      lines.push(`${name}: taken back again`);
      continue;
    }
    const done = history?.marks.flatMap((mark) => mark.done) ?? [];
    const refusal = refusals.get(account);
    const undone = refusal === undefined || (history?.marks.length ?? 0) > 0 ? notDone(history) : [];
    if (done.length > 0) {
      changed++;
      lines.push(`${name}: ${done.join('; ')}`);
    }
    if (undone.length > 0) lines.push(`${name}: not done: ${undone.join('; ')}`);
    if (done.length === 0 && refusal !== undefined) lines.push(`${name}: left as it is: ${refusal}`);
    if (undone.length > 0 || (done.length === 0 && refusal !== undefined)) left++;
    const isAnswered = refusal !== undefined || (signed !== undefined && isKept(signed, item));
    if (undone.length > 0 || (done.length === 0 && !isAnswered)) open = true;
  }
  for (const [ofRun, own] of Map.groupBy(restores, (one) => one.ofRun)) {
    const histories = await entriesOf(facts, ofRun);
    for (const { item } of own) {
      const restored = histories.get(accountId(item.directory, item.ref.key))?.restored;
      const name = `${nameOf(item.ref)} (${item.directory})`;
      const whole = restored?.by === run && restored.conflicts.length === 0;
      if (whole) changed++;
      else left++;
      if (whole) lines.push(`${name}: restored`);
      else if (restored?.by === run) lines.push(`${name}: restored but for: ${restored.conflicts.join('; ')}`);
      else lines.push(`${name}: not restored`);
    }
  }
  const counts = { ...audit?.counts } as Record<string, number>;
  const found = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const weak = policies?.required ? weakLines(policies.rules) : [];
  lines.push(
    ...weak,
    ...[...spared, ...kept].map((line) => `left alone: ${line}`),
    ...notes,
    ...(audit?.unjudged ?? []),
  );
  const parts = [
    ...(audit ? [`${found} findings`] : []),
    ...(policies ? [`${policies.rules.length} rules for passwords`] : []),
    ...(weak.length > 0 ? [`${weak.length} weaker than required`] : []),
    ...(items.length > 0 ? [`${changed} of ${items.length} accounts changed`] : []),
    ...(restores.length > 0 ? [`${changed} of ${restores.length} accounts restored`] : []),
    ...(left > 0 ? [`${left} left as they are or done in part`] : []),
    ...(spared.length > 0 ? [`${spared.length} left alone or not reached`] : []),
    ...(kept.length > 0 ? [`${kept.length} left alone by rule`] : []),
    ...(audit && audit.unjudged.length > 0 ? [`${audit.unjudged.length} not judged`] : []),
  ];
  // Names are data of others: a line end in one would be a line of its own in the mail of a job.
  const safe = lines.map(oneLine);
  const shown =
    safe.length > maxLines
      ? [...safe.slice(0, maxLines), `${safe.length - maxLines} more: oaops account show ${run}`]
      : safe;
  return {
    summary: [...(ended === undefined ? [] : ['nothing was changed']), ...parts].join(', ') || 'nothing to do',
    lines: shown,
    found,
    changed,
    left,
    kept: kept.length,
    refused: ended !== undefined,
    counts,
    weak: weak.length,
    whole: ended === undefined && !open && (audit?.unjudged.length ?? 0) === 0,
  };
}
