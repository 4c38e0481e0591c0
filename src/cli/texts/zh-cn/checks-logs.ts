import type { Messages } from '../catalogue.ts';

/** Texts of the checks that read logs, and of virus definitions. */
export const checksLogs = (): Messages => ({
  'a pattern of one line': '单行模式',
  'between 4 KiB and 1 GiB': '4 KiB 到 1 GiB 之间',
  '{} is no file': '{} 不是普通文件',
  'grep does not understand one of the patterns': 'grep 无法理解其中一个模式',
  'the host did not tell what is in {}': '主机未给出 {} 的内容',
  'it was rotated, and what was written before could not be read: the old file is not there, or compressed':
    '日志已轮转，之前写入的内容无法读取：旧文件不存在或已压缩',
  'it was emptied; what was written before that could not be read': '日志被清空；清空前写入的内容无法读取',
  '{} of the old file were not read: more than {} at once': '旧文件有 {} 未读取：超过单次上限 {}',
  '{} wait for the next run: more than {} at once': '{} 留待下次读取：超过单次上限 {}',
  '{} is looked at from its end on, from the next run': '从下次起检查 {} 末尾之后的内容',
  'lines found in {}: {}': '{} 中匹配的行：{} 行',
  'Look at them in the log; name what does no harm in "ignore".': '请查看日志中的这些行；无害的请写入 "ignore"。',
  'a name of a unit': '单元名',
  'the journal of the host is read by root and the group systemd-journal only':
    '主机的系统日志只有 root 和 systemd-journal 组可读',
  'the journal of the host is empty': '主机的系统日志为空',
  'the host did not tell its journal': '主机未给出系统日志',
  'the journal does not know the place of the last run any more': '系统日志中已找不到上次读取的位置',
  'only {} messages were read in this run': '本次只读取了 {} 条消息',
  'messages of priority {} and worse since the last run: {}': '自上次以来级别为 {} 及更严重的消息：{} 条',
  'messages of priority {} and worse in the last {}: {}': '最近 {2}级别为 {1} 及更严重的消息：{3} 条',
  'Look at them: journalctl -p {} -e; name what does no harm in "ignore".':
    '请查看：journalctl -p {} -e；无害的请写入 "ignore"。',
  'date cannot tell a time here': '此处的 date 无法给出指定时间',
  'no log of logins can be read: it needs root, or there is none': '没有可读取的登录日志：需要 root，或日志不存在',
  'the host did not tell of failed logins': '主机未给出登录失败记录',
  'failed logins since {} UTC, by {}: {}': '自 {} UTC 以来的登录失败（来源 {}）：{} 次',
  'failed logins since {} UTC, by {}: {}, most from {} ({})':
    '自 {} UTC 以来的登录失败（来源 {}）：{} 次，最多来自 {}（{} 次）',
  'names that no account has, each tried once: {}': '不存在的账户名，各尝试一次：{} 个',
  'from {}: {}': '来自 {}：{} 次',
  'Look at who tries: block the address, allow ssh by key only, lock the account.':
    '查明是谁在尝试：封锁地址、只允许密钥登录 ssh、锁定账户。',
  '/proc cannot be read': '无法读取 /proc',
  'neither a counter nor a log of the kernel can be read': '内核计数器和内核日志都无法读取',
  'no process was killed for want of memory': '没有进程因内存不足被终止',
  'processes killed for want of memory: {}': '因内存不足被终止的进程：{} 个',
  'processes killed for want of memory: {}, among them {}': '因内存不足被终止的进程：{} 个，其中有 {}',
  'Look at what grew: the lines before in the log of the kernel list every process; set a limit for it, or add memory.':
    '查明是什么在增长：内核日志中之前的行列出了所有进程；请为其设置上限，或增加内存。',
  '{}/{} cannot be read': '无法读取 {}/{}',
  'the definitions tell no date': '病毒库未给出日期',
  'there are no definitions of ClamAV': '没有 ClamAV 病毒库',
  'there are no definitions: {}': '没有病毒库：{}',
  'the definitions {} are of a time that has not come: look at the clock': '病毒库 {} 的时间在将来：请检查时钟',
  'virus definitions {} are {} old': '病毒库 {} 已有 {}',
  'Look at what updates them, such as freshclam, and whether it reaches its servers.':
    '请检查更新程序，例如 freshclam，以及它能否连到服务器。',
});
