import type { UndoRequest } from './journal/journal-state.ts';
import type { Plan } from './plan/plan-types.ts';

/** What a person types to have the same taken back, and no more. */
export interface UndoCommand {
  run: string;
  words: string;
}

export function undoCommand(run: string, plan: Pick<Plan, 'batches' | 'steps'>, request: UndoRequest): UndoCommand {
  if (plan.batches === undefined) return { run, words: `oaops runs undo ${run}` };
  const ofBatches = plan.steps.flatMap(({ batch, undo }) => (batch === undefined || !undo ? [] : [undo]));
  const only = ofBatches.every((undo) => (request.scope ?? undo.scope) === 'batch') ? (request.batches ?? []) : [];
  return { run, words: ['oaops patch rollback', run, ...only.map((number) => `--batch ${number}`)].join(' ') };
}
