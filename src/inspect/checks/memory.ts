import { z } from 'zod';
import { formatSize } from '../../core/units.ts';
import { limitKeys, measured } from '../judging/limits.ts';
import { rounded } from '../reading/answer-lines.ts';
import { meminfo, meminfoProbe } from '../reading/meminfo.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject(limitKeys({ warn: 85, fail: 95 }));
type With = z.infer<typeof withSchema>;

/** Memory that programs cannot get any more, in percent: caches that the kernel gives back count as free. */
export const memory: HostCheckType<With> = {
  name: 'memory',
  place: 'host',
  title: { en: 'Memory', 'zh-CN': '内存' },
  withSchema,
  probe: meminfoProbe,
  words: () => [],
  judge(limits, { lines }) {
    const facts = meminfo(lines);
    const total = facts?.get('MemTotal');
    if (!facts || total === undefined || total === 0)
      return { state: 'error', message: 'the host did not tell its memory' };
    const told = facts.get('MemAvailable');
    const available = told ?? estimated(facts);
    if (available === undefined || available > total)
      return { state: 'error', message: 'the host did not tell its memory' };
    const percent = rounded(((total - available) / total) * 100, 1);
    const { measure, state } = measured({ name: 'used', value: percent, unit: '%', min: 0, max: 100 }, limits);
    return {
      state,
      message: `memory ${percent} % used, ${formatSize(available)} of ${formatSize(total)} available`,
      measures: [measure, { name: 'available', value: available, unit: 'B', min: 0, max: total }],
      ...(told === undefined
        ? { details: ['this kernel does not tell what is available: estimated from free memory and caches'] }
        : {}),
      ...(state === 'pass' ? {} : { next: 'Look for the largest programs: ps -eo rss,pid,args | sort -rn | head.' }),
    };
  },
};

/** Kernels before 3.14. Shared memory is counted as cache and is not given back. */
function estimated(facts: ReadonlyMap<string, number>): number | undefined {
  const [free, buffers, cached] = ['MemFree', 'Buffers', 'Cached'].map((name) => facts.get(name));
  if (free === undefined || buffers === undefined || cached === undefined) return undefined;
  return free + buffers + Math.max(0, cached - (facts.get('Shmem') ?? 0)) + (facts.get('SReclaimable') ?? 0);
}
