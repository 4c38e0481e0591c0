import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judged, makeCheck, shells } from '../../helpers/probe.ts';

test.each([
  [0, 'pass'],
  [1, 'warn'],
  [2, 'fail'],
  [3, 'error'],
])('exit code %i is %s', (code, state) => {
  expect(judged('plugin', { argv: ['check'] }, `LOAD - 1.2 | load1=1.2;5;10;0\n\nexit ${code}`)).toEqual({
    state,
    message: 'LOAD - 1.2',
    measures: [{ name: 'load1', value: 1.2, unit: '', warn: '5', fail: '10', min: 0 }],
  });
});

test('what no plugin does is never a pass', () => {
  expect(judged('plugin', { argv: ['check'] }, '\nexit 0')).toMatchObject({
    state: 'error',
    message: 'check printed nothing',
  });
  expect(judged('plugin', { argv: ['check'] }, '\nexit 2')).toMatchObject({
    state: 'fail',
    message: 'check printed nothing',
  });
  expect(judged('plugin', { argv: ['check'] }, 'x\nexit 127', { err: 'not found' })).toMatchObject({
    state: 'error',
    message: 'check ended with exit code 127, which no plugin has',
    details: ['x', 'not found'],
  });
  expect(judged('plugin', { argv: ['check'] }, 'OK').state).toBe('error');
});

describe.each(shells)('by %s', (_name, shell) => {
  test('a plugin that is a script', async () => {
    const script = `echo "JOBS WARNING - 7 waiting | 'jobs waiting'=7;5;10;0"; echo "oldest: 3 h"; exit 1`;
    expect(await makeCheck('plugin', { argv: ['sh', '-c', script] }, { shell })).toMatchObject({
      state: 'warn',
      message: 'JOBS WARNING - 7 waiting',
      details: ['oldest: 3 h'],
      measures: [{ name: 'jobs waiting', value: 7, unit: '', warn: '5', fail: '10', min: 0 }],
    });
  });

  const real = '/usr/lib/nagios/plugins';
  test.skipIf(!existsSync(`${real}/check_load`))('plugins of Debian', async () => {
    const load = await makeCheck(
      'plugin',
      { argv: [`${real}/check_load`, '-w', '900,900,900', '-c', '999,999,999'] },
      { shell },
    );
    expect(load).toMatchObject({ state: 'pass', message: expect.stringMatching(/^(LOAD )?OK/) });
    expect(load.measures.map(({ name, fail }) => [name, fail])).toEqual([
      ['load1', '999'],
      ['load5', '999'],
      ['load15', '999'],
    ]);
    const dummy = await makeCheck('plugin', { argv: [`${real}/check_dummy`, '2', 'planted'] }, { shell });
    expect(dummy).toMatchObject({ state: 'fail', message: 'CRITICAL: planted' });
  });
});
