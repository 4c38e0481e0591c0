import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';

/** One thing that stands against an opening (exit 4). */
export class Against extends OaopsError {
  constructor(code: string, message: string, next: string) {
    super(code, message, { exitCode: ExitCode.refused, next });
  }
}
