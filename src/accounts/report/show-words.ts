import type { Employment } from '../model.ts';
import type { EntryState } from './entries.ts';

interface Both {
  en: string;
  'zh-CN': string;
}

const states: Readonly<Record<EntryState, Both>> = {
  planned: { en: 'not done', 'zh-CN': '未执行' },
  kept: { en: 'kept by decision', 'zh-CN': '决定保留' },
  unanswered: { en: 'nobody answered in time', 'zh-CN': '逾期无人答复' },
  left: { en: 'left as it is', 'zh-CN': '未处理' },
  part: { en: 'IN PART', 'zh-CN': '部分完成' },
  done: { en: 'done', 'zh-CN': '已完成' },
  restored: { en: 'taken back', 'zh-CN': '已恢复' },
};

const employments: Readonly<Record<Employment, Both>> = {
  active: { en: 'employed', 'zh-CN': '在职' },
  future: { en: 'not employed yet', 'zh-CN': '尚未入职' },
  left: { en: 'LEFT', 'zh-CN': '已离职' },
  unclear: { en: 'the sources contradict each other', 'zh-CN': '来源相互矛盾' },
};

const uses = {
  person: { en: 'of a person', 'zh-CN': '个人' },
  service: { en: 'of a program', 'zh-CN': '程序' },
  shared: { en: 'shared', 'zh-CN': '共享' },
  default: { en: 'comes with the system', 'zh-CN': '系统自带' },
};

const texts = {
  run: { en: 'run', 'zh-CN': '运行' },
  entries: { en: 'Accounts of the plan', 'zh-CN': '计划中的账号' },
  planned: { en: 'planned', 'zh-CN': '计划' },
  done: { en: 'done', 'zh-CN': '已做' },
  notDone: { en: 'not done', 'zh-CN': '未做' },
  cutOff: { en: 'begun, how far is not known', 'zh-CN': '已开始，进度不明' },
  reason: { en: 'reason', 'zh-CN': '原因' },
  decided: { en: 'decided', 'zh-CN': '决定' },
  unanswered: { en: 'lines that nobody answered in time', 'zh-CN': '逾期无人答复的行数' },
  do: { en: 'carry out', 'zh-CN': '执行' },
  keep: { en: 'keep', 'zh-CN': '保留' },
  restored: { en: 'taken back', 'zh-CN': '已恢复' },
  conflicts: { en: 'left as somebody else had changed it', 'zh-CN': '他人已改动而未恢复' },
  approval: { en: 'approved', 'zh-CN': '已批准' },
  rejection: { en: 'rejected', 'zh-CN': '已拒绝' },
  words: { en: 'Approvals', 'zh-CN': '审批' },
  by: { en: 'by', 'zh-CN': '由' },
  readNow: { en: 'read just now', 'zh-CN': '刚刚读取' },
  recorded: {
    en: 'from the record; sources and directories were not asked',
    'zh-CN': '来自记录；未读取来源和目录',
  },
  noAudit: { en: 'there is no audit in the record', 'zh-CN': '记录中没有审计' },
  person: { en: 'person', 'zh-CN': '人员' },
  employee: { en: 'employee number', 'zh-CN': '工号' },
  login: { en: 'login', 'zh-CN': '登录名' },
  mail: { en: 'mail', 'zh-CN': '邮箱' },
  place: { en: 'department, post', 'zh-CN': '部门、岗位' },
  head: { en: 'head', 'zh-CN': '主管' },
  employment: { en: 'employment', 'zh-CN': '在职情况' },
  from: { en: 'from', 'zh-CN': '自' },
  until: { en: 'until', 'zh-CN': '至' },
  where: { en: 'stands in', 'zh-CN': '出处' },
  unclear: { en: 'unclear', 'zh-CN': '不明' },
  account: { en: 'account', 'zh-CN': '账号' },
  entry: { en: 'entry', 'zh-CN': '条目' },
  key: { en: 'key', 'zh-CN': '键' },
  state: { en: 'state', 'zh-CN': '状态' },
  inHold: { en: 'in the hold area', 'zh-CN': '位于保留区' },
  belongs: { en: 'belongs to', 'zh-CN': '属于' },
  use: { en: 'kind', 'zh-CN': '类型' },
  lastUse: { en: 'last used', 'zh-CN': '最后使用' },
  orBefore: { en: 'or before', 'zh-CN': '或更早' },
  never: { en: 'never', 'zh-CN': '从未' },
  unknown: { en: 'unknown', 'zh-CN': '未知' },
  created: { en: 'made', 'zh-CN': '创建' },
  password: { en: 'password of', 'zh-CN': '密码设置' },
  neverExpires: { en: 'never expires', 'zh-CN': '永不过期' },
  expires: { en: 'ends', 'zh-CN': '到期' },
  secondFactor: { en: 'second factor', 'zh-CN': '双因素' },
  bound: { en: 'bound', 'zh-CN': '已绑定' },
  unbound: { en: 'NOT BOUND', 'zh-CN': '未绑定' },
  privileged: { en: 'privileged', 'zh-CN': '特权' },
  untouchable: { en: 'never touched', 'zh-CN': '不可处理' },
  owner: { en: 'owner', 'zh-CN': '责任人' },
  rights: { en: 'rights', 'zh-CN': '权限' },
  right: { en: 'right', 'zh-CN': '权限' },
  held: { en: 'held', 'zh-CN': '持有' },
  missing: { en: 'MISSING', 'zh-CN': '缺少' },
  due: { en: 'due by', 'zh-CN': '依据' },
  notDue: { en: 'not of the role', 'zh-CN': '超出岗位' },
  noRole: { en: 'the matrix does not say', 'zh-CN': '矩阵未涉及' },
  findings: { en: 'findings', 'zh-CN': '发现' },
  hold: { en: 'disabled by a run', 'zh-CN': '由运行停用' },
  deletable: { en: 'deleted by a later run from', 'zh-CN': '最早可删除' },
  notDeleted: { en: 'its runbook does not delete it', 'zh-CN': '运行手册不删除' },
  deleted: { en: 'deleted', 'zh-CN': '已删除' },
  history: { en: 'changes by oaops', 'zh-CN': 'oaops 所做变更' },
  noHistory: { en: 'none', 'zh-CN': '无' },
  notThere: { en: 'not among what was read now', 'zh-CN': '本次读取中不存在' },
} satisfies Record<string, Both>;

/** Labels and words of `oaops account show`, in one language. */
export function showWords(lang: string) {
  const language: keyof Both = lang === 'zh-CN' ? 'zh-CN' : 'en';
  const own = Object.fromEntries(Object.entries(texts).map(([key, both]) => [key, both[language]])) as Record<
    keyof typeof texts,
    string
  >;
  return {
    ...own,
    ago: (age: string) => (language === 'zh-CN' ? `${age} 前` : `${age} ago`),
    stateOf: (state: EntryState) => states[state][language],
    employmentOf: (employment: Employment) => employments[employment][language],
    useOf: (use: keyof typeof uses) => uses[use][language],
  };
}
