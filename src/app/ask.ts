import { statSync } from 'node:fs';
import type { Prompts } from '../cli/prompts.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import type { ManualAnswer, ManualQuestion } from '../engine/action.ts';
import { checkAnswer } from '../engine/manual.ts';

/** Asks the person at the terminal what a `manual.*` step wants to know; undefined when the question was interrupted. */
export function askAtTerminal(
  prompts: Prompts,
  by: string,
  clock: Clock,
): (question: ManualQuestion) => Promise<ManualAnswer | undefined> {
  return async (question) => {
    const text = question.instructions ? `${question.message}\n${question.instructions}\n` : question.message;
    try {
      const value = await put(prompts, question, text);
      const comment = value === false ? await prompts.input('Why not?', { default: '' }) : '';
      return { value, by, atMs: clock.nowMs(), ...(comment ? { comment } : {}) };
    } catch (error) {
      // Ctrl-C, or the run is stopping: the step stays open and can be answered later.
      if (error instanceof OaopsError && error.code !== 'interrupted') throw error;
      return undefined;
    }
  };
}

async function put(prompts: Prompts, question: ManualQuestion, text: string): Promise<string | number | boolean> {
  if (question.kind === 'confirm') return prompts.confirm(text);
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
