import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';

/** One thing that stands against an opening (exit 4). */
export class Against extends OaopsError {
  constructor(code: string, message: string, next: string) {
    super(code, message, { exitCode: ExitCode.refused, next });
  }
}

/** With the place of the request in front, where it has one. */
export function placed(error: OaopsError, { where }: { where?: string }): OaopsError {
  if (where === undefined) return error;
  const { code, message, exitCode, next, details } = error;
  return new OaopsError(code, `${where}: ${message}`, { exitCode, details, ...(next === undefined ? {} : { next }) });
}

/** @throws OaopsError with everything that stands against it */
export function refuseAll(problems: readonly OaopsError[]): void {
  const [first, ...others] = problems;
  if (!first) return;
  if (others.length === 0) throw first;
  throw new OaopsError(first.code, problems.map(({ message }) => message).join('; '), {
    exitCode: first.exitCode,
    next: first.next ?? 'Correct the request; nothing was planned.',
    details: { problems: problems.map(({ code, message, next }) => ({ code, message, next })) },
  });
}
