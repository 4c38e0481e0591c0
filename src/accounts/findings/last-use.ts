import type { LastUse } from '../model.ts';

/** Clocks of directories may go so far ahead. */
const aheadMs = 86_400_000;

/** Of a time that is to come: a clock was wrong, and when the account was used nobody knows. */
export function isToCome(lastUse: LastUse, nowMs: number): boolean {
  return 'at' in lastUse && lastUse.at > nowMs + aheadMs;
}
