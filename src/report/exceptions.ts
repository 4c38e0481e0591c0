import type { ComplianceRow } from './compliance.ts';
import type { PeriodResult, PeriodState } from './evaluate.ts';

/** States that an auditor wants explained. */
const exceptional: readonly PeriodState[] = ['missed', 'failed', 'overdue', 'late', 'unknown'];

/** One period that needs an explanation, or several in a row that are all the same. */
export interface Exception extends PeriodResult {
  /** How many periods it stands for; `key` is then `FIRST … LAST`, and `due` that of the last. */
  count: number;
}

/** What needs an explanation, in the order of time: a night without hourly backups is one line. */
export function exceptionsOf({ periods }: Pick<ComplianceRow, 'periods'>): Exception[] {
  const found: (Exception & { first: string })[] = [];
  let before: PeriodResult | undefined;
  for (const result of periods) {
    const { state, done, attempts, key, due } = result;
    const isBare = done === null && attempts.length === 0;
    const last = found.at(-1);
    if (
      before?.state === state &&
      isBare &&
      last?.done === null &&
      last.attempts.length === 0 &&
      last.state === state
    ) {
      last.count += 1;
      last.key = `${last.first} … ${key}`;
      last.due = due;
    } else if (exceptional.includes(state) || done?.findings) found.push({ ...result, first: key, count: 1 });
    before = result;
  }
  return found.map(({ first: _, ...exception }) => exception);
}
