import type { AccountSpec, Operation } from '../schema/spec.ts';

const dayMs = 24 * 3_600_000;

/** Something in `spec` that its operation does not do, or would not do as it looks; `path` starts at `spec`. */
export interface OperationProblem {
  rule: 'account-operation' | 'account-figure';
  /** Default: error. */
  severity?: 'warning';
  path: (string | number)[];
  message: string;
  next: string;
}

/** Keys that only some operations read. Elsewhere they would look like a limit that holds. */
const readBy: readonly (readonly [key: keyof AccountSpec, operations: readonly Operation[]])[] = [
  ['cleanup', ['cleanup']],
  ['review', ['review']],
  ['person', ['open', 'change', 'revoke']],
  ['request', ['open']],
  ['login', ['open']],
  ['until', ['open']],
  ['reason', ['revoke']],
];

/** Keys of other operations, and rules of a cleanup with which nothing is done, or too early. */
export function operationProblems(spec: AccountSpec): OperationProblem[] {
  const problems: OperationProblem[] = [];
  for (const [key, operations] of readBy)
    if (spec[key] !== undefined && !operations.includes(spec.operation))
      problems.push({
        rule: 'account-operation',
        path: [key],
        message: `"${spec.operation}" does not read "${key}": it would change nothing`,
        next: `Take it out; it is a key of ${operations.join(', ')}.`,
      });
  if (spec.operation === 'cleanup') problems.push(...cleanupProblems(spec));
  if (spec.review?.answerWithin === 0)
    problems.push(none(['review', 'answerWithin'], '"answerWithin" of no time leaves nobody the time to answer'));
  return problems;
}

function cleanupProblems({ cleanup, findings }: AccountSpec): OperationProblem[] {
  if (!cleanup) return [];
  const problems: OperationProblem[] = [];
  const { rules } = cleanup;
  if (rules.length === 0)
    problems.push({
      rule: 'account-figure',
      path: ['cleanup', 'rules'],
      message: 'without a rule nothing is done about any finding',
      next: 'Write one such as {finding: leaver, do: [disable, strip, hold]}.',
    });
  if (cleanup.planMaxAge === 0)
    problems.push(none(['cleanup', 'planMaxAge'], '"planMaxAge" of no time is over before anybody has signed'));
  for (const [index, rule] of rules.entries()) {
    const path = ['cleanup', 'rules', index];
    if (rule.deleteAfter !== undefined && rule.deleteAfter < dayMs)
      problems.push({
        rule: 'account-figure',
        path: [...path, 'deleteAfter'],
        message: 'a hold of less than a day leaves nobody the time to object',
        next: 'Write at least 1d, such as 30d.',
      });
    const others = rules.slice(0, index).filter((other) => other.finding === rule.finding);
    const isTwice = (other: typeof rule) =>
      other.do.some((stage) => rule.do.includes(stage)) ||
      (other.deleteAfter !== undefined && rule.deleteAfter !== undefined);
    if (others.some(isTwice))
      problems.push({
        rule: 'account-figure',
        severity: 'warning',
        path: [...path, 'finding'],
        message: `a rule before is about "${rule.finding}" too: what either asks for is done, and the longer "deleteAfter" holds`,
        next: 'Write one rule, or rules that ask for different things.',
      });
    const disables = rules.some((other) => other.finding === rule.finding && other.do.includes('disable'));
    if (rule.do.includes('hold') && !disables)
      problems.push({
        rule: 'account-figure',
        path: [...path, 'do'],
        message: 'an account would be held that is not disabled',
        next: 'Write "disable" before "hold".',
      });
    if (findings && !findings.includes(rule.finding))
      problems.push({
        rule: 'account-figure',
        path: [...path, 'finding'],
        message: `"findings" leaves out "${rule.finding}", so that nothing is ever done about it`,
        next: 'Add it to "findings", or take the rule out.',
      });
  }
  return problems;
}

function none(path: (string | number)[], message: string): OperationProblem {
  return { rule: 'account-figure', path, message, next: 'Write a duration such as 7d.' };
}
