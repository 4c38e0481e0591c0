import type { Procedure } from './types.ts';

/** Inspection and monitoring. */
export const inspectionProcedures: readonly Procedure[] = [
  {
    id: 'IN-01',
    title: { en: 'Daily inspection', 'zh-CN': '每日巡检' },
    stated: { en: 'every working day, before work starts', 'zh-CN': '每个工作日上班前' },
    cadence: { every: 'working-days', by: '08:30' },
    figures: { en: 'servers, network, application state', 'zh-CN': '服务器、网络、应用状态' },
  },
  {
    id: 'IN-02',
    title: { en: 'Weekly inspection', 'zh-CN': '每周检查' },
    stated: { en: 'Friday', 'zh-CN': '周五' },
    cadence: { every: 'weekly', weekday: 'fri', ifHoliday: 'previous' },
    figures: { en: 'logs, database state, security events summarised', 'zh-CN': '日志、数据库状态、安全事件汇总' },
  },
  {
    id: 'IN-03',
    title: { en: 'Monthly performance test', 'zh-CN': '每月检查' },
    stated: { en: 'last working day of the month', 'zh-CN': '每月最后一个工作日' },
    cadence: { every: 'month-end' },
    figures: { en: 'response time, concurrency', 'zh-CN': '响应时间、并发' },
  },
  {
    id: 'IN-04',
    title: { en: 'Shift watch', 'zh-CN': '班次监控' },
    stated: { en: 'every shift', 'zh-CN': '每班' },
    cadence: { every: 'every-shift', shifts: ['08:00', '16:00', '00:00'] },
    figures: { en: 'response time, error log, key indicators noted', 'zh-CN': '记录响应时间、错误日志、关键指标' },
  },
  {
    id: 'IN-05',
    title: { en: 'Round-the-clock indicators', 'zh-CN': '7x24 监控' },
    stated: { en: 'continuous', 'zh-CN': '持续' },
    cadence: { every: 'always' },
    figures: { en: 'CPU, memory, response latency', 'zh-CN': 'CPU、内存、响应延迟' },
  },
  {
    id: 'IN-06',
    title: { en: 'Performance analysis', 'zh-CN': '性能优化分析' },
    stated: { en: 'quarterly', 'zh-CN': '每季度' },
    cadence: { every: 'quarterly' },
    figures: { en: 'slow database queries, resource allocation', 'zh-CN': '数据库慢查询、资源分配' },
  },
  {
    id: 'IN-07',
    title: { en: 'Security scan', 'zh-CN': '安全扫描' },
    stated: { en: 'half-yearly (one handbook: quarterly)', 'zh-CN': '每半年（一份手册：每季度）' },
    cadence: { every: 'half-yearly' },
    figures: {
      en: 'servers, databases, client apps, web; findings followed to repair (reports of OpenVAS/Nessus/Qualys can be imported)',
      'zh-CN': '服务器、数据库、客户端、网站；问题跟踪到修复（可导入 OpenVAS/Nessus/Qualys 报告）',
    },
  },
  {
    id: 'IN-08',
    title: { en: 'Perimeter check', 'zh-CN': '边界检查' },
    stated: { en: 'monthly', 'zh-CN': '每月' },
    cadence: { every: 'monthly' },
    figures: {
      en: 'the system is behind two firewalls; nothing is directly reachable from outside',
      'zh-CN': '系统位于两道防火墙之后；外部不能直接访问',
    },
  },
  {
    id: 'IN-09',
    title: { en: 'High-availability check', 'zh-CN': '冗余检查' },
    stated: { en: 'monthly', 'zh-CN': '每月' },
    cadence: { every: 'monthly' },
    figures: {
      en: 'replication healthy and within lag, load balancer members up',
      'zh-CN': '复制正常且延迟在限度内，负载均衡成员在线',
    },
  },
  {
    id: 'IN-10',
    title: { en: 'Preventive-maintenance visit', 'zh-CN': '预防性维护' },
    stated: { en: 'weekly, at the agreed time', 'zh-CN': '每周，按约定时间' },
    cadence: { every: 'weekly' },
    figures: { en: 'on site or remote, with a signed work order', 'zh-CN': '现场或远程，附签字的派工单' },
  },
];
