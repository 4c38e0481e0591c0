import { expect, test } from 'vitest';
import { addDecisions, type Decision } from '../../../src/accounts/record/decisions.ts';
import { linesOf } from '../../../src/accounts/review/lines.ts';
import { accountSign } from '../../../src/actions/account/sign.ts';
import { accountContext, itemOf, nowMs } from '../../helpers/account-context.ts';

const items = [
  itemOf(),
  itemOf({ line: 'l2', ref: { key: 'k2', name: 'people/wu', login: 'wu' }, department: '财务部' }),
];
const ids = linesOf(items).map(({ id }) => id);
const decision = (line: string, what: Decision['decision']): Decision => ({
  line,
  decision: what,
  by: 'head',
  at: '2026-11-30T03:00:00.000Z',
  from: 'terminal',
});

test('waits until every line is signed, and says how', async () => {
  const { context, facts } = accountContext({ items });
  await addDecisions(facts, 'r1', [decision(ids[0]!, 'do')]);
  expect(await accountSign.apply({ by: 'person', default: 'do' }, context)).toMatchObject({
    status: 'waiting',
    message: '1 of 2 lines wait for a signature',
    next: 'Sign them with: oaops account review r1',
  });
  expect(await accountSign.apply({ by: 'heads', default: 'keep', withinMs: 1000 }, context)).toMatchObject({
    status: 'waiting',
    message: '1 of 2 lines wait for a signature; departments: 财务部 (no head)',
    wakeAtMs: nowMs + 1000,
  });
});

test('goes on when every line is signed; lines that are kept are not carried out', async () => {
  const { context, facts } = accountContext({ items });
  await addDecisions(facts, 'r1', [decision(ids[0]!, 'do'), decision(ids[1]!, 'keep')]);
  expect(await accountSign.apply({ by: 'person', default: 'do' }, context)).toEqual({
    status: 'ok',
    result: { kept: ['l2'], signed: ['head'] },
  });
});

test('what nobody has signed in time stays as it is', async () => {
  const { context, facts } = accountContext({ items, firstWaitedAtMs: nowMs - 2000 });
  await addDecisions(facts, 'r1', [decision(ids[0]!, 'do')]);
  expect(await accountSign.apply({ by: 'person', default: 'do', withinMs: 1000 }, context)).toMatchObject({
    status: 'incomplete',
    result: { kept: ['l2'] },
    message: 'nobody has signed 1 of 2 lines in time; they stay as they are',
  });
  // Who comes late changes nothing any more.
  await addDecisions(facts, 'r1', [decision(ids[1]!, 'do')]);
  expect(await accountSign.apply({ by: 'person', default: 'do', withinMs: 1000 }, context)).toMatchObject({
    status: 'incomplete',
    result: { kept: ['l2'] },
  });
});
