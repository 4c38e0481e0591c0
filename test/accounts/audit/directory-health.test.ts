import { describe, expect, it } from 'vitest';
import {
  acceptDirectory,
  directoryMeasure,
  requireWholeDirectory,
} from '../../../src/accounts/audit/directory-health.ts';
import type { Account } from '../../../src/accounts/model.ts';
import { addHeld } from '../../../src/accounts/record/held.ts';
import { memoryFacts } from '../../helpers/probe.ts';
import { account, directory } from '../judging.ts';

const at = '2026-11-30T04:00:00.000Z';
const all = Array.from({ length: 40 }, (_, index) =>
  account(`u${index}`, { employee: `E${index}`, mail: `u${index}@oa.example`, rights: ['staff'] }),
);

/** Why a second reading is not believed after a first one. */
async function said(now: Account[], { spec = {}, first = {}, facts = memoryFacts(), before = all } = {}) {
  const believed = directory(first);
  await acceptDirectory(facts, directoryMeasure(believed, { accounts: before, problems: [] }), at);
  return requireWholeDirectory(facts, directory({ ...first, ...spec }), { accounts: now, problems: [] }).then(
    () => undefined,
    (error: Error & { code: string; exitCode: number }) => {
      expect([error.code, error.exitCode]).toEqual(['directory-shrank', 4]);
      return error.message;
    },
  );
}
const stripped = (...names: ('employee' | 'mail')[]) =>
  all.map((one, index) => {
    const copy = { ...one };
    if (index % 2 === 0) for (const name of names) delete copy[name];
    return copy;
  });

describe('a directory of which a part is hidden', () => {
  it('is believed as long as a fifth is gone at most', async () => {
    expect(await said(all.slice(0, 32))).toBeUndefined();
    expect(await said(all.slice(0, 31))).toBe(
      'the directory "ldap" shows 31 accounts, and 40 on 2026-11-30: more than 20% fewer',
    );
    expect(await said([])).toMatch(/shows 0 accounts/);
  });

  it('is believed where so many fewer are allowed, and where something else is asked for', async () => {
    expect(await said(all.slice(0, 10), { spec: { maxShrink: '80%' } })).toBeUndefined();
    expect(await said([], { spec: { maxShrink: '100%' } })).toBeUndefined();
    expect(await said(all.slice(0, 10), { spec: { filter: '(title=*)' } })).toBeUndefined();
    expect(await said(all.slice(0, 10), { first: { type: 'linux' } })).toBeUndefined();
  });

  it('is measured by a plan that was made before there was "maxShrink"', async () => {
    const { maxShrink: _, ...older } = directory();
    const facts = memoryFacts();
    await acceptDirectory(facts, directoryMeasure(directory(), { accounts: all, problems: [] }), at);
    await expect(requireWholeDirectory(facts, older as never, { accounts: [], problems: [] })).rejects.toMatchObject({
      code: 'directory-shrank',
    });
  });

  it('may lose three of a few', async () => {
    expect(await said(all.slice(0, 2), { before: all.slice(0, 5) })).toBeUndefined();
    expect(await said(all.slice(0, 1), { before: all.slice(0, 5) })).toMatch(/shows 1 accounts, and 5/);
  });

  it('does not miss what was deleted on purpose', async () => {
    const facts = memoryFacts();
    for (const { key, login, name } of all.slice(20)) {
      const since = '2026-12-01T00:00:00.000Z';
      await addHeld(facts, since, {
        directory: 'ldap',
        key,
        login,
        name,
        run: 'r',
        since,
        state: 'deleted',
        findings: [],
      });
    }
    expect(await said(all.slice(0, 20), { facts })).toBeUndefined();
    expect(await said(all.slice(0, 11), { facts })).toMatch(/shows 11 accounts/);
    const made = all.slice(20).map(({ login }) => account(`new-${login}`));
    expect(await said([...all.slice(0, 20), ...made], { facts })).toBeUndefined();
  });

  it('is not believed when what finds its people is hidden, or all its groups', async () => {
    expect(await said(stripped('employee'))).toMatch(/^20 accounts of the directory "ldap" show employee, and 40 on/);
    expect(await said(stripped('mail'))).toMatch(/^20 accounts of the directory "ldap" show mail, and 40 on/);
    // Of those that showed it, however many never did; those that are gone may have.
    const numbered = (count: number) => all.map((one, index) => (index < count ? one : account(one.login)));
    expect(await said(numbered(0), { before: numbered(6) })).toMatch(/^0 accounts .* show employee, and 6 on/);
    expect(await said(numbered(7).slice(6), { before: numbered(7) })).toBeUndefined();
    expect(await said(all.map((one) => ({ ...one, rights: [] })))).toMatch(/^no account .* shows a right, and 40 held/);
    expect(await said(all.map((one, index) => (index < 39 ? { ...one, rights: [] } : one)))).toBeUndefined();
  });
});
