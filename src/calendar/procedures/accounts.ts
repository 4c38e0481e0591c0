import type { Procedure } from './types.ts';

/** Accounts and access. */
export const accountsProcedures: readonly Procedure[] = [
  {
    id: 'AC-01',
    title: { en: 'Account opening', 'zh-CN': '账号开通' },
    stated: { en: 'on demand', 'zh-CN': '按需' },
    cadence: { every: 'event' },
    figures: { en: 'request -> department head approves -> IT opens', 'zh-CN': '申请、部门负责人审批、IT 开通' },
  },
  {
    id: 'AC-02',
    title: { en: 'Role-based rights', 'zh-CN': '权限分配' },
    stated: { en: 'on demand', 'zh-CN': '按需' },
    cadence: { every: 'event' },
    figures: { en: 'by department and post, least privilege', 'zh-CN': '按部门和岗位，最小权限' },
  },
  {
    id: 'AC-03',
    title: { en: 'Change and revocation', 'zh-CN': '变更与回收' },
    stated: { en: 'at transfer or departure', 'zh-CN': '调岗或离职时' },
    cadence: { every: 'event' },
    figures: { en: 'at once', 'zh-CN': '立即' },
  },
  {
    id: 'AC-04',
    title: { en: 'Account cleanup', 'zh-CN': '账号清理' },
    stated: { en: 'regularly (monthly)', 'zh-CN': '定期（每月）' },
    cadence: { every: 'monthly' },
    figures: { en: 'leavers, dormant, orphaned, duplicate accounts', 'zh-CN': '离职、休眠、无主、重复账号' },
  },
  {
    id: 'AC-05',
    title: { en: 'Rights review', 'zh-CN': '权限审计' },
    stated: { en: 'monthly', 'zh-CN': '每月' },
    cadence: { every: 'monthly' },
    figures: {
      en: 'rights held against rights due; all data access is logged',
      'zh-CN': '实有权限与应有权限对照；所有数据访问留有日志',
    },
  },
  {
    id: 'AC-06',
    title: { en: 'Password policy and second factor', 'zh-CN': '密码策略与双因素' },
    stated: { en: 'regularly', 'zh-CN': '定期' },
    cadence: { every: 'monthly' },
    figures: {
      en: 'complexity enforced, second factor bound, exceptions listed',
      'zh-CN': '强制复杂度，绑定双因素，列出例外',
    },
  },
  {
    id: 'AC-07',
    title: { en: 'Sensitive operations need a second person', 'zh-CN': '敏感操作审批' },
    stated: { en: 'always', 'zh-CN': '始终' },
    cadence: { every: 'always' },
    figures: {
      en: 'e.g. deleting, restoring over production, changing a template',
      'zh-CN': '例如删除、覆盖生产的恢复、修改模板',
    },
  },
];
