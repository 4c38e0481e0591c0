import { z } from 'zod';
import { formatSize } from '../../core/units.ts';
import { limitKeys, measured } from '../judging/limits.ts';
import { rounded } from '../reading/answer-lines.ts';
import { meminfo, meminfoProbe } from '../reading/meminfo.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject({
  required: z.boolean().default(false).describe('A host without swap fails; otherwise there is nothing to look at.'),
  ...limitKeys({ warn: 50, fail: 80 }),
});
type With = z.infer<typeof withSchema>;

/** Swap in use, in percent. */
export const swap: HostCheckType<With> = {
  name: 'swap',
  place: 'host',
  title: { en: 'Swap', 'zh-CN': '交换空间' },
  withSchema,
  probe: meminfoProbe,
  words: () => [],
  judge({ required, ...limits }, { lines }) {
    const facts = meminfo(lines);
    const total = facts?.get('SwapTotal');
    const free = facts?.get('SwapFree');
    if (total === undefined || free === undefined || free > total)
      return { state: 'error', message: 'the host did not tell its swap' };
    if (total === 0)
      return required
        ? {
            state: 'fail',
            message: 'the host has no swap',
            next: 'Make a swap file or partition and write it into /etc/fstab.',
          }
        : { state: 'not-applicable', message: 'the host has no swap' };
    const percent = rounded(((total - free) / total) * 100, 1);
    const { measure, state } = measured({ name: 'used', value: percent, unit: '%', min: 0, max: 100 }, limits);
    return {
      state,
      message: `swap ${percent} % used, ${formatSize(free)} of ${formatSize(total)} free`,
      measures: [measure],
      ...(state === 'pass'
        ? {}
        : { next: 'Look at memory first: swap that is in use and quiet does no harm, see vmstat 1 5.' }),
    };
  },
};
