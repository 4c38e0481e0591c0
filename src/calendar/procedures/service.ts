import type { Procedure } from './types.ts';

/** Incidents, service levels, knowledge. */
export const serviceProcedures: readonly Procedure[] = [
  {
    id: 'SV-01',
    title: { en: 'One intake', 'zh-CN': '统一受理' },
    stated: { en: 'each incident', 'zh-CN': '每次事件' },
    cadence: { every: 'event' },
    figures: {
      en: 'description, time, scope of impact, reporter; type named within 15 min: question, fault, complaint',
      'zh-CN': '描述、时间、影响范围、报告人；15 分钟内确定类型：咨询、故障、投诉',
    },
  },
  {
    id: 'SV-02',
    title: { en: 'Severity', 'zh-CN': '分级' },
    stated: { en: 'each incident', 'zh-CN': '每次事件' },
    cadence: { every: 'event' },
    figures: {
      en: 'profile p: P1 system down, P2 core function, P3 other; profile three: urgent, important, general; profile four: urgent (system down), high (core function), medium (operation abnormal), low (display)',
      'zh-CN':
        '方案 p：P1 系统瘫痪、P2 核心功能、P3 其他；方案 three：紧急、重要、一般；方案 four：紧急（系统瘫痪）、高（核心功能）、中（操作异常）、低（显示）',
    },
  },
  {
    id: 'SV-03',
    title: { en: 'Five steps', 'zh-CN': '五步法' },
    stated: { en: 'each incident', 'zh-CN': '每次事件' },
    cadence: { every: 'event' },
    figures: {
      en: 'record -> analyse -> repair -> verify -> feed back; a P1 has a workaround within 1 h',
      'zh-CN': '记录、分析、修复、验证、反馈；P1 在 1 小时内有临时方案',
    },
  },
  {
    id: 'SV-04',
    title: { en: 'Service levels', 'zh-CN': '服务级别' },
    stated: { en: 'always', 'zh-CN': '始终' },
    cadence: { every: 'always' },
    figures: {
      en: 'profile A: urgent respond 30 min, resolve 4 h; other 2 h / 24 h. Profile B: urgent respond 15 min, important 30 min. Profile C: crash respond 30 min, on site 6 h; other 1 h, on site 24 h; service hours 9:00-17:30 Mon-Fri without public holidays. Profile D: respond 1 h, solution 4 h, then escalate to a senior engineer. Mail: respond 4 h, resolve 24 h',
      'zh-CN':
        '方案 A：紧急 30 分钟响应、4 小时解决，其他 2 小时、24 小时；方案 B：紧急 15 分钟、重要 30 分钟响应；方案 C：宕机 30 分钟响应、6 小时到场，其他 1 小时、24 小时到场，服务时间为工作日 9:00-17:30；方案 D：1 小时响应、4 小时方案，之后升级到高级工程师；邮件：4 小时响应、24 小时解决',
    },
  },
  {
    id: 'SV-05',
    title: { en: 'Assignment and escalation', 'zh-CN': '派单与升级' },
    stated: { en: 'each incident', 'zh-CN': '每次事件' },
    cadence: { every: 'event' },
    figures: {
      en: 'by region; state visible: waiting, in progress, resolved',
      'zh-CN': '按区域；状态可见：待处理、处理中、已解决',
    },
  },
  {
    id: 'SV-06',
    title: { en: 'Closing', 'zh-CN': '闭环' },
    stated: { en: 'each incident', 'zh-CN': '每次事件' },
    cadence: { every: 'event' },
    figures: {
      en: 'the user confirms and rates; the solution goes to the knowledge base',
      'zh-CN': '用户确认并评分；方案进入知识库',
    },
  },
  {
    id: 'SV-07',
    title: { en: 'Knowledge base', 'zh-CN': '知识库' },
    stated: { en: 'always', 'zh-CN': '始终' },
    cadence: { every: 'always' },
    figures: {
      en: 'categories (login, permission, data error, how-to); most frequent first (Top 50); keyword search with spelling correction and related articles; Chinese text',
      'zh-CN': '分类（登录、权限、数据错误、操作方法）；高频优先（前 50）；关键词检索，带拼写纠正和相关文章；中文',
    },
  },
  {
    id: 'SV-08',
    title: { en: 'Availability', 'zh-CN': '可用率' },
    stated: { en: 'monthly', 'zh-CN': '每月' },
    cadence: { every: 'monthly' },
    figures: {
      en: 'at least 99.5 % a month (maintenance handbook), 99.9 % a year (support handbook); MTTR <= 2 h',
      'zh-CN': '每月不低于 99.5 %（维护手册），每年不低于 99.9 %（支持手册）；MTTR 不超过 2 小时',
    },
  },
  {
    id: 'SV-09',
    title: { en: 'Service-level review', 'zh-CN': 'SLA 评估' },
    stated: { en: 'monthly', 'zh-CN': '每月' },
    cadence: { every: 'monthly' },
    figures: {
      en: 'monthly: reached or not, why not, what changes; resolution rate and satisfaction per engineer',
      'zh-CN': '是否达标、未达原因、改进；每名工程师的解决率和满意度',
    },
  },
];
