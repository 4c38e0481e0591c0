import { describe, expect, it } from 'vitest';
import { changeEntry, type EntryItem, restoreEntry } from '../../../src/accounts/entry/entry.ts';
import { seenOf, whatChanged, whoseChanged } from '../../../src/accounts/plan/seen.ts';
import { entryOf } from '../../../src/accounts/record/entries.ts';
import { heldAccounts } from '../../../src/accounts/record/held.ts';
import { asNotBegun, OaopsError } from '../../../src/core/errors.ts';
import type { FactStore } from '../../../src/record/types.ts';
import { accountOf, Died, MemoryDirectory, type MemoryEntry } from '../../helpers/memory-directory.ts';
import { memoryFacts } from '../../helpers/probe.ts';

const before: MemoryEntry = { login: 'zhang', enabled: true, rights: ['a', 'b'], place: 'people', lastUseAt: 1000 };

function stage() {
  const directory = new MemoryDirectory();
  directory.entries.set('k1', structuredClone(before));
  const item: EntryItem = {
    line: 'l1',
    directory: 'mem',
    ref: { key: 'k1', name: 'people/zhang', login: 'zhang' },
    changes: [{ do: 'disable' }, { do: 'strip' }, { do: 'hold' }],
    seen: seenOf(accountOf('k1', before)),
    findings: ['leaver'],
    evidence: ['left on 2026-10-31'],
  };
  return { directory, item, facts: memoryFacts() };
}

function work(facts: FactStore) {
  const { signal } = new AbortController();
  return { facts, run: 'r1', nowMs: () => 1_700_000_000_000, signal, stopping: signal };
}

describe('changeEntry', () => {
  it('makes the changes in their order and keeps the old values first', async () => {
    const { directory, item, facts } = stage();
    const end = await changeEntry(directory, item, work(facts));
    expect(end).toMatchObject({ status: 'done', name: 'hold/zhang', left: [] });
    expect(directory.entries.get('k1')).toMatchObject({ enabled: false, rights: [], place: 'hold' });
    const history = await entryOf(facts, 'r1', 'mem|k1');
    expect(history?.image).toEqual(before);
    expect(history?.marks.map(({ change }) => change.do)).toEqual(['disable', 'strip', 'hold']);
    expect(await heldAccounts(facts)).toMatchObject([
      { login: 'zhang', state: 'held', run: 'r1', findings: ['leaver'] },
    ]);
  });

  const refusals: [string, Partial<MemoryEntry>, RegExp][] = [
    ['was used since the plan', { lastUseAt: 2000 }, /logged in/],
    ['was disabled by somebody else', { enabled: false }, /state/],
    ['got other rights', { rights: ['a', 'b', 'c'] }, /rights/],
    ['is of somebody else', { employee: 'E9' }, /employee number/],
    ['was moved to the hold area', { place: 'hold' }, /place/],
  ];
  it.each(refusals)('leaves an account alone that %s', async (_what, changed, reason) => {
    const { directory, item, facts } = stage();
    Object.assign(directory.entries.get('k1')!, changed);
    const now = structuredClone(directory.entries.get('k1'));
    const end = await changeEntry(directory, item, work(facts));
    expect(end).toMatchObject({ status: 'refused', reason: expect.stringMatching(reason) });
    expect(directory.entries.get('k1')).toEqual(now);
    expect(directory.calls).toBe(0);
  });

  it('leaves an account alone of which another of several values was changed, in whatever order they come', async () => {
    const one = (login: string, mails: string[]) => ({
      ...accountOf('k1', { ...before, login }),
      also: { login: ['zs', 'zhang'].filter((each) => each !== login), mail: mails },
    });
    const seen = seenOf(one('zhang', ['a@oa.cn', 'b@oa.cn']));
    expect(whatChanged(seen, one('zs', ['b@oa.cn', 'a@oa.cn']))).toBeUndefined();
    expect(whoseChanged(seen, one('zhang', ['a@oa.cn', 'c@oa.cn']))).toMatch(/^its mail was changed/);
    expect(whoseChanged(seen, accountOf('k1', before))).toMatch(/^its login was changed .*\(zhang, zs -> zhang\)$/);
  });

  it('leaves an account alone that is gone', async () => {
    const { directory, item, facts } = stage();
    directory.entries.clear();
    expect(await changeEntry(directory, item, work(facts))).toEqual({ status: 'refused', reason: 'it is gone' });
  });

  it('stops before the next change when the run is stopped, and goes on later', async () => {
    const { directory, item, facts } = stage();
    const stop = AbortSignal.abort();
    expect(await changeEntry(directory, item, { ...work(facts), stopping: stop })).toEqual({ status: 'stopped' });
    expect(directory.calls).toBe(0);
    expect(await changeEntry(directory, item, work(facts))).toMatchObject({ status: 'done' });
  });

  it('looks again when the run goes on later, and keeps the values of then', async () => {
    const { directory, item, facts } = stage();
    await changeEntry(directory, item, { ...work(facts), stopping: AbortSignal.abort() });
    const entry = directory.entries.get('k1')!;
    entry.lastUseAt = 2000;
    expect(await changeEntry(directory, item, work(facts))).toMatchObject({
      reason: expect.stringMatching(/logged in/),
    });
    expect(directory.calls).toBe(0);
    entry.lastUseAt = 1000;
    entry.password = 'changed meanwhile';
    expect(await changeEntry(directory, item, work(facts))).toMatchObject({ status: 'done' });
    expect((await entryOf(facts, 'r1', 'mem|k1'))?.image).toMatchObject({ password: 'changed meanwhile' });
  });

  it.each([
    [{ dieAt: 1 }, { lastUseAt: 2000 }, /logged in/],
    [{ dieAt: 1 }, { employee: 'E9' }, /employee number/],
    [{ dieAt: 2 }, { enabled: true }, /somebody has enabled it/],
    [{ dieAt: 3 }, { enabled: true }, /somebody has enabled it/],
  ])(
    'goes no further (cut off at %o) with an entry that somebody has touched since: %o',
    async (death, edit, reason) => {
      const { directory, item, facts } = stage();
      Object.assign(directory, death);
      await expect(changeEntry(directory, item, work(facts))).rejects.toThrow(Died);
      Object.assign(directory, { dieAt: undefined });
      const now = Object.assign(directory.entries.get('k1')!, edit);
      const left = structuredClone(now);
      expect(await changeEntry(directory, item, work(facts))).toMatchObject({
        status: 'refused',
        reason: expect.stringMatching(reason),
      });
      expect(directory.entries.get('k1')).toEqual(left);
      expect(await heldAccounts(facts)).toEqual([]);
    },
  );

  const changedByOthers = () =>
    asNotBegun(
      new OaopsError('account-changed', 'zhang was changed by somebody else just now: "dept"', { exitCode: 4 }),
    );
  const failingAt = (directory: MemoryDirectory, call: number, error: () => Error) => {
    const change = directory.change.bind(directory);
    directory.change = async (...args) => {
      if (directory.calls + 1 === call) throw error();
      return change(...args);
    };
  };

  it('leaves an account alone that somebody changes between look and change', async () => {
    const { directory, item, facts } = stage();
    failingAt(directory, 1, changedByOthers);
    expect(await changeEntry(directory, item, work(facts))).toEqual({
      status: 'refused',
      reason: 'zhang was changed by somebody else just now: "dept"',
    });
    expect(directory.entries.get('k1')).toEqual(before);
    expect(await heldAccounts(facts)).toEqual([]);
  });

  it('goes no further when somebody changes it between two changes, and tells it', async () => {
    const { directory, item, facts } = stage();
    failingAt(directory, 2, changedByOthers);
    expect(await changeEntry(directory, item, work(facts))).toMatchObject({
      status: 'done',
      done: ['disable zhang'],
      left: ['zhang was changed by somebody else just now: "dept"'],
    });
    expect(await heldAccounts(facts)).toMatchObject([{ login: 'zhang', state: 'held' }]);
    await restoreEntry(directory, item, { ...work(facts), ofRun: 'r1', by: 'r2' });
    expect(directory.entries.get('k1')).toEqual(before);
  });

  it('does not take what others do later for a change that failed without a trace', async () => {
    const { directory, item, facts } = stage();
    failingAt(directory, 1, () => asNotBegun(new OaopsError('statement-failed', 'permission denied')));
    await expect(changeEntry(directory, item, work(facts))).rejects.toThrow('permission denied');
    directory.entries.get('k1')!.enabled = false;
    expect(await restoreEntry(directory, item, { ...work(facts), ofRun: 'r1', by: 'r2' })).toBeUndefined();
    expect(directory.entries.get('k1')!.enabled).toBe(false);
  });

  it('keeps what was cut off before in mind when it fails without a trace the second time', async () => {
    const { directory, item, facts } = stage();
    directory.dieAfter = 1;
    await expect(changeEntry(directory, item, work(facts))).rejects.toThrow(Died);
    failingAt(directory, 2, () => asNotBegun(new OaopsError('statement-failed', 'permission denied')));
    await expect(changeEntry(directory, item, work(facts))).rejects.toThrow('permission denied');
    await restoreEntry(directory, item, { ...work(facts), ofRun: 'r1', by: 'r2' });
    expect(directory.entries.get('k1')).toEqual(before);
  });

  // The process may die before or after each change, and at each write to the record.
  const deaths = [1, 2, 3].flatMap((n) => [{ dieAt: n }, { dieAfter: n }]);
  it.each(deaths)('comes to the same end when it is cut off (%o), and is taken back whole', async (death) => {
    const { directory, item, facts } = stage();
    Object.assign(directory, death);
    await expect(changeEntry(directory, item, work(facts))).rejects.toThrow(Died);
    Object.assign(directory, { dieAt: undefined, dieAfter: undefined });
    const end = await changeEntry(directory, item, work(facts));
    expect(end).toMatchObject({ status: 'done' });
    expect(directory.entries.get('k1')).toMatchObject({ enabled: false, rights: [], place: 'hold' });
    await restoreEntry(directory, item, { ...work(facts), ofRun: 'r1', by: 'r2' });
    expect(directory.entries.get('k1')).toEqual(before);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('comes to the same end when the record dies at write %i', async (write) => {
    const { directory, item, facts } = stage();
    let writes = 0;
    const dying: FactStore = {
      ...facts,
      list: (...args) => facts.list(...args),
      addOnce: (...args) => facts.addOnce(...args),
      async add(...args) {
        if (++writes === write) throw new Died();
        await facts.add(...args);
      },
    };
    await expect(changeEntry(directory, item, work(dying))).rejects.toThrow(Died);
    const imaged = await entryOf(facts, 'r1', 'mem|k1');
    // Nothing is changed before the old values are in the record.
    if (!imaged) expect(directory.calls).toBe(0);
    expect(await changeEntry(directory, item, work(facts))).toMatchObject({ status: 'done' });
    expect((await entryOf(facts, 'r1', 'mem|k1'))?.image).toEqual(before);
    expect(directory.entries.get('k1')).toMatchObject({ enabled: false, rights: [], place: 'hold' });
  });
});

describe('restoreEntry', () => {
  it('does nothing for an entry that the run did not come to', async () => {
    const { directory, item, facts } = stage();
    expect(await restoreEntry(directory, item, { ...work(facts), ofRun: 'r1', by: 'r2' })).toBeUndefined();
  });

  it('takes back a run that was cut off in the middle', async () => {
    const { directory, item, facts } = stage();
    directory.dieAfter = 2;
    await expect(changeEntry(directory, item, work(facts))).rejects.toThrow(Died);
    await restoreEntry(directory, item, { ...work(facts), ofRun: 'r1', by: 'r2' });
    expect(directory.entries.get('k1')).toEqual(before);
    expect(await heldAccounts(facts)).toMatchObject([{ state: 'restored' }]);
    // Resumed after that, it leaves the entry as it is.
    expect(await changeEntry(directory, item, work(facts))).toMatchObject({ status: 'refused' });
    expect(directory.entries.get('k1')).toEqual(before);
  });

  it('gives back what a later run has taken of an entry that an earlier one holds, which stays held', async () => {
    const { directory, item, facts } = stage();
    await changeEntry(directory, item, work(facts));
    const entry = directory.entries.get('k1')!;
    entry.rights = ['c'];
    const rest = { ...item, changes: [{ do: 'strip' as const }], seen: seenOf(accountOf('k1', entry)) };
    await changeEntry(directory, rest, { ...work(facts), run: 'r2' });
    expect(entry.rights).toEqual([]);
    const undo = (ofRun: string) => restoreEntry(directory, item, { ...work(facts), ofRun, by: 'r3' });
    expect(await undo('r2')).toMatchObject({ conflicts: [] });
    expect(entry).toMatchObject({ rights: ['c'], enabled: false });
    expect(await heldAccounts(facts)).toMatchObject([{ state: 'held', run: 'r1' }]);
    expect(await undo('r1')).toMatchObject({ conflicts: [] });
    expect(await heldAccounts(facts)).toMatchObject([{ state: 'restored' }]);
  });

  it('takes nothing back of an entry that a later run has disabled, before that run is taken back', async () => {
    const { directory, item, facts } = stage();
    await changeEntry(directory, item, work(facts));
    const entry = directory.entries.get('k1')!;
    // Somebody enables it by hand; the next cleanup disables it again.
    Object.assign(entry, { enabled: true, place: 'people' });
    const again = { ...item, seen: seenOf(accountOf('k1', entry)) };
    await changeEntry(directory, again, { ...work(facts), run: 'r2' });
    const held = structuredClone(entry);
    const undo = (ofRun: string) => restoreEntry(directory, item, { ...work(facts), ofRun, by: 'r3' });
    expect((await undo('r1'))?.conflicts).toEqual(['run r2 has disabled or deleted it since: take that back first']);
    expect(directory.entries.get('k1')).toEqual(held);
    expect((await undo('r2'))?.conflicts).toEqual([]);
    expect((await undo('r1'))?.conflicts).toEqual([]);
    expect(directory.entries.get('k1')).toEqual(before);
  });

  it('tells what somebody else has changed since', async () => {
    const { directory, item, facts } = stage();
    await changeEntry(directory, item, work(facts));
    directory.entries.get('k1')!.place = 'elsewhere';
    const restored = await restoreEntry(directory, item, { ...work(facts), ofRun: 'r1', by: 'r2' });
    expect(restored?.conflicts).toEqual(['somebody has moved it']);
    expect((await entryOf(facts, 'r1', 'mem|k1'))?.restored?.conflicts).toEqual(['somebody has moved it']);
  });
});
