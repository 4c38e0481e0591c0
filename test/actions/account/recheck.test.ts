import { describe, expect, test } from 'vitest';
import { refusalsOf } from '../../../src/accounts/record/entries.ts';
import { accountRecheck } from '../../../src/actions/account/recheck.ts';
import { accountContext, files, itemOf, nowMs } from '../../helpers/account-context.ts';

const dayMs = 86_400_000;
const again = { ...files(), '/roster.csv': files()['/roster.csv']!.replace('IT,left,2026-10-31', 'IT,active,') };

test('a list that still holds is carried out', async () => {
  const { context, facts } = accountContext({ items: [itemOf()] });
  expect(await accountRecheck.apply({ planMaxAgeMs: 7 * dayMs }, context)).toEqual({
    status: 'ok',
    result: { dropped: [] },
  });
  expect(await refusalsOf(facts, 'r1')).toEqual(new Map());
});

test('whoever is employed again is taken off the list, with the reason in the record', async () => {
  const { context, facts } = accountContext({ items: [itemOf()], files: again });
  expect(await accountRecheck.apply({}, context)).toMatchObject({
    status: 'incomplete',
    result: { dropped: ['l1'] },
    message: 'zhang was taken off the list: E2 is employed (roster.csv:3)',
  });
  expect(await refusalsOf(facts, 'r1')).toEqual(new Map([['mem|k1', 'E2 is employed (roster.csv:3)']]));
});

test('whoever is in the roster no more is no leaver', async () => {
  const gone = { ...files(), '/roster.csv': files()['/roster.csv']!.split('\n').slice(0, 2).join('\n') };
  const { context } = accountContext({ items: [itemOf()], files: gone });
  expect(await accountRecheck.apply({}, context)).toMatchObject({ status: 'incomplete', result: { dropped: ['l1'] } });
});

test('an orphan that somebody has by now is taken off', async () => {
  const item = itemOf({ findings: ['orphan'] });
  const { person: _nobody, ...orphan } = item;
  const { context } = accountContext({ items: [orphan], files: again });
  expect(await accountRecheck.apply({}, context)).toMatchObject({
    message: 'zhang was taken off the list: it belongs to E2 (roster.csv:3)',
  });
});

describe('whoever was entered anew under another number since the plan', () => {
  const roster = (row: string) => ({ ...files(), '/roster.csv': `${files()['/roster.csv']}${row}\n` });
  const lineOf = async (row: string, over: Parameters<typeof itemOf>[0] = {}) => {
    const { context } = accountContext({ items: [itemOf(over)], files: roster(row) });
    const { status, message } = (await accountRecheck.apply({}, context)) as { status: string; message?: string };
    return message ?? status;
  };

  test('keeps the account that carries the old one, until it is judged anew', async () => {
    const told = 'zhang was taken off the list: E2 has left (roster.csv:3), but E9 (roster.csv:4) has';
    expect(await lineOf('E9,Zhang,,IT,active,')).toBe(`${told} the same name and department: it has to be judged anew`);
    expect(await lineOf('E9,Zhang,,Sales,active,')).toBe('ok');
    expect(await lineOf('E9,Zhang,,IT,left,2026-11-01')).toBe('ok');
  });

  test('keeps no account when the plan knew of them, or the account was asked for by name', async () => {
    expect(await lineOf('E9,Zhang,,IT,active,', { alike: ['E9'] })).toBe('ok');
    expect(await lineOf('E9,Zhang,,IT,active,', { alike: ['E8'] })).toMatch(/judged anew/);
    expect(await lineOf('E9,Zhang,,IT,active,', { atOnce: true })).toBe('ok');
  });

  test('keeps an account of nobody with the same name and department', async () => {
    const { person: _nobody, ...item } = itemOf({ findings: ['orphan'], personName: 'Wang', department: 'IT' });
    const orphan = { ...item, person: undefined as never, seen: { ...item.seen, login: 'ww', employee: null } };
    expect(await lineOf('E9,Li,,IT,active,', orphan)).toBe('ok');
    expect(await lineOf('E9,Wang,,IT,active,', orphan)).toBe(
      'zhang was taken off the list: its name and department are of E9 (roster.csv:4): it has to be judged anew',
    );
  });
});

test('an orphan of which another login is somebody’s by now is taken off', async () => {
  const { person: _nobody, ...orphan } = itemOf({ findings: ['orphan'] });
  const seen = { ...orphan.seen, login: 'alias', employee: null, also: { login: ['wang'] } };
  const roster = `${files()['/roster.csv']}E9,Wang,wang,IT,active,\n`;
  const { context } = accountContext({ items: [{ ...orphan, seen }], files: { ...files(), '/roster.csv': roster } });
  expect(await accountRecheck.apply({}, context)).toMatchObject({
    message: 'zhang was taken off the list: it belongs to E9 (roster.csv:4)',
  });
});

test('rights of somebody who has another department or post by now are left to a new review', async () => {
  const items = [itemOf({ findings: ['rights-beyond-role'], department: 'IT', places: ['IT / clerk'] })];
  const roster = (post: string) => ({ '/roster.csv': `id,name,department,post,status\nE2,Zhang,IT,${post},active\n` });
  const still = accountContext({ items, files: { ...files(), ...roster('clerk') } });
  expect(await accountRecheck.apply({}, still.context)).toMatchObject({ status: 'ok' });
  const moved = accountContext({ items, files: { ...files(), ...roster('head') } });
  expect(await accountRecheck.apply({}, moved.context)).toMatchObject({
    status: 'incomplete',
    message: 'zhang was taken off the list: E2 works as IT / head now (roster.csv:2)',
  });
});

test('an old list is refused, a source that does not answer ends it', async () => {
  const old = accountContext({ items: [itemOf()], nowMs: nowMs + 8 * dayMs });
  expect(await accountRecheck.apply({ planMaxAgeMs: 7 * dayMs }, old.context)).toMatchObject({
    status: 'failed',
    code: 'account-plan-old',
    exitCode: 4,
  });
  const { context } = accountContext({ items: [itemOf()], files: {} });
  expect(await accountRecheck.apply({}, context)).toMatchObject({
    status: 'failed',
    code: 'file-unreadable',
    exitCode: 4,
    message: expect.stringMatching(/^the sources were not read again, so nothing is changed: .*roster\.csv/),
  });
});
