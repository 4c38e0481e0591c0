import { expect, test } from 'vitest';
import { inspectCollect } from '../../src/actions/inspect-collect.ts';
import { addPart, hostCheck } from '../../src/inspect/record.ts';
import type { CheckResult, CheckState } from '../../src/inspect/types.ts';
import { memoryFacts } from '../helpers/probe.ts';

const result = (check: string, state: CheckState, host = 'web1'): CheckResult => ({
  check,
  section: 's',
  type: 'disk',
  host,
  state,
  message: `${check} is ${state}`,
  measures: [],
  details: [],
});
const args = { inspection: 'daily', checks: [{ id: 'a' }, { id: 'b' }] } as never;

/** What becomes of a unit that was begun, with these results in the record. */
async function recovered(parts: CheckResult[][], run = 'run-1') {
  const facts = memoryFacts();
  for (const part of parts) await addPart(facts, run, part[0]!.host, '2026-01-01T00:00:00.000Z', part);
  const context = { services: { facts: async () => facts }, runId: 'run-1', target: { name: 'web1' } };
  return inspectCollect.recover!(args, context as never);
}

test('after a crash, results that were kept are not asked for again', async () => {
  expect(await recovered([[result('a', 'fail'), result('b', 'pass')]])).toEqual({
    status: 'ok',
    result: { pass: 1, warn: 0, fail: 1, error: 0, skipped: 0 },
  });
  const lost = [result(hostCheck, 'fail'), result('a', 'skipped'), result('b', 'skipped')];
  expect(await recovered([lost])).toMatchObject({
    status: 'incomplete',
    message: '@host is fail',
    result: { skipped: 2 },
  });
});

test('after a crash, a host that has no results is asked', async () => {
  const again = { status: 'not-started' };
  expect(await recovered([])).toEqual(again);
  expect(await recovered([[result('a', 'pass')]])).toEqual(again);
  expect(await recovered([[result('a', 'pass', 'web2'), result('b', 'pass', 'web2')]])).toEqual(again);
  expect(await recovered([[result('a', 'pass'), result('b', 'pass')]], 'run-0')).toEqual(again);
});
