import type { Messages } from '../catalogue.ts';

/** Help of prune, pins, guards and refresh. */
export const helpPrune = (): Messages => ({
  'A pin is stored on every leg, and shown by list. It keeps prunes of oaops away, not somebody who deletes at the storage: that is what write-once protection is for.':
    '固定标记存储在每个副本上，并由 list 显示。它阻止 oaops 的清理，但不能阻止直接在存储上删除的人：那需要一次写入保护。',
  'For a snapshot that shrank or changed more than the guards of its backup allow, and for a backup that failed and is known to. Pruning goes on, and the next backup compares with it.':
    '用于缩小或改变程度超出保护条件的快照，以及已知原因的失败备份。之后清理继续进行，下一次备份与它比较。',
  'Have the next backup store again what is left of packs that are mostly out of date':
    '让下一次备份重新存储大部分已过期的数据包中剩余的内容',
  'Keep a snapshot whatever the rules of pruning say': '无论清理规则如何，都保留某个快照',
  'Let the rules of pruning decide on a snapshot again': '让清理规则重新决定某个快照的去留',
  'Packs are never rewritten, so files that stay keep packs alive of which most is gone: storage grows, and a restore fetches more than it needs. The next backup of this machine reads such files again from the source; prune deletes the old packs when no snapshot needs them. Needs no private key. In a runbook: refreshBelowPercent.':
    '数据包从不重写，因此保留下来的文件会使大部分已失效的数据包继续存在：占用空间增长，恢复时也会取回多余的数据。本机的下一次备份会从源重新读取这些文件；没有快照需要旧数据包时由 prune 删除。不需要私钥。在运行手册中写 refreshBelowPercent。',
  'Remove snapshots that no rule keeps, and what only they needed': '移除没有规则保留的快照，以及只有它们需要的内容',
  'Rules count for each host and runbook by itself. The newest snapshot, the last good and the last verified one, and pinned ones stay whatever the rules say. Contents are deleted in two steps: marked now, deleted by the first prune after the grace. Without rules only contents that no snapshot needs go. Needs no private key, but the right to delete.':
    '规则按主机和运行手册分别计算。最新的快照、最后的正常快照、最后通过校验的快照以及固定的快照始终保留。内容分两步删除：先标记，宽限期过后由下一次清理删除。没有规则时只清理没有快照需要的内容。不需要私钥，但需要删除权限。',
  'Say that a snapshot is right though a guard stopped pruning because of it': '确认某个触发保护条件的快照是正确的',
  'Takes the pin away from every leg; needs the right to delete there.': '从每个副本上取消固定；需要那里的删除权限。',
  'keep all of this long before the newest, such as 30d': '保留最新快照之前这段时间内的全部快照，例如 30d',
  'keep the last N': '保留最近 N 个',
  'keep one of each of the last N hours': '最近 N 个小时各保留一个',
  'keep one of each of the last N days': '最近 N 天各保留一个',
  'keep one of each of the last N weeks': '最近 N 周各保留一个',
  'keep one of each of the last N months': '最近 N 个月各保留一个',
  'keep one of each of the last N years': '最近 N 年各保留一个',
  'keep the snapshot apart when it is smaller than the last good one by more than this, in percent':
    '比上一个正常快照缩小超过此百分比时，单独保留该快照',
  'keep the snapshot apart when more than this of it changed, in percent': '改变超过此百分比时，单独保留该快照',
  'latest, an id, or part of one': 'latest、标识或标识的一部分',
  'name of the repository, to remove for good': '仓库名称，确认永久移除',
  'only show what would be done, and why': '仅显示将执行的操作及原因',
  'only show what would be stored again': '仅显示将重新存储的内容',
  'packs of which less than this is current, in percent': '当前内容少于此百分比的数据包',
  'remove this snapshot too': '同时移除此快照',
  'store again what is current of packs of which less than this is, in percent':
    '当前内容少于此百分比的数据包，重新存储其中的当前内容',
  'the rules are for snapshots of this host only': '规则只用于此主机的快照',
  'the rules are for snapshots of this runbook only': '规则只用于此运行手册的快照',
  'time between mark and deletion': '标记与删除之间的时间',
  'whose days count; default: that of the configuration': '按哪个时区的日期计算；默认为配置中的时区',
  'why, for those who come later': '原因，供以后的人查看',
});
