import type { InspectionReport, ReportedResult } from '../../../src/inspect/assemble.ts';
import { type CheckState, checkStates } from '../../../src/inspect/types.ts';

/** What hosts and people may write: markup, quotes, what other formats take for their own, signs that a terminal obeys. */
export const hostileText =
  '<script>document.title=1</script> ]]> | # "q" \'s\' & <img src=x onerror=document.title=2> `rm` ${x} * _u_ [a](javascript:alert(3)) \\ \u001b[31mred \u202eflip \u0000 \ufffe 王小明 🔥';

function result(check: string, state: CheckState, more: Partial<ReportedResult> = {}): ReportedResult {
  return {
    check,
    section: 's1',
    type: 'disk',
    host: 'web1',
    state,
    message: `${check} says ${state}`,
    measures: [],
    details: [],
    name: { en: `Check ${check}`, 'zh-CN': `检查 ${check}` },
    severity: 'major',
    new: false,
    ...more,
  };
}

export function reportOf(results: ReportedResult[], more: Partial<InspectionReport> = {}): InspectionReport {
  const counts = Object.fromEntries(checkStates.map((state) => [state, 0])) as InspectionReport['counts'];
  for (const { state } of results) counts[state]++;
  return {
    inspection: 'daily',
    version: '1.0.0',
    title: { en: 'Daily inspection', 'zh-CN': '日常巡检' },
    run: '20261130T060000Z-ab12',
    at: '2026-11-30T06:00:00.000Z',
    verdict: 'fail',
    complete: false,
    counts,
    new: 1,
    sections: [{ id: 's1', title: { en: 'Servers', 'zh-CN': '服务器' }, results }],
    ...more,
  };
}

const evidence = { name: `photo ${hostileText}.jpg`, sha256: 'ab'.repeat(32), path: '/x' };

/** Every state, and hostile text wherever text can be. */
export const hostileReport: InspectionReport = reportOf(
  [
    result('a', 'fail', {
      host: `web<1>|"'${'\n'}王`,
      message: hostileText,
      name: { en: hostileText },
      details: [hostileText, '- a list', '  indented', '...', '---'],
      next: `Do ${hostileText}`,
      new: true,
      measures: [
        { name: `/mnt/'a=b|c' ${hostileText}`, value: 91.5, unit: '%', warn: '80', fail: '~:90', min: 0, max: 100 },
        { name: 'small', value: 1.5e-7, unit: 's' },
        { name: 'big', value: 2 ** 80, unit: 'B', min: -1e-9 },
        { name: 'count', value: -3, unit: 'c' },
      ],
    }),
    result('b', 'error', { message: 'the host did not answer' }),
    result('c', 'manual-failed', { message: hostileText, by: 'li <script>', at: '2026-11-30T05:00:00.000Z', evidence }),
    result('d', 'manual-pending', { message: 'nobody has signed it yet' }),
    result('e', 'warn', { details: ['one', 'two'], next: 'Look at it.' }),
    result('f', 'waived', { waiver: { check: 'f', until: '2026-12-31', by: 'li', reason: hostileText } }),
    result('g', 'skipped', { message: 'needs a, which is fail' }),
    result('h', 'not-applicable', { message: 'there is no swap' }),
    result('i', 'pass', { measures: [{ name: 'load', value: 0.25, unit: '' }] }),
    result('j', 'manual-passed', {
      message: 'all lamps green',
      by: '王小明',
      at: '2026-11-30T05:00:00.000Z',
      evidence,
    }),
  ],
  { title: { en: `Daily ${hostileText}`, 'zh-CN': `日检 ${hostileText}` } },
);

/** So many results that all is in proportion: a tenth is bad. */
export function largeReport(count: number): InspectionReport {
  const results = Array.from({ length: count }, (_, index) =>
    result(`check-${index % 100}`, index % 10 === 0 ? 'fail' : 'pass', {
      host: `web${Math.floor(index / 100)}`,
      message: `/var ${index % 97} % used, 12 GiB left`,
      measures: [{ name: '/var', value: index % 97, unit: '%', warn: '80', fail: '90', min: 0, max: 100 }],
      ...(index % 10 === 0 ? { details: ['/var/log grows', '/var/lib grows'], next: 'Look for what grows.' } : {}),
    }),
  );
  return reportOf(results);
}
