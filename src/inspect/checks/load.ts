import { z } from 'zod';
import { limitKeys, measured } from '../judging/limits.ts';
import { figure, rounded, told, whole } from '../reading/answer-lines.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z
  .strictObject({
    minutes: z
      .union([z.literal(1), z.literal(5), z.literal(15)])
      .default(5)
      .describe('Over how many minutes.'),
    perCpu: z.boolean().default(true).describe('Divided by the number of CPUs.'),
    ...limitKeys(),
  })
  .refine(({ perCpu, warn, fail }) => perCpu || warn !== undefined || fail !== undefined, {
    error: 'without perCpu, thresholds are needed: write warn or fail',
  });
type With = z.infer<typeof withSchema>;

/** The load average; without thresholds 1 and 2 for each CPU. */
export const load: HostCheckType<With> = {
  name: 'load',
  place: 'host',
  title: { en: 'Load', 'zh-CN': '系统负载' },
  withSchema,
  probe: `
{ read -r line </proc/loadavg; } 2>/dev/null || deny "/proc/loadavg cannot be read"
echo "load $line"
{ read -r line </sys/devices/system/cpu/online; } 2>/dev/null && echo "online $line"
echo "count $(grep -c '^processor' /proc/cpuinfo 2>/dev/null)"`,
  words: () => [],
  judge({ minutes, perCpu, ...written }, { lines }) {
    const facts = told(lines);
    const averages = /^(\S+) (\S+) (\S+) \d+\/\d+ \d+$/
      .exec(facts.get('load') ?? '')
      ?.slice(1)
      .map(figure);
    if (averages === undefined || averages.includes(undefined))
      return { state: 'error', message: 'the host did not tell its load' };
    const cpus = cpusOf(facts.get('online')) ?? whole(facts.get('count')) ?? 0;
    if (perCpu && cpus === 0) return { state: 'error', message: 'the host did not tell how many CPUs it has' };
    const limits = written.warn === undefined && written.fail === undefined && perCpu ? { warn: 1, fail: 2 } : written;
    const each = ([1, 5, 15] as const).map((span, index) => {
      const value = rounded(averages[index]! / (perCpu ? cpus : 1), 2);
      return {
        span,
        value,
        ...measured({ name: `load${span}`, value, unit: '', min: 0 }, span === minutes ? limits : {}),
      };
    });
    const { value, state } = each.find(({ span }) => span === minutes)!;
    return {
      state,
      message: perCpu
        ? `load over ${minutes} min is ${value} for each of ${cpus} CPUs`
        : `load over ${minutes} min is ${value}`,
      measures: each.map(({ measure }) => measure),
      ...(state === 'pass'
        ? {}
        : { next: 'Look at what runs, such as: top -b -n 1; and at what waits for disks: ps -eo state,pid,args.' }),
    };
  },
};

/** How many `0-3,5` are. */
function cpusOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return undefined;
  return text.split(',').reduce((sum, part) => {
    const [from, to = from] = part.split('-').map(Number) as [number, number?];
    return sum + to - from + 1;
  }, 0);
}
