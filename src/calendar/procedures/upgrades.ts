import type { Procedure } from './types.ts';

/** Patches and upgrades. */
export const upgradesProcedures: readonly Procedure[] = [
  {
    id: 'UP-01',
    title: { en: 'Patch check', 'zh-CN': '补丁检查' },
    stated: { en: 'monthly', 'zh-CN': '每月' },
    cadence: { every: 'monthly' },
    figures: { en: 'high-risk vulnerabilities first', 'zh-CN': '高危漏洞优先' },
  },
  {
    id: 'UP-02',
    title: { en: 'Upgrade plan', 'zh-CN': '升级计划' },
    stated: { en: 'end of each quarter, for the next', 'zh-CN': '每季度末，为下一季度' },
    cadence: { every: 'quarter-end' },
    figures: { en: 'version, contents, time window', 'zh-CN': '版本、内容、时间窗口' },
  },
  {
    id: 'UP-03',
    title: { en: 'Risk assessment', 'zh-CN': '风险评估' },
    stated: { en: 'each upgrade', 'zh-CN': '每次升级' },
    cadence: { every: 'event' },
    figures: {
      en: 'business impact; estimated probability of abnormal operation kept within 3 %',
      'zh-CN': '业务影响；异常运行的估计概率控制在 3 % 以内',
    },
  },
  {
    id: 'UP-04',
    title: { en: 'Rehearsal in the test environment', 'zh-CN': '模拟测试' },
    stated: { en: 'before each upgrade', 'zh-CN': '每次升级之前' },
    cadence: { every: 'event' },
    figures: { en: 'at least 3 rounds, covering the core functions', 'zh-CN': '至少 3 轮，覆盖核心功能' },
  },
  {
    id: 'UP-05',
    title: { en: 'Notice and freeze', 'zh-CN': '通知与冻结' },
    stated: { en: 'before each upgrade', 'zh-CN': '每次升级之前' },
    cadence: { every: 'event' },
    figures: { en: 'tell every user to pause; freeze business data', 'zh-CN': '通知所有用户暂停操作；冻结业务数据' },
  },
  {
    id: 'UP-06',
    title: { en: 'Rollout', 'zh-CN': '分批升级' },
    stated: { en: 'each upgrade', 'zh-CN': '每次升级' },
    cadence: { every: 'event' },
    figures: {
      en: 'download the package -> verify it in the test environment -> make the production rollback ready (and rehearse it) -> apply in batches of at most 500 users -> watch the system after each batch',
      'zh-CN': '下载安装包；在测试环境验证；备好生产回退并演练；每批最多 500 名用户；每批之后观察系统',
    },
  },
  {
    id: 'UP-07',
    title: { en: 'Watch and rollback', 'zh-CN': '升级后监控与回滚' },
    stated: { en: '72 hours after', 'zh-CN': '升级后 72 小时' },
    cadence: { every: 'event' },
    figures: {
      en: 'closer monitoring, user feedback collected, a serious problem rolls back at once',
      'zh-CN': '加强监控，收集用户反馈，严重问题立即回滚',
    },
  },
  {
    id: 'UP-08',
    title: { en: 'Server installation and upgrade', 'zh-CN': '服务器安装升级' },
    stated: { en: 'on demand', 'zh-CN': '按需' },
    cadence: { every: 'event' },
    figures: {
      en: 'prepare and check the environment, install, test access, hand over',
      'zh-CN': '准备并检查环境，安装，测试访问，移交',
    },
  },
  {
    id: 'UP-09',
    title: { en: 'Anti-virus and vulnerability repair', 'zh-CN': '病毒库与漏洞修复' },
    stated: { en: 'regularly', 'zh-CN': '定期' },
    cadence: { every: 'weekly' },
    figures: { en: 'definitions up to date, findings repaired', 'zh-CN': '病毒库保持最新，发现的问题得到修复' },
  },
];
