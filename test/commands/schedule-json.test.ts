import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { shapeOf } from '../helpers/json-shapes.ts';
import { runOaops } from '../helpers/oaops.ts';
import { ScheduleStage } from '../helpers/schedule-stage.ts';

const golden = join(import.meta.dirname, '../golden/schedule-json.json');
let stage: ScheduleStage;
beforeEach(() => {
  stage = new ScheduleStage();
});
afterEach(() => stage.end());

/** Whether there are units already, and whether systemd runs, is up to the machine. */
function machineless(printed: { changes?: { action: string }[] } | null): unknown {
  if (!printed?.changes) return printed;
  return { ...printed, changes: printed.changes.map((change) => ({ ...change, action: 'add' })), notes: [] };
}

it('prints the shapes that scripts rely on, and ends as they expect', async () => {
  stage.runbook('bad', '{type: cron, expression: "* * * * *", deadline: 1s}', '["false"]');
  stage.runbook('friday', '{type: weekday, days: [fri], at: "16:00", ifHoliday: previous, calendar: weekdays}');
  await stage.configure('{bad: {}, friday: {}, missing: {}}');
  // One minute begins between the two looks, and one between the second and the commands, whatever second it is now.
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  await stage.lookAt(new Date(minute - 90_000).toISOString());
  await stage.lookAt(new Date(minute - 30_000).toISOString());
  const env = { PATH: '/usr/bin:/bin', ...stage.env };
  const said: Record<string, unknown> = {};
  for (const args of [
    ['list'],
    ['next', '--count', '2'],
    ['due'],
    ['explain', 'bad', '--count', '2'],
    ['explain', 'friday', '--count', '2'],
    ['explain', 'missing'],
    ['install', '--systemd', '--dry-run'],
  ]) {
    const { exitCode, stdout, stderr } = await runOaops(['schedule', ...args, '--json'], { env, bare: true });
    said[args.join(' ')] = {
      exitCode,
      stdout: shapeOf(machineless(JSON.parse(stdout || 'null'))),
      failed: exitCode !== 0 && stdout === '' ? shapeOf(JSON.parse(stderr.trim().split('\n').at(-1)!)) : null,
    };
  }
  const text = `${JSON.stringify(said, null, 2)}\n`;
  if (process.env['OAOPS_UPDATE_GOLDEN']) writeFileSync(golden, text);
  expect(text).toBe(readFileSync(golden, 'utf8'));
}, 120_000);
