import { isDeepStrictEqual } from 'node:util';
import { asNotBegun, OaopsError } from '../../../core/errors.ts';
import { ExitCode } from '../../../core/exit-codes.ts';
import type { EntryRef } from '../../directory.ts';
import { differing } from './state.ts';
import type { Entry } from './tables.ts';

/** The entry that was looked at or changed last: what a change of it was decided by. */
export class Seen {
  #key: string | undefined;
  #entry: Entry | undefined;

  note(key: string, entry: Entry): void {
    this.#key = key;
    this.#entry = entry;
  }

  forget(): void {
    this.#key = undefined;
    this.#entry = undefined;
  }

  of(key: string): Entry | undefined {
    return key === this.#key ? this.#entry : undefined;
  }
}

/** @throws OaopsError `account-changed` (exit 4) when somebody has changed an entry since it was read */
export function assertSame(entry: EntryRef, before: Entry, now: Entry): void {
  const what = whatDiffers(before, now);
  if (what === undefined) return;
  const message = `${entry.name} was changed by somebody else just now: ${what}`;
  throw asNotBegun(
    new OaopsError('account-changed', message, { exitCode: ExitCode.refused, next: 'Make a new plan.' }),
  );
}

function whatDiffers(before: Entry, now: Entry): string | undefined {
  if (isDeepStrictEqual(before, now)) return undefined;
  const columns = differing(before.row, now.row);
  if (columns.length > 0) return columns.map((column) => `"${column}"`).join(', ');
  if (!isDeepStrictEqual(before.rights, now.rights)) return 'its rights';
  if (
    (before.row === undefined) !== (now.row === undefined) ||
    (before.account === undefined) !== (now.account === undefined)
  )
    return now.account === undefined ? 'it is gone' : 'it is there again';
  return 'what the query "accounts" gives of it';
}
