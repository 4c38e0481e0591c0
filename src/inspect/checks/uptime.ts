import { z } from 'zod';
import { formatDuration } from '../../core/units.ts';
import { durationSchema } from '../../runbook/schema/common.ts';
import { levelKey } from '../judging/level.ts';
import { measured } from '../judging/limits.ts';
import { figure } from '../reading/answer-lines.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z
  .strictObject({
    min: durationSchema
      .optional()
      .describe('It has not started later than so long ago: an unexpected restart is told.'),
    max: durationSchema.optional().describe('It has started again within so long: updates of the kernel take effect.'),
    level: levelKey('warn'),
  })
  .refine(({ min, max }) => min !== undefined || max !== undefined, { error: 'write min or max' })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, { error: 'min is above max' });
type With = z.infer<typeof withSchema>;

/** How long the host has been up. */
export const uptime: HostCheckType<With> = {
  name: 'uptime',
  place: 'host',
  title: { en: 'Time since the start of the host', 'zh-CN': '运行时长' },
  withSchema,
  probe: `
{ read -r up idle </proc/uptime; } 2>/dev/null || deny "/proc/uptime cannot be read"
echo "$up"`,
  words: () => [],
  judge({ min = 0, max, level }, { lines }) {
    const seconds = lines.length === 1 ? figure(lines[0]) : undefined;
    if (seconds === undefined) return { state: 'error', message: 'the host did not tell how long it has been up' };
    const range = `${min / 1000}:${max === undefined ? '' : max / 1000}`;
    const { measure, state } = measured(
      { name: 'uptime', value: Math.floor(seconds), unit: 's', min: 0 },
      { [level]: range },
    );
    const up = formatDuration(seconds * 1000);
    if (state === 'pass') return { state, message: `up for ${up}`, measures: [measure] };
    return seconds * 1000 < min
      ? {
          state,
          message: `up for only ${up}: it has been restarted`,
          measures: [measure],
          next: 'Ask who restarted it; look at the end of the log before: journalctl -b -1 -e, or last -x.',
        }
      : {
          state,
          message: `up for ${up}: it has not been restarted for too long`,
          measures: [measure],
          next: 'Plan a restart in a maintenance window.',
        };
  },
};
