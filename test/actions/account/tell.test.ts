import { expect, test } from 'vitest';
import { addEntryFact } from '../../../src/accounts/record.ts';
import { accountTell } from '../../../src/actions/account/tell.ts';
import { accountContext, companyOf, itemOf } from '../../helpers/account-context.ts';
import { memoryFacts } from '../../helpers/probe.ts';

const at = '2026-11-30T04:00:00.000Z';
const company = companyOf({ notice: { channel: 'mail', to: ['head', 'owner'] } });
const items = [
  itemOf({ mails: { head: 'LI@oa.example', owner: 'li@oa.example' } }),
  itemOf({ line: 'l2', ref: { key: 'k2', name: 'people/wu', login: 'wu' }, mails: { head: 'chen@oa.example' } }),
  itemOf({ line: 'l3', ref: { key: 'k3', name: 'people/xu', login: 'xu' }, mails: { head: 'xu@oa.example' } }),
];

/** The first two were disabled, the third was not. */
async function changedFacts() {
  const facts = memoryFacts();
  for (const key of ['k1', 'k2']) {
    await addEntryFact(facts, 'r1', `mem|${key}`, at, { image: {}, name: key });
    await addEntryFact(facts, 'r1', `mem|${key}`, at, {
      end: { do: 'disable' },
      mark: {},
      done: ['disabled'],
      left: [],
    });
  }
  return facts;
}

test('each person concerned is told once, whoever was not changed is not told', async () => {
  const facts = await changedFacts();
  const { context, sent } = accountContext({ items, company, facts });
  expect(await accountTell.apply({}, context)).toEqual({
    status: 'ok',
    result: { told: ['li@oa.example', 'chen@oa.example'], failed: [] },
  });
  expect(sent.map(({ to }) => to)).toEqual([['li@oa.example'], ['chen@oa.example']]);
  expect(sent[0]!.text).toContain('zhang (mem)');
  // As after a crash: nobody is told twice.
  expect(await accountTell.apply({}, context)).toEqual({ status: 'ok', result: { told: [], failed: [] } });
  expect(sent).toHaveLength(2);
});

test('a notice that does not arrive is told, and the others go on', async () => {
  const { context } = accountContext({
    items,
    company,
    facts: await changedFacts(),
    send: ({ to }) =>
      to?.[0] === 'li@oa.example' ? { status: 'failed', message: 'mailbox is full' } : { status: 'sent' },
  });
  expect(await accountTell.apply({}, context)).toMatchObject({
    status: 'incomplete',
    result: { told: ['chen@oa.example'] },
    message: 'not told: li@oa.example: mailbox is full',
  });
});

test('an address that the server refuses was not told', async () => {
  const { context } = accountContext({
    items,
    company,
    facts: await changedFacts(),
    send: ({ to }) => ({ status: 'sent', rejected: to!.filter((address) => address.startsWith('chen')) }),
  });
  expect(await accountTell.apply({}, context)).toMatchObject({
    status: 'incomplete',
    message: 'not told: chen@oa.example: refused',
  });
});

test('without a channel nobody is told, and a run that is to stop begins no notice', async () => {
  const silent = accountContext({ items, facts: await changedFacts() });
  expect(await accountTell.apply({}, silent.context)).toMatchObject({ status: 'ok' });
  expect(silent.sent).toEqual([]);
  const stopped = accountContext({ items, company, facts: await changedFacts(), stopping: AbortSignal.abort() });
  expect(await accountTell.apply({}, stopped.context)).toMatchObject({ status: 'stopped' });
  expect(stopped.sent).toEqual([]);
});
