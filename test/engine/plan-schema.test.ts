import { expect, test } from 'vitest';
import { canFinishPlan, planSchemaVersion } from '../../src/engine/plan/plan-version.ts';

test('goes on with plans of its own schema version and of older minor ones, with no others', () => {
  const [major, minor] = planSchemaVersion.split('.').map(Number);
  expect(canFinishPlan(planSchemaVersion)).toBe(true);
  for (let older = 0; older < minor!; older++) expect(canFinishPlan(`${major}.${older}`)).toBe(true);
  for (const other of [
    `${major}.${minor! + 1}`,
    `${major! + 1}.0`,
    `${major! - 1}.0`,
    `${major}`,
    `${major}.x`,
    '',
    'undefined',
  ])
    expect(canFinishPlan(other), other).toBe(false);
});
