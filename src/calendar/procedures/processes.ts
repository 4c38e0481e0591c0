import type { Procedure } from './types.ts';

/** Flow of business processes in the OA system. */
export const processesProcedures: readonly Procedure[] = [
  {
    id: 'PF-01',
    title: { en: 'Overdue watch', 'zh-CN': '超时预警' },
    stated: { en: 'daily', 'zh-CN': '每日' },
    cadence: { every: 'daily' },
    figures: { en: 'steps past their limit are listed and their owners told', 'zh-CN': '列出超时环节并通知责任人' },
  },
  {
    id: 'PF-02',
    title: { en: 'Process analysis', 'zh-CN': '流程运行分析' },
    stated: { en: 'monthly', 'zh-CN': '每月' },
    cadence: { every: 'monthly' },
    figures: {
      en: 'average handling time, return rate, overdue share, by process and department',
      'zh-CN': '按流程和部门统计平均处理时间、退回率、超时比例',
    },
  },
  {
    id: 'PF-03',
    title: { en: 'Process tuning', 'zh-CN': '流程优化' },
    stated: { en: 'quarterly', 'zh-CN': '每季度' },
    cadence: { every: 'quarterly' },
    figures: {
      en: 'complex processes above 3 working days singled out; fast-track requests inside 24 h',
      'zh-CN': '找出超过 3 个工作日的复杂流程；快速通道请求在 24 小时内',
    },
  },
];
