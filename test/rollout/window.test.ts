import { expect, it } from 'vitest';
import { type ChangeWindow, windowOpensAt, windowProblem } from '../../src/rollout/window.ts';

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
  expect(windowOpensAt(nights, at(now), [])).toBe(at(opens));
  expect(windowProblem(nights, at(now)) === undefined).toBe(now === opens);
});

it('opens after the last of the freezes that follow one another, its own and those of the calendar', () => {
  const own = { from: '2026-11-28T00:00:00+08:00', to: '2026-12-10T00:00:00+08:00', reason: 'budget' };
  const calendar = [
    { name: 'closing', from: '2026-12-09T00:00:00+08:00', to: '2027-01-05T00:00:00+08:00', reason: 'year end' },
  ];
  const condition = { ...nights, freezes: [own] };
  expect(windowProblem(condition, at('2026-11-28T21:00:00+08:00'), calendar)).toContain('budget');
  expect(windowOpensAt(condition, at('2026-11-28T21:00:00+08:00'), calendar)).toBe(at('2027-01-09T20:00:00+08:00'));
});

it('never opens when its times are the same', () => {
  expect(windowOpensAt({ ...nights, from: '20:00', to: '20:00' }, at('2026-11-28T21:00:00+08:00'), [])).toBeUndefined();
});
