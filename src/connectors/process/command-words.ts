import { usageError } from '../../core/errors.ts';
import type { ProcessRequest } from '../../engine/ports.ts';
import { posixQuote } from './quote.ts';

/** The command as words. `shell: true` is the only way to a shell, and the values stay its parameters. */
export function commandOf(request: ProcessRequest): string[] {
  const [program, ...rest] = request.argv;
  if (program === undefined || program === '') {
    throw usageError('argv-empty', 'there is no program to run', {
      next: 'Give the program as the first word of argv.',
    });
  }
  if (request.shell) return ['/bin/sh', '-c', program, 'sh', ...rest];
  if (program.startsWith('-')) {
    throw usageError('argv-invalid', `"${program}" is not a program: it starts with a hyphen`, {
      next: 'Write ./ or a full path before it.',
    });
  }
  // Refuses what no process can receive, before anything is started.
  for (const word of request.argv) posixQuote(word);
  return [program, ...rest];
}
