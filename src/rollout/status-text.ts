import { oneLine } from '../core/plain-text.ts';
import type { FeedbackCounts } from './feedback.ts';
import type { BatchStatus, GateStatus, RolloutStatus } from './status.ts';

export interface StatusWords {
  /** A status in the user's language, padded to so many columns. */
  status(word: string, columns?: number): string;
}

/** A rollout for people: at most 80 columns where names allow it. */
export function statusText(status: RolloutStatus & { feedback: FeedbackCounts }, words: StatusWords): string {
  const lines = [
    `${status.runbook} ${status.version}  run ${status.run}  ${words.status(status.status)}`,
    ...(status.message === null ? [] : [`  ${oneLine(status.message)}`]),
    ...(status.paused ? [`  paused by ${oneLine(status.paused.by)}: ${oneLine(status.paused.reason)}`] : []),
    `  ${status.done} of ${status.population} done`,
    ...feedbackLines(status.feedback),
    '',
    ...status.batches.flatMap((batch) => batchLines(batch, words)),
    ...(status.watch.length > 0 ? ['watch', ...status.watch.map((gate) => `  ${gateText(gate)}`)] : []),
  ];
  return lines.join('\n');
}

function feedbackLines({ minor, major, serious }: FeedbackCounts): string[] {
  if (minor + major + serious === 0) return [];
  return [`  feedback: ${serious} serious, ${major} major, ${minor} minor`];
}

function batchLines(batch: BatchStatus, words: StatusWords): string[] {
  const failed = batch.failed.length === 0 ? '' : `  ${batch.failed.length} failed: ${some(batch.failed)}`;
  return [
    `batch ${String(batch.batch).padStart(3)}  ${String(batch.members).padStart(3)} members  ${words.status(batch.state, 12)}${failed}`.trimEnd(),
    ...batch.gates.filter(({ state }) => state !== 'not-started').map((gate) => `  ${gateText(gate)}`),
  ];
}

function gateText({ gate, state, samples }: GateStatus): string {
  const bad = (['fail', 'error', 'inconclusive'] as const).flatMap((verdict) =>
    samples[verdict] > 0 ? [`${samples[verdict]} ${verdict}`] : [],
  );
  return `gate ${gate}: ${state}, ${samples.taken} of ${samples.of} samples${bad.length > 0 ? ` (${bad.join(', ')})` : ''}`;
}

function some(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).map(oneLine).join(', ');
  return ids.length > 3 ? `${shown}, ...` : shown;
}
