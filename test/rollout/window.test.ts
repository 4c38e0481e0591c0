import { describe, expect, it } from 'vitest';
import { workingCalendar } from '../../src/calendar/working-days.ts';
import { preconditionSchema } from '../../src/rollout/preconditions.ts';
import { type ChangeWindow, noCalendar, windowOpensAt, windowProblem } from '../../src/rollout/window.ts';

const nights: ChangeWindow = {
  what: 'window',
  days: ['sat', 'sun'],
  from: '20:00',
  to: '06:00',
  timeZone: 'Asia/Shanghai',
  freezes: [],
};
const at = (text: string) => Date.parse(text);

it.each([
  // now, when it opens: Saturday is 28 November
  ['2026-11-28T19:59:00+08:00', '2026-11-28T20:00:00+08:00'],
  ['2026-11-28T20:00:30+08:00', '2026-11-28T20:00:30+08:00'],
  ['2026-11-29T05:59:59+08:00', '2026-11-29T05:59:59+08:00'],
  ['2026-11-29T06:00:00+08:00', '2026-11-29T20:00:00+08:00'],
  ['2026-11-30T05:00:00+08:00', '2026-11-30T05:00:00+08:00'],
  ['2026-11-30T06:00:10+08:00', '2026-12-05T20:00:00+08:00'],
])('at %s the window of the weekend nights opens at %s', (now, opens) => {
  expect(windowOpensAt(nights, at(now))).toBe(at(opens));
  expect(windowProblem(nights, at(now)) === undefined).toBe(now === opens);
});

it('opens after the last of the freezes that follow one another, its own and those of the calendar', () => {
  const own = { from: '2026-11-28T00:00:00+08:00', to: '2026-12-10T00:00:00+08:00', reason: 'budget' };
  const freezes = [
    { name: 'closing', from: '2026-12-09T00:00:00+08:00', to: '2027-01-05T00:00:00+08:00', reason: 'year end' },
  ];
  const calendar = { ...noCalendar, freezes };
  const condition = { ...nights, freezes: [own] };
  expect(windowProblem(condition, at('2026-11-28T21:00:00+08:00'), calendar)).toContain('budget');
  expect(windowOpensAt(condition, at('2026-11-28T21:00:00+08:00'), calendar)).toBe(at('2027-01-09T20:00:00+08:00'));
});

it('can last all day', () => {
  const weekend: ChangeWindow = { ...nights, from: '00:00', to: '24:00' };
  expect(windowProblem(weekend, at('2026-11-29T23:59:59+08:00'))).toBeUndefined();
  expect(windowProblem(weekend, at('2026-11-30T00:00:00+08:00'))).toContain('not open');
  expect(windowOpensAt(weekend, at('2026-11-30T00:00:00+08:00'))).toBe(at('2026-12-05T00:00:00+08:00'));
});

it('never opens when its times are the same', () => {
  expect(windowOpensAt({ ...nights, from: '20:00', to: '20:00' }, at('2026-11-28T21:00:00+08:00'))).toBeUndefined();
  const [issue] = preconditionSchema.safeParse({ ...nights, from: '20:00', to: '20:00' }).error?.issues ?? [];
  expect(issue).toMatchObject({ path: ['to'], message: expect.stringContaining('never opens') });
  expect(preconditionSchema.safeParse({ ...nights, from: '00:00', to: '24:00' }).success).toBe(true);
});

describe('by working days', () => {
  const evenings: ChangeWindow = { ...nights, days: ['working-day'], from: '18:00', to: '20:00' };

  it.each([
    // The Saturday before the Spring Festival is worked; then nine days are free.
    ['2026-02-14T17:00:00+08:00', '2026-02-14T18:00:00+08:00'],
    ['2026-02-14T20:00:00+08:00', '2026-02-24T18:00:00+08:00'],
    ['2026-02-24T19:30:00+08:00', '2026-02-24T19:30:00+08:00'],
  ])('at %s it opens at %s', (now, opens) => {
    expect(windowOpensAt(evenings, at(now))).toBe(at(opens));
  });

  it('on days off, over midnight, it goes by the day on which it began', () => {
    const free: ChangeWindow = { ...nights, days: ['day-off'] };
    // Night from Friday, the last of the National Day holidays, to Saturday: 10 October is worked.
    expect(windowProblem(free, at('2026-10-08T05:00:00+08:00'))).toBeUndefined();
    expect(windowProblem(free, at('2026-10-09T05:00:00+08:00'))).toContain('not open');
    expect(windowProblem(free, at('2026-10-10T21:00:00+08:00'))).toContain('not open');
    expect(windowProblem(free, at('2026-10-11T21:00:00+08:00'))).toBeUndefined();
  });

  it('names the day on which the night began, of which nobody has said what it is', () => {
    const morning = at('2027-01-02T05:00:00+08:00');
    expect(windowProblem({ ...nights, days: ['day-off'] }, morning)).toContain('whether 2027-01-01 is a working day');
  });

  it('opens again after the site was closed for weeks', () => {
    const days = [{ date: '2026-03-02', to: '2026-04-30', working: false, reason: 'move' }];
    const moved = { ...noCalendar, workingDays: workingCalendar('china', days) };
    // The first day after the holidays of May.
    const opens = at('2026-05-06T18:00:00+08:00');
    expect(windowOpensAt(evenings, at('2026-03-01T12:34:56+08:00'), moved)).toBe(opens);
    expect(windowOpensAt({ ...evenings, from: '18:07' }, at('2026-03-01T12:34:56+08:00'), moved)).toBe(
      at('2026-05-06T18:07:00+08:00'),
    );
  });

  it('stays closed on days of which nobody has said what they are, until the site does', () => {
    const now = at('2027-01-04T18:30:00+08:00');
    expect(windowProblem(evenings, now)).toBe(
      'calendar china does not say whether 2027-01-04 is a working day: import the notice of the year with "oaops calendar import FILE", or announce the days in "calendar.days" of the configuration',
    );
    expect(windowOpensAt(evenings, now)).toBeUndefined();
    const days = [{ date: '2027-01-04', working: true, reason: 'announced' }];
    const own = { ...noCalendar, workingDays: workingCalendar('china', days) };
    expect(windowProblem(evenings, now, own)).toBeUndefined();
    // A day of the week needs no calendar.
    expect(windowProblem({ ...evenings, days: ['mon', 'working-day'] }, now)).toBeUndefined();
  });
});
