import { expect, test } from 'vitest';
import type { Change, Changed, EntryRef, Image } from '../../../src/accounts/directory.ts';
import { entryOf, refusalsOf } from '../../../src/accounts/record/entries.ts';
import { accountChange, accountDelete } from '../../../src/actions/account/change.ts';
import { accountRestore } from '../../../src/actions/account/restore.ts';
import { accountContext, itemOf, zhang } from '../../helpers/account-context.ts';
import { MemoryDirectory } from '../../helpers/memory-directory.ts';

class Partly extends MemoryDirectory {
  override async change(ref: EntryRef, change: Change, image: Image): Promise<Changed> {
    const changed = await super.change(ref, change, image);
    return change.do === 'strip' ? { ...changed, left: ['zhang is the only member of b'] } : changed;
  }
}

function stage(directory = new MemoryDirectory(), stopping?: AbortSignal) {
  directory.entries.set('k1', structuredClone(zhang));
  const item = itemOf();
  const made = accountContext({ items: [item], directory, ...(stopping ? { stopping } : {}) });
  return { ...made, directory, args: { item } as never };
}

test('changes the entry, and tells where it is now', async () => {
  const { context, args, directory } = stage();
  expect(await accountChange.apply(args, context)).toEqual({
    status: 'ok',
    result: { done: ['disable zhang', 'strip zhang'], left: [], name: 'people/zhang' },
  });
  expect(directory.entries.get('k1')).toMatchObject({ enabled: false, rights: [] });
});

test('an entry that is not what it was is left as it is, with the reason in the record', async () => {
  const { context, args, directory, facts } = stage();
  directory.entries.get('k1')!.lastUseAt = 2000;
  expect(await accountChange.apply(args, context)).toMatchObject({
    status: 'incomplete',
    result: { done: [] },
    message: expect.stringMatching(/^zhang \(mem\) was left as it is: somebody logged in with it since/),
  });
  expect(directory.calls).toBe(0);
  expect((await refusalsOf(facts, 'r1')).get('mem|k1')).toMatch(/logged in/);
});

test('what could be done in part only is incomplete', async () => {
  const { context, args } = stage(new Partly());
  expect(await accountChange.apply(args, context)).toMatchObject({
    status: 'incomplete',
    result: { done: ['disable zhang', 'strip zhang'], left: ['zhang is the only member of b'] },
    message: 'zhang (mem): zhang is the only member of b',
  });
});

test('nothing is begun when the run is to stop', async () => {
  const { context, args, directory } = stage(new MemoryDirectory(), AbortSignal.abort());
  expect(await accountChange.apply(args, context)).toMatchObject({ status: 'stopped' });
  expect(directory.calls).toBe(0);
});

test('the plan says what would be done, where and why; deletion is destructive', () => {
  expect(accountChange.describe({ item: itemOf() } as never)).toBe(
    'disable it; take all rights away; it is at people/zhang; left on 2026-10-31',
  );
  const changes = [
    { do: 'strip', rights: ['a', 'b'] },
    { do: 'update', attributes: { department: 'IT' } },
    { do: 'grant', rights: ['c'] },
  ] as Change[];
  const there = { key: 'k1', name: 'zhang', login: 'zhang' };
  expect(accountChange.describe({ item: itemOf({ changes, ref: there, evidence: [] }) } as never)).toBe(
    'take rights away: a, b; set department to IT; give rights: c',
  );
  expect([accountChange.effect, accountDelete.effect]).toEqual(['write', 'destructive']);
});

test('a restore puts back what a run has changed, once', async () => {
  const { context, args, directory, facts } = stage();
  await accountChange.apply(args, context);
  expect(await accountRestore.apply(args, context)).toMatchObject({ status: 'ok', result: { conflicts: [] } });
  expect(directory.entries.get('k1')).toEqual(zhang);
  expect(await entryOf(facts, 'r1', 'mem|k1')).toMatchObject({ restored: { by: 'r1', conflicts: [] } });
});

test('a restore leaves what somebody else has changed since, and tells it', async () => {
  const { context, args, directory } = stage();
  await accountChange.apply(args, context);
  directory.entries.get('k1')!.place = 'elsewhere';
  expect(await accountRestore.apply(args, context)).toMatchObject({
    status: 'incomplete',
    message: 'zhang (mem) was restored but for: somebody has moved it',
  });
  expect(directory.entries.get('k1')).toMatchObject({ place: 'elsewhere', enabled: false });
});

test('a restore of an entry that the run did not come to does nothing', async () => {
  const { context, args, directory } = stage();
  expect(await accountRestore.apply(args, context)).toEqual({ status: 'ok', result: { done: [], conflicts: [] } });
  expect(directory.entries.get('k1')).toEqual(zhang);
});
