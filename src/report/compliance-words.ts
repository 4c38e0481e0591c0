import type { CadenceName } from '../calendar/cadence.ts';
import { addDays } from '../calendar/dates.ts';
import { areaTitles } from '../calendar/procedures/catalogue.ts';
import type { Area, BothLanguages } from '../calendar/procedures/types.ts';
import { localClock } from '../core/zoned-time.ts';
import type { Compliance, ComplianceRow } from './compliance.ts';
import type { Evidence, PeriodState } from './evaluate.ts';
import type { Exception } from './exceptions.ts';

type Language = keyof BothLanguages;

const words = {
  en: {
    title: 'Compliance with the handbook procedures',
    about: 'What was due, and what the record shows of it',
    days: 'Days',
    timeZone: 'Time zone',
    made: 'Made',
    since: 'The record tells from',
    carriedOut: 'carried out in time',
    late: 'late',
    missed: 'missed, or tried and not done',
    open: 'overdue or due now',
    id: 'ID',
    procedure: 'Procedure',
    cadence: 'Cadence',
    done: 'Done',
    last: 'Last carried out',
    period: 'Period',
    due: 'Due',
    state: 'State',
    ended: 'Ended',
    by: 'By',
    run: 'Run',
    runbook: 'Runbook',
    attempts: 'Attempts',
    reason: 'Reason',
    legend: 'Signs',
    number: 'runs on days without a due date; under a sign, how many periods',
    allPeriods: 'Every period',
    exceptions: 'What needs an explanation',
    noExceptions: 'Nothing: everything that was due was done in time.',
    evidence: 'Done without dates',
    noDates: 'no dates',
    byItself: 'by itself',
    notApplicable: 'does not apply',
    changed: 'changed by the site',
    never: 'never',
    findings: 'with findings',
    dayOff: 'day off',
    notAnnounced: 'nobody has announced',
    note: 'A run counts when its plan names the procedure and it ended well, or, of an inspection, was made to its end. It is on time when it was begun in the period and ended before it was due.',
  },
  'zh-CN': {
    title: '规程执行情况',
    about: '应办事项及记录中的执行情况',
    days: '日期',
    timeZone: '时区',
    made: '生成时间',
    since: '记录起始',
    carriedOut: '按时完成',
    late: '逾期完成',
    missed: '未办或未成功',
    open: '逾期未办或当前应办',
    id: '编号',
    procedure: '规程',
    cadence: '周期',
    done: '完成',
    last: '最近一次执行',
    period: '期间',
    due: '期限',
    state: '状态',
    ended: '结束',
    by: '执行人',
    run: '运行',
    runbook: '运行手册',
    attempts: '未成功的尝试',
    reason: '原因',
    legend: '图例',
    number: '无期限日期的运行次数；符号下方为期间数',
    allPeriods: '全部期间',
    exceptions: '需要说明的事项',
    noExceptions: '没有：应办事项均已按时完成。',
    evidence: '无固定日期的执行记录',
    noDates: '无固定日期',
    byItself: '自动形成',
    notApplicable: '不适用',
    changed: '本单位已调整',
    never: '从未执行',
    findings: '发现问题',
    dayOff: '休息日',
    notAnnounced: '尚未公布',
    note: '运行的计划写明该规程并成功结束（巡检则为完整执行）才计入。在期间内开始并在期限前结束为按时。',
  },
};

const states: Record<PeriodState, BothLanguages> = {
  'on-time': { en: 'on time', 'zh-CN': '按时' },
  late: { en: 'late', 'zh-CN': '逾期完成' },
  failed: { en: 'tried, not done', 'zh-CN': '未成功' },
  missed: { en: 'missed', 'zh-CN': '未办' },
  overdue: { en: 'overdue', 'zh-CN': '逾期' },
  due: { en: 'due', 'zh-CN': '应办' },
  running: { en: 'under way', 'zh-CN': '进行中' },
  'not-yet-due': { en: 'not yet due', 'zh-CN': '未到期' },
  skipped: { en: 'not due', 'zh-CN': '无需办理' },
  unknown: { en: 'unknown', 'zh-CN': '未知' },
  'before-record': { en: 'before the record', 'zh-CN': '记录之前' },
};

const cadences: Record<CadenceName, BothLanguages> = {
  hourly: { en: 'hourly', 'zh-CN': '每小时' },
  'every-shift': { en: 'every shift', 'zh-CN': '每班' },
  daily: { en: 'daily', 'zh-CN': '每日' },
  'working-days': { en: 'every working day', 'zh-CN': '每个工作日' },
  weekly: { en: 'weekly', 'zh-CN': '每周' },
  monthly: { en: 'monthly', 'zh-CN': '每月' },
  'month-end': { en: 'last working day of the month', 'zh-CN': '每月最后一个工作日' },
  quarterly: { en: 'quarterly', 'zh-CN': '每季度' },
  'quarter-end': { en: 'end of each quarter', 'zh-CN': '每季度末' },
  'half-yearly': { en: 'half-yearly', 'zh-CN': '每半年' },
  yearly: { en: 'yearly', 'zh-CN': '每年' },
  event: { en: 'at an event', 'zh-CN': '按需' },
  always: { en: 'always', 'zh-CN': '始终' },
};

/** One sign each, told apart without colours. */
export const signs: Readonly<Record<PeriodState, string>> = {
  'on-time': '✓',
  late: '△',
  failed: '⊗',
  missed: '✗',
  overdue: '!',
  due: '○',
  running: '◌',
  'not-yet-due': '·',
  skipped: '–',
  unknown: '?',
  'before-record': '‹',
};

/** Texts of the documents in one language. */
export function complianceWords(lang: string) {
  const language: Language = lang === 'zh-CN' ? 'zh-CN' : 'en';
  const own = words[language];
  return {
    ...own,
    language,
    in: (both: BothLanguages) => both[language],
    area: (id: string) => areaTitles[id.slice(0, 2) as Area][language],
    stateOf: (state: PeriodState) => states[state][language],
    /** In the words of the handbook; the cadence that the site has set. */
    cadenceOf: ({ stated, cadence, changed }: ComplianceRow) =>
      changed ? `${cadences[cadence][language]} (${own.changed})` : stated[language],
    /** `61/62`, `3×`, or why there is nothing to count. */
    doneOf: (row: ComplianceRow) => {
      if (row.notApplicable !== null) return own.notApplicable;
      if (row.byItself) return own.byItself;
      if (row.periods.length === 0)
        return ['event', 'always'].includes(row.cadence) || row.runs.done > 0 ? `${row.runs.done}×` : '–';
      return row.due === 0 ? '–' : `${row.done}/${row.due}`;
    },
    /** `FIRST … LAST (3)`. */
    keyOf: ({ key, count }: Exception) => (count > 1 ? `${key} (${count})` : key),
    because: (state: PeriodState, because: string | null) =>
      because === null ? '' : `${because}: ${state === 'unknown' ? own.notAnnounced : own.dayOff}`,
  };
}

export type ComplianceWords = ReturnType<typeof complianceWords>;

/** Local time to the minute; the end of a day is told as its 24:00. */
export function timeIn({ timeZone }: Pick<Compliance, 'timeZone'>, iso: string, isEnd = false): string {
  const { date, time } = localClock(timeZone).at(Date.parse(iso));
  return isEnd && time === '00:00' ? `${addDays(date, -1)} 24:00` : `${date} ${time}`;
}

/** When it ended; of one that has not, when it began. */
export function momentOf({ begun, ended }: Evidence): string {
  return ended ?? begun;
}
