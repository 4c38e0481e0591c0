import type { KindDefinition, Report } from '../runbook/types.ts';
import { companyProblems } from './company/company.ts';
import { operationProblems } from './company/operation.ts';
import { conclusionOutputs, expandAccounts, ownStepIds } from './expand.ts';
import { type AccountSpec, accountSpecSchema } from './schema/spec.ts';

/** Accounts against people: audit, cleanup, review of rights, opening, change, revocation, password policy (AC-01 to AC-07). */
export const accountKind: KindDefinition = {
  kind: 'AccountReview',
  title: { en: 'Account review', 'zh-CN': '账号管理' },
  specSchema: accountSpecSchema,
  stepPaths: [['spec', 'finally']],
  ownSteps: [{ id: 'conclude', outputs: conclusionOutputs, readIn: ['finally'] }],
  // Everything is read before any step has begun.
  valueRoots: ['inputs', 'run'],
  expand: (spec) => expandAccounts(spec as AccountSpec),
  rules: (spec, report) => checkAccounts(spec as AccountSpec, report),
  template: 'account-review.yaml',
};

function checkAccounts(spec: AccountSpec, report: Report): void {
  for (const { rule = 'account-id', path, ...problem } of companyProblems(spec))
    report({ rule, ...problem, path: ['spec', ...path] });
  for (const { path, ...problem } of operationProblems(spec)) report({ ...problem, path: ['spec', ...path] });
  const directories = spec.directories?.map(({ id }) => id);
  for (const [index, id] of (spec.only ?? []).entries())
    if (directories && !directories.includes(id))
      report({
        rule: 'account-id',
        message: `there is no directory "${id}"`,
        next: `Write one of: ${directories.join(', ')}.`,
        path: ['spec', 'only', index],
      });
  const forPerson = ['open', 'change', 'revoke'].includes(spec.operation);
  if (forPerson && spec.person === undefined && (spec.operation !== 'open' || spec.request === undefined))
    report({
      rule: 'account-person',
      message: `"${spec.operation}" is about a person, and none is named`,
      next: 'Write "person: ${{ inputs.person }}" and declare the input.',
      path: ['spec', 'operation'],
    });
  if (spec.operation === 'cleanup' && spec.cleanup === undefined)
    report({
      rule: 'account-cleanup',
      severity: 'warning',
      message: 'the runbook does not say what is done about which finding; leavers are disabled and held',
      next: 'Write "cleanup: {rules: [{finding: leaver}]}" if that is meant.',
      path: ['spec', 'operation'],
    });
  for (const [index, { id }] of (spec.finally ?? []).entries())
    if (ownStepIds.test(id))
      report({
        rule: 'account-step-id',
        message: `the id "${id}" is one that an account review gives to its own steps`,
        next: 'Choose another id.',
        path: ['spec', 'finally', index, 'id'],
      });
}
