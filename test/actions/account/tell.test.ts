import { expect, test } from 'vitest';
import { addEntryFact } from '../../../src/accounts/record/entries.ts';
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

test('a notice whose sending was cut off is sent once more, which says so, and not a third time', async () => {
  const facts = await changedFacts();
  const cutOff = () => {
    throw new Error('killed');
  };
  const dies = accountContext({ items: items.slice(1), company, facts, send: cutOff });
  await expect(accountTell.apply({}, dies.context)).rejects.toThrow('killed');
  const again = accountContext({ items, company, facts });
  expect(await accountTell.apply({}, again.context)).toMatchObject({
    result: { told: ['li@oa.example', 'chen@oa.example'], failed: [] },
  });
  expect(again.sent[0]!.text).not.toContain('before');
  expect(again.sent[1]!.text).toMatch(/^You may have got this before/);
  expect(await accountTell.apply({}, again.context)).toMatchObject({ result: { told: [], failed: [] } });

  const twice = await changedFacts();
  for (const _ of [1, 2]) {
    const { context } = accountContext({ items: items.slice(1), company, facts: twice, send: cutOff });
    await expect(accountTell.apply({}, context)).rejects.toThrow('killed');
  }
  const last = accountContext({ items: items.slice(1), company, facts: twice });
  expect(await accountTell.apply({}, last.context)).toMatchObject({
    status: 'incomplete',
    message: 'not told: chen@oa.example: cut off twice while it was sent',
  });
  expect(last.sent).toEqual([]);
});

test('done again it tells what did not arrive, and what was done since, and nothing else', async () => {
  const facts = await changedFacts();
  const down = accountContext({ items, company, facts, send: () => ({ status: 'failed', message: 'down' }) });
  expect(await accountTell.apply({}, down.context)).toMatchObject({ status: 'incomplete', result: { told: [] } });
  const up = accountContext({ items, company, facts });
  expect(await accountTell.apply({}, up.context)).toMatchObject({
    status: 'ok',
    result: { told: ['li@oa.example', 'chen@oa.example'] },
  });
  await addEntryFact(facts, 'r1', 'mem|k3', at, { image: {}, name: 'k3' });
  await addEntryFact(facts, 'r1', 'mem|k3', at, { end: { do: 'disable' }, mark: {}, done: ['disabled'], left: [] });
  expect(await accountTell.apply({}, up.context)).toMatchObject({ result: { told: ['xu@oa.example'] } });
  expect(up.sent.map(({ text }) => text.includes('before'))).toEqual([false, false, false]);
});
