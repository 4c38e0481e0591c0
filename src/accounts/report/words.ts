import { type AccountState, type FindingType, findingNames } from '../model.ts';
import type { Verdict } from '../policy/judge.ts';
import { valueText } from '../policy/report.ts';
import type { KnownException } from '../record/audits.ts';
import type { Weight } from './severity.ts';

interface Both {
  en: string;
  'zh-CN': string;
}

const weights: Readonly<Record<Weight, Both>> = {
  severe: { en: 'severe', 'zh-CN': '严重' },
  serious: { en: 'serious', 'zh-CN': '较重' },
  minor: { en: 'minor', 'zh-CN': '一般' },
  unknown: { en: 'not judged', 'zh-CN': '未判定' },
};

const states: Readonly<Record<AccountState | 'held', Both>> = {
  enabled: { en: 'enabled', 'zh-CN': '启用' },
  disabled: { en: 'disabled', 'zh-CN': '停用' },
  unknown: { en: 'state unknown', 'zh-CN': '状态未知' },
  held: { en: 'held', 'zh-CN': '保留区' },
};

const verdicts: Readonly<Record<Verdict, Both>> = {
  enforced: { en: 'enforced', 'zh-CN': '已执行' },
  weaker: { en: 'weaker than required', 'zh-CN': '低于要求' },
  'not-set': { en: 'not set', 'zh-CN': '未设置' },
  'not-told': { en: 'not told', 'zh-CN': '无法得知' },
  told: { en: 'nothing required', 'zh-CN': '无要求' },
};

/** Names of rules for passwords; what directories call otherwise stays as it is. */
const rules: Readonly<Record<string, Both>> = {
  'min-length': { en: 'minimum length', 'zh-CN': '最小长度' },
  classes: { en: 'classes of characters', 'zh-CN': '字符类别' },
  'max-age': { en: 'maximum age', 'zh-CN': '最长使用期限' },
  'min-age': { en: 'minimum age', 'zh-CN': '最短使用期限' },
  history: { en: 'history', 'zh-CN': '历史密码' },
  lockout: { en: 'lockout', 'zh-CN': '锁定阈值' },
  'lockout-duration': { en: 'lockout duration', 'zh-CN': '锁定时长' },
  'quality-check': { en: 'quality check', 'zh-CN': '质量检查' },
  'second-factor': { en: 'second factor', 'zh-CN': '双因素' },
  'second-factor-bound': { en: 'second factor bound', 'zh-CN': '双因素绑定' },
  'warn-age': { en: 'warning before the end', 'zh-CN': '到期提醒' },
  'must-change': { en: 'change at first login', 'zh-CN': '首次登录改密' },
  'ssh-methods': { en: 'methods of ssh', 'zh-CN': 'ssh 登录方式' },
  'ssh-password': { en: 'passwords by ssh', 'zh-CN': 'ssh 密码登录' },
  policy: { en: 'policy', 'zh-CN': '策略' },
  unknown: { en: 'unknown', 'zh-CN': '未知' },
};

const units = {
  characters: '个字符',
  classes: '类',
  days: '天',
  seconds: '秒',
  passwords: '个密码',
  attempts: '次',
};

const texts = {
  title: { en: 'Accounts against people', 'zh-CN': '账号审计报告' },
  policyTitle: { en: 'Password policies and second factors', 'zh-CN': '密码策略与双因素报告' },
  run: { en: 'Run', 'zh-CN': '运行' },
  runbook: { en: 'Runbook', 'zh-CN': '运行手册' },
  status: { en: 'Status', 'zh-CN': '状态' },
  at: { en: 'Made', 'zh-CN': '时间' },
  notRead: { en: 'NOT READ OR NOT JUDGED', 'zh-CN': '未读取或未判定' },
  notReadAbout: {
    en: 'Nothing is known there. No finding does not mean that nothing is wrong.',
    'zh-CN': '以下部分情况不明：没有发现不等于没有问题。',
  },
  wholeRead: { en: 'Everything was read and judged.', 'zh-CN': '全部来源和目录均已读取并判定。' },
  filter: { en: 'Only a part is shown', 'zh-CN': '仅显示部分内容' },
  sources: { en: 'Sources of people', 'zh-CN': '人员来源' },
  source: { en: 'Source', 'zh-CN': '来源' },
  people: { en: 'People', 'zh-CN': '人数' },
  export: { en: 'Exported on', 'zh-CN': '导出日期' },
  directories: { en: 'Directories', 'zh-CN': '目录' },
  directory: { en: 'Directory', 'zh-CN': '目录' },
  accounts: { en: 'Accounts', 'zh-CN': '账号数' },
  readState: { en: 'Read', 'zh-CN': '读取' },
  whole: { en: 'whole', 'zh-CN': '完整' },
  partial: { en: 'IN PART', 'zh-CN': '不完整' },
  unread: { en: 'NOT READ', 'zh-CN': '未读取' },
  overview: { en: 'Findings by directory', 'zh-CN': '按目录统计' },
  finding: { en: 'Finding', 'zh-CN': '发现' },
  weight: { en: 'Weight', 'zh-CN': '程度' },
  total: { en: 'Total', 'zh-CN': '合计' },
  new: { en: 'New', 'zh-CN': '新增' },
  isNew: { en: 'new', 'zh-CN': '新增' },
  none: { en: 'No findings.', 'zh-CN': '没有发现问题。' },
  noneInRead: { en: 'No findings in what was read.', 'zh-CN': '已读取的部分没有发现问题。' },
  noneOfAccounts: { en: 'No findings about accounts.', 'zh-CN': '账号没有发现问题。' },
  noneOfAccountsInRead: {
    en: 'No findings about accounts in what was read.',
    'zh-CN': '账号在已读取的部分没有发现问题。',
  },
  weakRules: { en: 'Rules that are weak or not set', 'zh-CN': '低于要求或未设置的规则' },
  noComparison: {
    en: 'There is no earlier whole audit of this runbook to compare with.',
    'zh-CN': '该运行手册没有更早的完整审计可供比较。',
  },
  gone: { en: 'Gone since then', 'zh-CN': '此后已消失' },
  account: { en: 'Account', 'zh-CN': '账号' },
  name: { en: 'Entry', 'zh-CN': '条目' },
  key: { en: 'Key', 'zh-CN': '键' },
  person: { en: 'Person', 'zh-CN': '人员' },
  department: { en: 'Department', 'zh-CN': '部门' },
  evidence: { en: 'Evidence', 'zh-CN': '依据' },
  figure: { en: 'Figure', 'zh-CN': '标准' },
  rights: { en: 'Rights', 'zh-CN': '权限' },
  unconfirmed: { en: 'to be confirmed', 'zh-CN': '待确认' },
  yes: { en: 'yes', 'zh-CN': '是' },
  exceptions: { en: 'Exceptions that held', 'zh-CN': '生效的例外' },
  expired: { en: 'Exceptions that are over', 'zh-CN': '已到期的例外' },
  until: { en: 'until', 'zh-CN': '至' },
  remarks: { en: 'Remarks', 'zh-CN': '说明' },
  policies: { en: 'Rules for passwords and second factors', 'zh-CN': '密码与双因素规则' },
  scope: { en: 'Scope', 'zh-CN': '范围' },
  rule: { en: 'Rule', 'zh-CN': '规则' },
  value: { en: 'Value', 'zh-CN': '值' },
  required: { en: 'Required', 'zh-CN': '要求' },
  verdict: { en: 'Verdict', 'zh-CN': '结论' },
  except: { en: 'Except for', 'zh-CN': '例外账号' },
  from: { en: 'Read from', 'zh-CN': '读取自' },
  before: { en: 'before', 'zh-CN': '此前' },
  changed: { en: 'Changed since the run before', 'zh-CN': '与上次相比的变化' },
  secondFactor: { en: 'Second factor by account', 'zh-CN': '双因素绑定情况' },
  whose: { en: 'Accounts', 'zh-CN': '账号范围' },
  all: { en: 'all', 'zh-CN': '全部' },
  privileged: { en: 'privileged', 'zh-CN': '特权' },
  bound: { en: 'Bound', 'zh-CN': '已绑定' },
  unbound: { en: 'Not bound', 'zh-CN': '未绑定' },
  untold: { en: 'Not told', 'zh-CN': '未知' },
} satisfies Record<string, Both>;

export type ReportWords = ReturnType<typeof reportWords>;

/** Texts of the report's documents in one language; what was seen is told by `say`, as it lies in the record in English. */
export function reportWords(lang: string) {
  const language: keyof Both = lang === 'zh-CN' ? 'zh-CN' : 'en';
  const colon = language === 'zh-CN' ? '：' : ': ';
  const comma = language === 'zh-CN' ? '，' : ', ';
  const own = Object.fromEntries(Object.entries(texts).map(([key, both]) => [key, both[language]])) as Record<
    keyof typeof texts,
    string
  >;
  return {
    ...own,
    language,
    colon,
    comma,
    findingOf: (type: FindingType) => findingNames[type][language],
    weightOf: (weight: Weight) => weights[weight][language],
    stateOf: (state: AccountState | 'held') => states[state][language],
    verdictOf: (verdict: Verdict) => verdicts[verdict][language],
    /** `say`: what was counted or read is told in words. */
    valueOf: (rule: Parameters<typeof valueText>[0], say: (english: string) => string) => {
      if (language === 'en') return valueText(rule);
      const { value, unit, verdict } = rule;
      if (value === null && verdict === 'not-told') return '未说明';
      if (value === null || value === false) return '未设置';
      if (typeof value === 'string') return say(value);
      return value === true ? '已设置' : `${value}${unit === undefined ? '' : ` ${units[unit]}`}`;
    },
    /** That nothing was found: of a report of policies, which judges rules too, that accounts are meant. */
    noneOf: ({ policies, unjudged }: { policies: object | null; unjudged: readonly string[] }) =>
      unjudged.length > 0
        ? own[policies ? 'noneOfAccountsInRead' : 'noneInRead']
        : own[policies ? 'noneOfAccounts' : 'none'],
    ruleOf: (rule: string) => rules[rule]?.[language] ?? rule,
    more: (count: number) => (language === 'zh-CN' ? `另有 ${count} 项` : `${count} more`),
    moreTypes: (types: number, count: number) =>
      language === 'zh-CN' ? `另有 ${types} 类 ${count}` : `${types} more ${types === 1 ? 'type' : 'types'} ${count}`,
    accountsOf: (count: number) => (language === 'zh-CN' ? `${count} 个账号` : `${count} accounts`),
    /** The first few of many. */
    suchAs: (names: readonly string[]) =>
      language === 'zh-CN' ? `如 ${names.join('、')} 等` : `such as ${names.join(', ')}`,
    /** An id, with what people call it. */
    titled: (id: string, title: string | null) =>
      title === null ? id : language === 'zh-CN' ? `${id}（${title}）` : `${id} (${title})`,
    /** `all`: all were asked for, and still there are more than a terminal is for. */
    allShown: (count: number, all = false) =>
      language === 'zh-CN'
        ? `另有 ${count} 项：用 ${all ? '' : '--verbose 或 '}--out FILE.csv 查看全部`
        : `${count} more: see all with ${all ? '' : '--verbose or '}--out FILE.csv`,
    compared: ({ run, at }: { run: string; at: string }, fresh: number, gone: number) =>
      language === 'zh-CN'
        ? `与 ${moment(at)} 的运行 ${run} 相比：新增 ${fresh} 项，消失 ${gone} 项`
        : `${fresh} new and ${gone} gone since run ${run} of ${moment(at)}`,
    blind: (ids: readonly string[]) =>
      language === 'zh-CN'
        ? `以下目录未完整读取，其中未再出现的发现不视为消失：${ids.join('、')}`
        : `not wholly read, so nothing counts as gone there: ${ids.join(', ')}`,
    /** What was accepted, until when, by whom and why; a reason is somebody's own text. */
    exceptionOf: ({ finding, account, directory, right, until, by, reason, findings: held }: KnownException) => {
      const where = [account, directory, right].filter((part) => part !== undefined).join(', ');
      const count = held > 0 ? `${comma}${held}×` : '';
      return `${findingNames[finding][language]}${colon}${where}${comma}${own.until} ${until}${count}${colon}${reason} (${by})`;
    },
    onlyThese: ({
      findings: types,
      directories,
    }: {
      findings: readonly FindingType[];
      directories: readonly string[];
    }) =>
      [
        ...(types.length > 0
          ? [`${own.finding}${colon}${types.map((type) => findingNames[type][language]).join(', ')}`]
          : []),
        ...(directories.length > 0 ? [`${own.directory}${colon}${directories.join(', ')}`] : []),
      ].join('; '),
  };
}

/** `2026-11-30 08:15 UTC`. */
export function moment(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
