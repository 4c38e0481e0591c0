import { expect, test } from 'vitest';
import type { Today, TodayRun } from '../../src/report/today.ts';
import { TodayText } from '../../src/report/today-text.ts';

const words = new TodayText({ date: '2024-11-20', timeZone: 'Asia/Shanghai' } as Today);
const waiting = (next: string): TodayRun => ({
  run: 'R-1',
  runbook: 'visit',
  procedures: ['IN-10'],
  status: 'waiting',
  by: '王芳',
  begun: '2024-11-19T23:00:00.000Z',
  ended: null,
  message: 'sign: waits',
  wakeAt: null,
  waits: [{ step: 'sign', unit: 'localhost', message: 'Signed?', next }],
  interrupted: false,
  command: 'oaops runs show R-1',
});

test.each([
  [
    'Answer with: oaops runs answer R-1 sign --value yes (or no)',
    'oaops runs answer R-1 sign --value yes',
    ['(or no)'],
  ],
  ['A second person runs: oaops approve R-1 sign', 'oaops approve R-1 sign', []],
])('the command that answers can be copied: %s', (next, command, others) => {
  expect(words.run(waiting(next), 'waiting')).toEqual({
    when: 'waiting',
    lines: ['sign: Signed?', ...others, 'begun 07:00 by 王芳'],
    commands: [command],
  });
});

test('what says no command is told, and the run can be looked at', () => {
  expect(words.run(waiting('Somebody has to see to it.'), 'waiting')).toMatchObject({
    lines: ['sign: Signed?', 'Somebody has to see to it.', 'begun 07:00 by 王芳'],
    commands: ['oaops runs show R-1'],
  });
});
