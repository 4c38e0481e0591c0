import { OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';

/**
 * Runs work that ends at once when `signal` fires, and says so in words instead of passing on whatever broke.
 * @param what `the restore`
 * @throws OaopsError `stopped` with the exit code of the signal, 130 or 143
 */
export async function stoppable<T>(
  what: string,
  next: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted || error instanceof OaopsError) throw error;
    const exitCode =
      signal.reason === ExitCode.sigterm
        ? ExitCode.sigterm
        : signal.reason === ExitCode.sigint
          ? ExitCode.sigint
          : ExitCode.failed;
    throw new OaopsError('stopped', `${what} was stopped`, { exitCode, next, cause: error });
  }
}
