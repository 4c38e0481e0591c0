import type { Procedure } from './types.ts';

/** Reports, records, improvement, people. */
export const reportsProcedures: readonly Procedure[] = [
  {
    id: 'RP-01',
    title: { en: 'Run log', 'zh-CN': '运行日志' },
    stated: { en: 'daily', 'zh-CN': '每日' },
    cadence: { every: 'daily' },
    byItself: true,
    figures: { en: 'kept by itself from what was done', 'zh-CN': '由所做的操作自动形成' },
  },
  {
    id: 'RP-02',
    title: { en: 'Monthly operation report', 'zh-CN': '月度运行报告' },
    stated: { en: 'monthly, to management', 'zh-CN': '每月，报管理层' },
    cadence: { every: 'monthly' },
    figures: {
      en: 'availability, incidents and service levels, backups, drills, patches, inspections, accounts, audits; charts; export to spreadsheet and PDF/print',
      'zh-CN': '可用率、事件与服务级别、备份、演练、补丁、巡检、账号、审计；图表；导出表格和 PDF/打印',
    },
  },
  {
    id: 'RP-03',
    title: { en: 'Half-yearly review', 'zh-CN': '半年评估' },
    stated: { en: 'half-yearly', 'zh-CN': '每半年' },
    cadence: { every: 'half-yearly' },
    figures: {
      en: 'monitoring data, backup success, patch records, repair times, feedback, each against its target; improvement plan: goal, measure, owner, due date, expected effect',
      'zh-CN':
        '监控数据、备份成功率、补丁记录、修复时间、反馈，逐项对照目标；改进计划：目标、措施、责任人、期限、预期效果',
    },
  },
  {
    id: 'RP-04',
    title: { en: 'Records archive', 'zh-CN': '维护记录归档' },
    stated: { en: 'always', 'zh-CN': '始终' },
    cadence: { every: 'always' },
    figures: {
      en: 'backup logs, change records, incident reports complete and findable',
      'zh-CN': '备份日志、变更记录、事件报告完整可查',
    },
  },
  {
    id: 'RP-05',
    title: { en: 'Security audit', 'zh-CN': '安全审计' },
    stated: { en: 'monthly', 'zh-CN': '每月' },
    cadence: { every: 'monthly' },
    figures: { en: "who did what; the record can't be altered unnoticed", 'zh-CN': '谁做了什么；记录不能被悄悄篡改' },
  },
  {
    id: 'RP-06',
    title: { en: 'Notices', 'zh-CN': '消息通知' },
    stated: { en: 'as it happens', 'zh-CN': '随时' },
    cadence: { every: 'event' },
    figures: {
      en: 'mail, DingTalk, WeCom; urgent ones stand out; weekend digest of what is still open',
      'zh-CN': '邮件、钉钉、企业微信；紧急的突出显示；周末汇总未结事项',
    },
  },
  {
    id: 'RP-07',
    title: { en: 'Satisfaction survey', 'zh-CN': '满意度调查' },
    stated: { en: 'monthly / quarterly / half-yearly', 'zh-CN': '每月、每季度或每半年' },
    cadence: { every: 'monthly' },
    figures: {
      en: 'scores 1-5 imported, low scores listed with their words',
      'zh-CN': '导入 1-5 分评分，列出低分及其原话',
    },
  },
  {
    id: 'RP-08',
    title: { en: 'Training and drills of people', 'zh-CN': '培训' },
    stated: { en: 'quarterly; newcomers within a week', 'zh-CN': '每季度；新员工一周内' },
    cadence: { every: 'quarterly' },
    figures: {
      en: 'who was trained, pass rate >= 95 %, certificates by level',
      'zh-CN': '谁参加了培训，通过率不低于 95 %，按级别发证',
    },
  },
  {
    id: 'RP-09',
    title: { en: 'Technology watch', 'zh-CN': '技术跟踪' },
    stated: { en: 'quarterly', 'zh-CN': '每季度' },
    cadence: { every: 'quarterly' },
    figures: { en: 'candidate, need, cost and benefit, decision', 'zh-CN': '候选、需求、成本与收益、决定' },
  },
  {
    id: 'RP-10',
    title: { en: 'Weekly project report', 'zh-CN': '项目周报' },
    stated: { en: 'Friday afternoon', 'zh-CN': '周五下午' },
    cadence: { every: 'weekly', weekday: 'fri', ifHoliday: 'previous' },
    figures: { en: 'per-day progress, people', 'zh-CN': '每日进展、人员' },
  },
];
