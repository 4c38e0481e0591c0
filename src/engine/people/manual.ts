import { usageError } from '../../core/errors.ts';
import type { ManualQuestion } from '../action.ts';

/**
 * A person's answer as the question wants it: a number for a number, `true`/`false` for yes and no.
 * @throws OaopsError `answer-invalid` (exit 2)
 */
export function checkAnswer(question: ManualQuestion, value: string): string | number | boolean {
  const refuse = (message: string, next?: string) =>
    usageError('answer-invalid', `"${value}" ${message}`, next ? { next } : {});
  switch (question.kind) {
    case 'confirm': {
      if (/^(yes|y|true)$/i.test(value)) return true;
      if (/^(no|n|false)$/i.test(value)) return false;
      throw refuse('is neither yes nor no', 'Answer yes or no.');
    }
    case 'number': {
      const number = Number(value);
      if (value.trim() === '' || !Number.isFinite(number)) throw refuse('is not a number');
      if (question.min !== undefined && number < question.min) throw refuse(`is less than ${question.min}`);
      if (question.max !== undefined && number > question.max) throw refuse(`is more than ${question.max}`);
      return number;
    }
    case 'choice':
      if (!question.choices?.includes(value))
        throw refuse('is not one of the choices', `Choose one of: ${question.choices?.join(', ')}.`);
      return value;
    case 'text':
      if (value.trim() === '') throw refuse('is empty');
      if (question.min !== undefined && [...value].length < question.min)
        throw refuse(`has fewer than ${question.min} characters`);
      if (question.max !== undefined && [...value].length > question.max)
        throw refuse(`has more than ${question.max} characters`);
      if (question.pattern !== undefined && !new RegExp(`^(?:${question.pattern})$`, 'u').test(value))
        throw refuse(`does not match ${question.pattern}`);
      return value;
    case 'file':
      if (value === '')
        throw usageError('answer-invalid', 'a file is asked for', { next: 'Give it with --file FILE.' });
      return value;
  }
}
