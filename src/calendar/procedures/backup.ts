import type { Procedure } from './types.ts';

/** Backup and recovery. */
export const backupProcedures: readonly Procedure[] = [
  {
    id: 'BK-01',
    title: { en: 'Sensitive data (finance records)', 'zh-CN': '敏感数据备份' },
    stated: { en: 'hourly', 'zh-CN': '每小时' },
    cadence: { every: 'hourly' },
    figures: { en: 'local + off-site copy', 'zh-CN': '本地与异地各一份' },
  },
  {
    id: 'BK-02',
    title: { en: 'Business data (approval records, documents)', 'zh-CN': '业务数据每日备份' },
    stated: { en: 'daily, early morning', 'zh-CN': '每日凌晨' },
    cadence: { every: 'daily', by: '08:30' },
    figures: {
      en: 'every daily snapshot restores in full by itself; local + off-site copy; the daily recovery points of the last 30 days are kept',
      'zh-CN': '每日快照均可独立完整恢复；本地与异地各一份；保留最近 30 天的每日恢复点',
    },
  },
  {
    id: 'BK-03',
    title: { en: 'Full backup', 'zh-CN': '每周全量备份' },
    stated: { en: 'weekly', 'zh-CN': '每周' },
    cadence: { every: 'weekly' },
    figures: { en: 'stored off-site, access tightly restricted', 'zh-CN': '异地存放，严格限制访问' },
  },
  {
    id: 'BK-04',
    title: { en: 'Retention', 'zh-CN': '保留策略' },
    stated: { en: 'after each backup', 'zh-CN': '每次备份之后' },
    cadence: { every: 'event' },
    figures: {
      en: 'last 30 days of incrementals; weekly fulls beyond that by policy',
      'zh-CN': '最近 30 天的增量；更早的按策略保留每周全量',
    },
  },
  {
    id: 'BK-05',
    title: { en: 'Restore', 'zh-CN': '数据恢复' },
    stated: { en: 'on demand', 'zh-CN': '按需' },
    cadence: { every: 'event' },
    figures: {
      en: 'whole system, one file, one database, a point in time',
      'zh-CN': '整个系统、单个文件、单个数据库、某一时间点',
    },
  },
  {
    id: 'BK-06',
    title: { en: 'Restore drill', 'zh-CN': '数据恢复演练' },
    stated: { en: 'quarterly', 'zh-CN': '每季度' },
    cadence: { every: 'quarterly' },
    figures: {
      en: 'proves that data restores completely; result, duration and data age recorded',
      'zh-CN': '证明数据可完整恢复；记录结果、用时和数据时效',
    },
  },
  {
    id: 'BK-07',
    title: { en: 'Disaster-recovery drill', 'zh-CN': '容灾演练' },
    stated: { en: 'monthly', 'zh-CN': '每月' },
    cadence: { every: 'monthly' },
    figures: {
      en: 'switch to the standby system for 3 hours and back; RTO <= 2 h, RPO <= 1 day, both measured',
      'zh-CN': '切换到备用系统 3 小时再切回；RTO 不超过 2 小时、RPO 不超过 1 天，均须实测',
    },
  },
  {
    id: 'BK-08',
    title: { en: 'Backup log archive', 'zh-CN': '备份日志归档' },
    stated: { en: 'every run', 'zh-CN': '每次运行' },
    cadence: { every: 'event' },
    figures: { en: 'success rate goes into the monthly and half-yearly reports', 'zh-CN': '成功率计入月报和半年报' },
  },
];
