import type { Messages } from '../catalogue.ts';

/** Texts of pings, metrics, log files and schedules. */
export const watch = (): Messages => ({
  'the ping to {} failed: {}': '向 {} 发送状态通知失败：{}',
  'no ping could be sent: {}': '无法发送状态通知：{}',
  'what the reference holds is no http URL': '引用的内容不是 http URL',
  'Store the whole ping URL there.': '请在那里保存完整的通知 URL。',
  'it answered {}': '应答为 {}',
  'it was given up': '已放弃',
  'no answer within {} s': '{} 秒内没有应答',
  'it cannot be reached': '无法连接',
  'too many redirects': '重定向次数过多',
  'nobody was told how this run went: {}': '未能通报本次运行的结果：{}',
  'no metrics could be written to {}: {}': '无法将指标写入 {}：{}',
  'Make the folder of metrics.textfileDir, and let this user write to it.':
    '请创建 metrics.textfileDir 指定的目录，并允许此用户写入。',
  'runbook {} has no schedule': '运行手册 {} 没有计划时间',
  'Add "schedule" below its "spec", or take it out of "schedules" in the configuration.':
    '请在其 "spec" 下添加 "schedule"，或从配置的 "schedules" 中移除它。',
  'runbook {} could not be started: {}': '运行手册 {} 无法启动：{}',
  'runbook {} is due, and waits for its last run to end': '运行手册 {} 已到时间，正等待上一次运行结束',
  '{} left': '剩余 {}',
  '{} stored': '已存储 {}',
  '{} of {} packs': '{}/{} 个数据包',
});
