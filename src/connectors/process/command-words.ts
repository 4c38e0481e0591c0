import { usageError } from '../../core/errors.ts';
import type { ProcessRequest } from '../../engine/ports.ts';
import { exportLines, posixQuote } from './quote.ts';

/** The command as words. `shell: true` is the only way to a shell, and the values stay its parameters. */
export function commandOf(request: ProcessRequest): string[] {
  const [program, ...rest] = request.argv;
  if (program === undefined || program === '') {
    throw usageError('argv-empty', 'there is no program to run', {
      next: 'Give the program as the first word of argv.',
    });
  }
  // Refuses what no process can receive, before anything is started.
  for (const word of [...request.argv, request.cwd ?? '']) posixQuote(word);
  exportLines(request.env ?? {});
  if (request.shell) return ['/bin/sh', '-c', program, 'sh', ...rest];
  if (program.startsWith('-')) {
    throw usageError('argv-invalid', `"${program}" is not a program: it starts with a hyphen`, {
      next: 'Write ./ or a full path before it.',
    });
  }
  return [program, ...rest];
}
