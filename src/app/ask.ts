import { statSync } from 'node:fs';
import type { Prompts } from '../cli/prompts.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import type { ManualAnswer, ManualQuestion } from '../engine/action.ts';
import { checkAnswer } from '../engine/people/manual.ts';

/** How a run asks the person at the terminal. */
export interface Asking {
  prompts: Prompts;
  by: string;
  clock: Clock;
  /** Once it fires, nothing is asked any more. */
  stop: AbortSignal;
  /** Ctrl-C at a question: stops the run. */
  interrupt: () => void;
}

/**
 * Asks the person at the terminal what `manual.*` steps want to know, one question after the other whatever runs side by
 * side; undefined when the run is stopping.
 */
export function askAtTerminal(asking: Asking): (question: ManualQuestion) => Promise<ManualAnswer | undefined> {
  let line: Promise<unknown> = Promise.resolve();
  return (question) => {
    const answer = line.then(() => askOne(asking, question));
    line = answer.catch(() => undefined);
    return answer;
  };
}

async function askOne(
  { prompts, by, clock, stop, interrupt }: Asking,
  question: ManualQuestion,
): Promise<ManualAnswer | undefined> {
  if (stop.aborted) return undefined;
  const text = question.instructions ? `${question.message}\n${question.instructions}\n` : question.message;
  try {
    const value = await put(prompts, question, text);
    const comment =
      value === false
        ? await prompts.input('Why not? (kept in the journal; Enter leaves it out)', { default: '' })
        : '';
    return { value, by, atMs: clock.nowMs(), ...(comment ? { comment } : {}) };
  } catch (error) {
    if (error instanceof OaopsError && error.code === 'interrupted') interrupt();
    else if (!stop.aborted) throw error;
    // The step stays open: it asks again when the run goes on.
    return undefined;
  }
}

async function put(prompts: Prompts, question: ManualQuestion, text: string): Promise<string | number | boolean> {
  if (question.kind === 'confirm') return prompts.confirm(text, question.vanishes ? { vanishes: true } : {});
  if (question.kind === 'choice')
    return prompts.select(
      text,
      (question.choices ?? []).map((value) => ({ value })),
    );
  const validate = (answer: string): true | string => {
    try {
      checkAnswer(question, answer);
      if (question.kind === 'file' && !statSync(answer, { throwIfNoEntry: false })?.isFile())
        return `${answer} is not a file`;
      return true;
    } catch (error) {
      return messageOf(error);
    }
  };
  return checkAnswer(question, await prompts.input(text, { validate }));
}
