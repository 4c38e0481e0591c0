import type { ActionContext, ActionOutcome, ManualAnswer, ManualQuestion } from '../../engine/action.ts';
import { localText } from '../../engine/plan/plan-text.ts';
import type { LocalizedText } from '../../runbook/types.ts';

/** The answer given before, or at the terminal, or the outcome "waiting" with the command that answers: `command`, or that of runs. */
export async function ask(
  context: ActionContext,
  question: ManualQuestion,
  value: string,
  file: boolean,
  command?: string,
): Promise<{ answer: ManualAnswer } | { outcome: ActionOutcome }> {
  const answer = (await context.answer()) ?? (await context.ask?.(question));
  if (answer) return { answer };
  if (context.stopping.aborted)
    return { outcome: { status: 'stopped', message: 'stopped before an answer was given' } };
  const unit = context.unitId.slice(context.step.id.length + 1);
  const several = Array.isArray(context.step.units) ? context.step.units.length > 1 : true;
  const flags = [
    ...(several ? [`--unit ${unit}`] : []),
    ...(question.kind === 'file' ? [] : [`--value ${value}`]),
    ...(file ? ['--file FILE'] : []),
  ];
  const others =
    question.kind === 'confirm' ? ' (or no)' : question.choices ? ` (one of: ${question.choices.join(', ')})` : '';
  const answering = command ?? `oaops runs answer ${context.runId} ${context.step.id} ${flags.join(' ')}`;
  return {
    outcome: {
      status: 'waiting',
      message: question.message,
      next: `Answer with: ${answering}${others}`,
      question,
    },
  };
}

/** What is asked, in the language of whoever is asked. */
export function texts(
  args: { message: LocalizedText; instructions?: LocalizedText | undefined },
  lang: string | undefined,
): { message: string; instructions?: string } {
  return {
    message: localText(args.message, lang),
    ...(args.instructions ? { instructions: localText(args.instructions, lang) } : {}),
  };
}
