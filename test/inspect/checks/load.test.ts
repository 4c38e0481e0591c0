import { describe, expect, test } from 'vitest';
import { load } from '../../../src/inspect/checks/load.ts';
import { judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const four = 'load 3.20 6.40 9.00 3/512 1234\nonline 0-3\ncount 4';

describe('load', () => {
  test('is judged for each CPU, over 5 minutes unless it says otherwise', () => {
    expect(judged(load, {}, four)).toMatchObject({
      state: 'warn',
      message: 'load over 5 min is 1.6 for each of 4 CPUs',
      measures: [
        { name: 'load1', value: 0.8, min: 0 },
        { name: 'load5', value: 1.6, warn: '1', fail: '2' },
        { name: 'load15', value: 2.25 },
      ],
    });
    expect(judged(load, { minutes: 15 }, four).state).toBe('fail');
    expect(judged(load, { minutes: 1 }, four).state).toBe('pass');
  });

  test('as a whole goes by the thresholds that are written', () => {
    expect(judged(load, { perCpu: false, warn: 7 }, four)).toMatchObject({
      state: 'pass',
      message: 'load over 5 min is 6.4',
    });
    expect(judged(load, { perCpu: false, fail: 6 }, four).state).toBe('fail');
    expect(load.withSchema.safeParse({ perCpu: false }).success).toBe(false);
  });

  test.each([
    ['0,2-3,8', 4],
    ['0', 1],
  ])('CPUs %s are %i', (online, count) => {
    expect(judged(load, {}, `load 1 1 1 1/2 3\nonline ${online}`).message).toContain(`for each of ${count} CPUs`);
  });

  test.each([
    '',
    'load nan 0.1 0.1 1/2 3\ncount 4',
    'load 0,52 0,58 0,59 1/2 3\ncount 4',
    'load 0.1 0.1 0.1 1/2 3\ncount 0',
    'load 0.1 0.1\ncount 1',
  ])('%j is an error', (lines) => {
    expect(judged(load, {}, lines).state).toBe('error');
  });

  test.each(shells)('the probe in %s', (shell) => {
    expect(probedAndJudged(load, { fail: 10_000 }, { shell })).toMatchObject({
      state: 'pass',
      message: expect.stringMatching(/^load over 5 min is [\d.]+ for each of \d+ CPUs$/),
    });
  });
});
