import type { Messages } from '../catalogue.ts';

/** Texts of verification, drills and switch-overs. */
export const drills = (): Messages => ({
  'some files could not be compared with the live source': '部分文件无法与在线源文件比对',
  'snapshot {} was made on {}, and this is {}': '快照 {} 是在 {} 上生成的，而本机是 {}',
  'Run it on {}: only there are the files that it is compared with.': '请在 {} 上运行：只有那里才有用于比对的文件。',
  '"{}" is not a share': '"{}" 不是比例',
  'Write a percentage above 0 and at most 100, such as 10%.': '请写大于 0 且不超过 100 的百分比，例如 10%。',
  'its stored content is damaged: {}': '其存储的内容已损坏：{}',
  'its times are those of the backup, and the live file has {} bytes instead of {}':
    '时间与备份时相同，但在线文件为 {} 字节，应为 {}',
  'its times and size are those of the backup, and the content of the live file is another':
    '时间和大小与备份时相同，但在线文件的内容不同',
  'no table of the manifest tells how to read it': '清单中没有任何表说明如何读取它',
  'no file could be compared: all that were chosen are gone, changed or unreadable':
    '没有任何文件可以比对：选中的文件都已消失、被修改或无法读取',
  'chose {} of {} of {} ({}, seed {})': '从 {3} 的{2}中选取 {1} 个（{4}，种子 {5}）',
  '{} the same as the live source ({} read there), {} changed since, {} gone, {} unreadable':
    '与在线源文件一致 {} 个（在线读取 {}），之后被修改 {} 个，已消失 {} 个，无法读取 {} 个',
  'every pack was read since {} UTC': '自 {} UTC 以来每个数据包都已读过',
  'not every pack was read yet: {} read them all': '尚有数据包未读过：{}即可读完',
  'such run': '次同样的运行',
  'such runs': '次同样的运行',
  'judge the drill of {} against its objectives and remember the verdict': '按目标判定 {} 的演练并记录结论',
  'The standby cannot be relied on as it is: find out why before a disaster does.':
    '备用系统目前不可依赖：请在灾难发生之前查明原因。',
  'a check failed: {}': '检查未通过：{}',
  'the service did not come back': '服务没有恢复',
  'nothing proves that data came back': '没有任何证据表明数据已恢复',
});
