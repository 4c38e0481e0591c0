import { OaopsError, type OaopsErrorOptions, type Position } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';

/** A source that answered, and is not believed: exit 4. */
export function disbelief(
  code: string,
  message: string,
  options: Omit<OaopsErrorOptions, 'exitCode'> = {},
): OaopsError {
  return new OaopsError(code, message, { ...options, exitCode: ExitCode.refused });
}

/** Where a fact stands: a line of a file, or what is told of a row or an entry. */
export interface Place {
  where: string;
  position?: Position;
}

/** An error about one fact: with its position in a file, else with its place behind the message. */
export function disbeliefAt({ where, position }: Place, code: string, message: string, next: string): OaopsError {
  return position ? disbelief(code, message, { next, position }) : disbelief(code, `${message} (${where})`, { next });
}

/** An error of a reader of files about what stands in a file: the data is not believed. */
export function disbelieved<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OaopsError) || error.exitCode !== ExitCode.usage) throw error;
    throw disbelief(error.code, error.message, {
      cause: error,
      ...(error.next !== undefined && { next: error.next }),
      ...(error.position && { position: error.position }),
    });
  }
}

const shown = 20;

/** Lines of one kind, so many that a person reads them. */
export function firstOf(lines: readonly string[], total = lines.length): string[] {
  const first = lines.slice(0, shown);
  return total > first.length ? [...first, `${total - first.length} more like these`] : first;
}
