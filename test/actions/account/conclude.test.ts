import { expect, test } from 'vitest';
import { addRefusal } from '../../../src/accounts/record/entries.ts';
import { accountAudit } from '../../../src/actions/account/audit.ts';
import { accountChange } from '../../../src/actions/account/change.ts';
import { accountConclude } from '../../../src/actions/account/conclude.ts';
import { accountPrepare } from '../../../src/actions/account/prepare.ts';
import { accountContext, companyOf, itemOf, zhang } from '../../helpers/account-context.ts';
import { MemoryDirectory } from '../../helpers/memory-directory.ts';

async function done() {
  const directory = new MemoryDirectory();
  directory.entries.set('k1', structuredClone(zhang));
  const items = [itemOf(), itemOf({ line: 'l2', ref: { key: 'k2', name: 'people/wu', login: 'wu' } })];
  const made = accountContext({ items, directory });
  await accountAudit.apply({ company: companyOf(), strict: true, spared: [] }, made.context);
  await accountChange.apply({ item: items[0] } as never, made.context);
  await addRefusal(made.facts, 'r1', 'mem|k2', '2026-11-30T04:00:00.000Z', 'it is gone');
  return made;
}

test('says what was found, what was changed and what was left', async () => {
  const { context } = await done();
  expect(await accountConclude.apply({ operation: 'cleanup', failOn: [] }, context)).toEqual({
    status: 'ok',
    result: {
      summary: '1 findings, 1 of 2 accounts changed, 1 left as they are or done in part',
      lines: ['zhang (mem): disable zhang; strip zhang', 'wu (mem): left as it is: it is gone'],
      found: 1,
      changed: 1,
      left: 1,
      counts: { leaver: 1 },
      kept: 0,
      refused: false,
      weak: 0,
    },
  });
});

test('fails on the findings that the runbook names, with the whole result', async () => {
  const { context } = await done();
  expect(await accountConclude.apply({ operation: 'cleanup', failOn: ['orphan', 'leaver'] }, context)).toMatchObject({
    status: 'failed',
    code: 'account-findings',
    message: 'found: leaver: 1',
    result: { found: 1, changed: 1 },
  });
  expect(await accountConclude.apply({ operation: 'cleanup', failOn: ['orphan'] }, context)).toMatchObject({
    status: 'ok',
  });
});

test('what planning has left alone makes the run incomplete', async () => {
  const { context } = accountContext();
  const nothing = { company: {}, spared: [], notes: ['sales gets the right crm'] };
  expect(await accountPrepare.apply(nothing, context)).toMatchObject({ status: 'ok' });
  expect(await accountPrepare.apply({ ...nothing, spared: ['boss (mem): protected: vip'] }, context)).toMatchObject({
    status: 'incomplete',
    message: 'left alone: boss (mem): protected: vip',
  });
});
