import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acceptReading, measureOf, readSource } from '../../../src/accounts/sources/read.ts';
import { OaopsError } from '../../../src/core/errors.ts';
import { sourceStage, specOf } from '../../helpers/source-stage.ts';

let stage: ReturnType<typeof sourceStage>;
beforeEach(() => {
  stage = sourceStage();
});
afterEach(() => stage.remove());
const rowsOf = (count: number, row: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => row(at)).join('\n');
const roster = (employed: number, left = 0) =>
  `工号,状态\n${rowsOf(employed + left, (at) => `${at + 1},${at < employed ? '在职' : '离职'}`)}\n`;
const accept = async (read: Awaited<ReturnType<typeof readSource>>, at = '2026-11-29T04:00:00.000Z') =>
  acceptReading(stage.facts, measureOf(read), at);
const compared = 'no earlier reading of the source "hr" was accepted: its size is compared with nothing';

describe('against the last reading that was accepted', () => {
  test('one tenth of the people is no roster', async () => {
    await accept(await stage.csv(roster(100)));
    await expect(stage.csv(roster(10, 90))).rejects.toMatchObject({
      code: 'source-shrank',
      exitCode: 4,
      message:
        'the source "hr" has 10 employed people, and 100 at the reading that was accepted on 2026-11-29: more than 20% fewer',
      details: { employed: 10, before: 100 },
    });
    await expect(stage.csv(roster(79))).rejects.toMatchObject({ code: 'source-shrank' });
    await expect(stage.csv(roster(80))).resolves.toMatchObject({ rows: 80, problems: [] });
    await expect(stage.csv(roster(10), { maxShrink: '90%' })).resolves.toMatchObject({ rows: 10 });
  });

  test('reading alone accepts nothing, and the newest counts', async () => {
    expect((await stage.csv(roster(100))).problems).toEqual([compared]);
    expect((await stage.csv(roster(10))).problems).toEqual([compared]);
    await accept(await stage.csv(roster(100)));
    await accept(await stage.csv(roster(50), { maxShrink: '50%' }), '2026-11-30T04:00:00.000Z');
    await expect(stage.csv(roster(45))).resolves.toMatchObject({ problems: [] });
  });

  test('small losses add up: the largest reading of 35 days counts, until somebody has accepted a large loss', async () => {
    const day = (at: number) => `2026-11-${String(at).padStart(2, '0')}T04:00:00.000Z`;
    await accept(await stage.csv(roster(100)), day(1));
    await accept(await stage.csv(roster(90)), day(10));
    await accept(await stage.csv(roster(81)), day(20));
    await expect(stage.csv(roster(66))).rejects.toMatchObject({
      code: 'source-shrank',
      message: expect.stringContaining(
        'has 66 employed people, and 100 at the reading that was accepted on 2026-11-01',
      ),
      details: { employed: 66, before: 100 },
    });
    await expect(stage.csv(roster(80))).resolves.toMatchObject({ rows: 80 });
    // From 10 November on.
    await expect(stage.csv(roster(72), { shrinkWithin: '20d' })).resolves.toMatchObject({ rows: 72 });
    await expect(stage.csv(roster(71), { shrinkWithin: '20d' })).rejects.toMatchObject({ details: { before: 90 } });
    await accept(await stage.csv(roster(66), { maxShrink: '40%' }), day(25));
    await expect(stage.csv(roster(65))).resolves.toMatchObject({ rows: 65 });
    await expect(stage.csv(roster(64))).rejects.toMatchObject({ details: { before: 81 } });
  });

  test('a plan that was made before there was "shrinkWithin" is measured by 35 days', async () => {
    await accept(await stage.csv(roster(100)), '2026-10-29T04:00:00.000Z');
    await accept(await stage.csv(roster(90)));
    await accept(await stage.csv(roster(81)));
    stage.write('roster.csv', roster(75));
    const { shrinkWithin: _, ...older } = specOf({ type: 'csv', file: 'roster.csv' });
    const reading = readSource(older as never, stage.doors, new AbortController().signal);
    await expect(reading).rejects.toMatchObject({ code: 'source-shrank', details: { before: 100 } });
  });

  test('a column that loses a little with each export is lost, too', async () => {
    const people = (logins: number) => `工号,账号\n${rowsOf(100, (at) => `${at},${at < logins ? `user${at}` : ''}`)}\n`;
    await accept(await stage.csv(people(100)), '2026-11-10T04:00:00.000Z');
    await accept(await stage.csv(people(85)), '2026-11-20T04:00:00.000Z');
    await expect(stage.csv(people(70))).rejects.toMatchObject({
      code: 'source-hollow',
      message: expect.stringContaining('70 people of the source "hr" have a value of login, and 100 at the reading'),
    });
  });

  test('the last reading counts whatever its age', async () => {
    await accept(await stage.csv(roster(100)), '2026-06-01T04:00:00.000Z');
    await accept(await stage.csv(roster(90)), '2026-07-01T04:00:00.000Z');
    await expect(stage.csv(roster(71))).rejects.toMatchObject({ details: { before: 90 } });
    await expect(stage.csv(roster(72))).resolves.toMatchObject({ rows: 72 });
  });

  test('people whose facts contradict each other are not counted as employed', async () => {
    await accept(await stage.csv(roster(10)));
    await expect(stage.csv(`工号,状态\n${rowsOf(10, (at) => `${at + 1},`)}\n`)).rejects.toMatchObject({
      code: 'source-shrank',
    });
  });

  test('a column that was lost makes no strangers of people', async () => {
    const people = (logins: number) => `工号,账号\n${rowsOf(100, (at) => `${at},${at < logins ? `user${at}` : ''}`)}\n`;
    await accept(await stage.csv(people(50)));
    await expect(stage.csv(people(40))).resolves.toMatchObject({ rows: 100 });
    await expect(stage.csv(people(39))).rejects.toMatchObject({
      code: 'source-hollow',
      exitCode: 4,
      message:
        '39 people of the source "hr" have a value of login, and 50 at the reading that was accepted on 2026-11-29: more than 20% fewer',
    });
  });

  test('an export that does not say any more who has left keeps nobody', async () => {
    const people = (status: boolean) =>
      `工号${status ? ',状态' : ''}\n${rowsOf(20, (at) => `${at}${status ? ',在职' : ''}`)}\n`;
    await accept(await stage.csv(people(true)));
    await expect(stage.csv(people(false))).rejects.toMatchObject({
      code: 'source-hollow',
      message: expect.stringContaining('have a value of status'),
    });
  });

  test('a list of some people has no size to keep', async () => {
    const spec = { complete: false };
    const first = await stage.csv(roster(100), spec);
    expect(first.problems).toEqual([]);
    await accept(first);
    await expect(stage.csv(roster(1), spec)).resolves.toMatchObject({ complete: false, rows: 1 });
  });

  test('another source has a size of its own', async () => {
    await accept(await stage.csv(roster(100)));
    expect((await stage.csv(roster(10), { id: 'other' })).problems).toHaveLength(1);
  });

  test('an older export than the last one is refused', async () => {
    await accept(await stage.csv(roster(10)));
    const path = stage.write('roster.csv', roster(10), '2026-11-28T08:00:00+08:00');
    await expect(stage.read({ type: 'csv', file: path })).rejects.toMatchObject({
      code: 'source-went-back',
      exitCode: 4,
      message: 'the source "hr" is of 2026-11-28, older than the reading of 2026-11-30 that was accepted on 2026-11-29',
    });
  });
});

describe('age', () => {
  const read = (modified: string, spec: object = { maxAge: '2d' }) => {
    stage.write('roster.csv', roster(1), modified);
    return stage.read({ type: 'csv', file: 'roster.csv', ...spec });
  };
  const dated = (days: string[], spec: object = {}) =>
    stage.csv(`工号,导出日期\n${days.map((day, at) => `${at},${day}`).join('\n')}\n`, {
      asOf: '导出日期',
      maxAge: '2d',
      ...spec,
    });

  test('of the file', async () => {
    await expect(read('2026-11-28T12:00:00+08:00')).resolves.toMatchObject({ asOf: '2026-11-28', asOfBy: 'file' });
    await expect(read('2026-11-28T11:59:00+08:00')).rejects.toMatchObject({ code: 'source-too-old', exitCode: 4 });
    await expect(read('2020-01-01T00:00:00Z', {})).resolves.toMatchObject({ asOf: '2020-01-01' });
  });

  test('of a column: the oldest day counts, until its last minute', async () => {
    const read = await dated(['2026-11-30', '2026-11-28']);
    expect(read).toMatchObject({ asOf: '2026-11-28', asOfBy: 'column' });
    await expect(dated(['2026-11-30', '2026-11-27'])).rejects.toMatchObject({ code: 'source-too-old' });
    await expect(dated(['', '-'])).rejects.toMatchObject({ code: 'source-date', exitCode: 4 });
    await expect(dated(['2026-11-30'], { asOf: '日期' })).rejects.toMatchObject({
      code: 'source-columns',
      exitCode: 2,
    });
  });

  test('a time to come is an error too', async () => {
    await expect(read('2026-11-30T12:04:00+08:00')).resolves.toMatchObject({ rows: 1 });
    await expect(read('2026-11-30T12:06:00+08:00')).rejects.toMatchObject({
      code: 'source-in-the-future',
      exitCode: 4,
    });
    await expect(dated(['2026-12-01'])).rejects.toMatchObject({
      code: 'source-in-the-future',
      message: 'the source "hr" is of 2026-12-01, and today is 2026-11-30',
    });
  });
});

test('what a day is, is said by the zone of the company', async () => {
  stage.write('roster.csv', '工号,离职日期\n1,2026-11-30\n');
  const at = async (iso: string) => {
    const doors = { ...stage.doors, nowMs: () => Date.parse(iso) };
    return (await stage.read({ type: 'csv', file: 'roster.csv' }, doors)).people[0]!.employment;
  };
  expect(await at('2026-11-30T15:59:59Z')).toBe('active');
  expect(await at('2026-11-30T16:00:00Z')).toBe('left');
});

test('a door without an answer is exit 3, never an empty list; a stop is a stop', async () => {
  const spec = { type: 'sql', url: 'sqlite:hr.db', query: 'select 1' };
  const away = new OaopsError('database-unreachable', 'the database sqlite:hr.db cannot be reached: gone');
  const failing = {
    ...stage.doors,
    sql: async () => ({ rows: async () => Promise.reject(away), open: () => Promise.reject(away) as never }),
  };
  await expect(stage.read(spec, failing)).rejects.toMatchObject({
    code: 'source-unreachable',
    exitCode: 3,
    message: 'the source "hr" did not answer: the database sqlite:hr.db cannot be reached: gone',
  });
  await expect(readSource(specOf(spec), stage.doors, AbortSignal.abort())).rejects.toThrow('aborted');
});
