import type { Messages } from '../catalogue.ts';

/** Texts of looking into repositories: src/backup/browse. */
export const browse = (): Messages => ({
  'no snapshot has it': '没有快照包含它',
  'what can be read does not have it': '能读取的部分中没有它',
  '{} lacks {} that snapshots need': '{1} 缺少快照所需的 {2}',
  '{} has {} of another size than snapshots need': '{1} 中有 {2} 的大小与快照所需不符',
  'added: {}': '新增：{}',
  'removed: {}': '删除：{}',
  'changed: {}, {}, metadata {}, type {}': '更改：{}，{}，仅元数据 {}，类型 {}',
  'in {} snapshots since {}': '自 {2} 起存在于 {1} 个快照中',
  'logical: {}; current: {}': '逻辑大小：{}；当前数据：{}',
  'a copy is {}: {} of the logical size is saved': '每个副本 {}：比逻辑大小节省 {}',
  'new contents compressed by a factor of {}; how well packs are used only the private key can tell':
    '新内容压缩比 {}；数据包的利用率只有持私钥才能得知',
  'deduplicated by a factor of {}, compressed by a factor of {}': '去重比 {}，压缩比 {}',
  '{}: snapshots need {} of them, current files {}': '{}：快照需要其中的 {}，当前文件占 {}',
  'a refresh would store nothing again': '刷新不会重新存储任何内容',
  'a refresh would store {} again, out of {} of {}': '刷新会从 {2}（共 {3}）中重新存储 {1}',
  'by hand': '手工',
  'no backup since {}': '自 {} 起没有备份',
  '{}: {} of {} complete ({}), {} incomplete, {} failed, {} interrupted':
    '{1}：{3} 次中完整 {2} 次（{4}），不完整 {5} 次，失败 {6} 次，中断 {7} 次',
  'all since {}: {} of {} complete ({})': '自 {1} 起合计：{3} 次中完整 {2} 次（{4}）',
  'longest time between two complete ones: {}': '两次完整备份之间最长间隔：{}',
  'leg {}: failed {} of {} times': '副本 {1}：{3} 次中失败 {2} 次',
  'begun by hand, and nothing is known of how they ended: {}': '手工开始而结果未知：{} 次',
  'Write how long ago, such as 30d, or a date such as 2026-01-31.':
    '请写多久以前，例如 30d，或写日期，例如 2026-01-31。',
});
