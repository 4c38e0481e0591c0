import { expect, it } from 'vitest';
import { liveRows } from '../../../src/cli/render/live-rows.ts';
import { RunModel } from '../../../src/cli/render/model.ts';
import type { RunEvent, StepStatus, UnitStatus } from '../../../src/core/events.ts';

const how = { lang: 'en', color: false, unicode: true } as const;
const time = '2026-11-30T00:00:00.000Z';

/** A rollout whose batches have a step for each of their members and a gate of three samples; a watch follows. */
function rollout(batches: number, members: number) {
  const model = new RunModel();
  const tell = (event: Record<string, unknown>) => model.apply({ time, run: 'r', ...event } as unknown as RunEvent);
  const numbers = Array.from({ length: batches }, (_, index) => index + 1);
  const common = { uses: 'exec', effect: 'write' };
  const batchSteps = numbers.flatMap((number) => [
    {
      ...common,
      id: `b${number}-enable`,
      name: `batch ${number} of ${batches}: enable`,
      units: members,
      batch: { number, members, name: 'enable' },
    },
    {
      ...common,
      id: `b${number}-health`,
      name: `batch ${number} of ${batches}: health`,
      units: 1,
      batch: { number, members, name: 'health' },
      samples: 3,
    },
  ]);
  const watch = { ...common, id: 'watch-errors', name: 'errors', units: 1, samples: 144 };
  const begun = { runbook: 'x', version: '1.0.0', digest: 'd', resumed: false };
  tell({ event: 'run.started', ...begun, steps: [...batchSteps, watch] });
  const unit = (step: string, name: string, status: UnitStatus | 'running', phase = 'do') => {
    const about = { step, unit: name, target: 'localhost', attempt: 1, phase };
    const member = name.startsWith('localhost.') ? { member: `u${name.slice('localhost.'.length)}` } : {};
    tell({ event: 'unit.started', ...about, ...member });
    if (status !== 'running') tell({ event: 'unit.ended', ...about, ...member, status, durationMs: 1 });
  };
  const start = (step: string) => tell({ event: 'step.started', step, name: step, units: model.step(step).unitCount });
  const end = (step: string, status: StepStatus = 'ok') => tell({ event: 'step.ended', step, status, durationMs: 1 });
  const whole = (number: number) => {
    start(`b${number}-enable`);
    for (let i = 0; i < members; i++) unit(`b${number}-enable`, `localhost.${i}`, 'ok');
    end(`b${number}-enable`);
    start(`b${number}-health`);
    end(`b${number}-health`);
  };
  const titles = (screen = { columns: 80, rows: 24 }) => {
    const { rows, more } = liveRows(how, model, screen, Date.parse(time));
    return [...rows.map(({ title, state }) => `${state}: ${title}`), ...(more > 0 ? [`+${more}`] : [])];
  };
  return { model, unit, start, end, whole, titles };
}

it('shows the batches of a rollout as a table, with what is under way in each', () => {
  const { start, unit, end, whole, titles } = rollout(3, 4);
  whole(1);
  start('b2-enable');
  unit('b2-enable', 'localhost.0', 'ok');
  unit('b2-enable', 'localhost.1', 'running');
  expect(titles()).toEqual([
    'ended-well: batch 1 of 3    4 members  done         1 gate passed',
    'running: batch 2 of 3    4 members  running      enable 1/4',
    'planned: batch 3 of 3    4 members  not started',
    'planned: errors  0/144',
  ]);
  for (const [index, status] of (['failed', 'ok', 'unreachable'] as const).entries())
    unit('b2-enable', `localhost.${index + 1}`, status);
  end('b2-enable', 'incomplete');
  start('b2-health');
  unit('b2-health', 'sample-1', 'ok');
  unit('b2-health', 'sample-2', 'running');
  expect(titles()[1]).toBe('running: batch 2 of 3    4 members  running      health 1/3');
  unit('b2-health', 'sample-2', 'ok');
  end('b2-health');
  expect(titles()[1]).toBe('ended-well: batch 2 of 3    4 members  incomplete   2 failed, 1 gate passed');
});

it('tells of each batch how far it is taken back', () => {
  const { start, unit, end, whole, titles } = rollout(2, 2);
  whole(1);
  start('b2-enable');
  unit('b2-enable', 'localhost.0', 'ok');
  unit('b2-enable', 'localhost.1', 'ok');
  end('b2-enable');
  start('b2-health');
  unit('b2-health', 'sample-1', 'failed');
  end('b2-health', 'failed');
  expect(titles()[1]).toBe('ended-badly: batch 2 of 2    2 members  failed       health 1/3');
  unit('b2-enable', 'localhost.1', 'undone', 'undo');
  unit('b2-enable', 'localhost.0', 'running', 'undo');
  expect(titles()[1]).toBe('running: batch 2 of 2    2 members  running      undo enable 1/2');
  unit('b2-enable', 'localhost.0', 'undone', 'undo');
  unit('b1-enable', 'localhost.1', 'undo-failed', 'undo');
  expect(titles().slice(0, 2)).toEqual([
    'ended-badly: batch 1 of 2    2 members  undo failed  enable',
    'ended-well: batch 2 of 2    2 members  undone',
  ]);
});

it('shows what is under way where there is no room for all batches, and fits the screen', () => {
  const { whole, start, unit, titles, model } = rollout(200, 3);
  for (let number = 1; number <= 100; number++) whole(number);
  start('b101-enable');
  unit('b101-enable', 'localhost.0', 'running');
  const shown = titles({ columns: 60, rows: 12 });
  expect(shown.slice(0, 4)).toEqual([
    'ended-well: batch  99 of 200    3 members  done         1 gate pass…',
    'ended-well: batch 100 of 200    3 members  done         1 gate pass…',
    'running: batch 101 of 200    3 members  running      enable 0/3',
    'planned: batch 102 of 200    3 members  not started',
  ]);
  expect(shown.at(-1)).toMatch(/^\+\d+$/);
  const lines = liveRows(how, model, { columns: 60, rows: 12 }, Date.parse(time)).rows.flatMap(({ output }) => [
    '',
    ...output.split('\n').filter((line) => line !== ''),
  ]);
  expect(lines.length).toBeLessThanOrEqual(12 - 3);
});
