import type { Messages } from '../catalogue.ts';

/** Help of the commands that look into repositories. */
export const helpBrowse = (): Messages => ({
  'Show what differs between two snapshots': '显示两个快照之间的差异',
  'Marks: + new, - gone, M other content, T another type, U other metadata only (with --metadata); M? is content that changed while time, change time and inode did not. Needs the private key of an encrypted repository. With --json, the messages of restic: change, statistics.':
    '标记：+ 新增，- 消失，M 内容不同，T 类型不同，U 仅元数据不同（需 --metadata）；M? 表示时间、变更时间和 inode 都未变而内容变了。加密的仓库需要私钥。使用 --json 时输出 restic 的消息：change、statistics。',
  'the older snapshot: id, part of one, or latest': '较旧的快照：编号、编号的一部分，或 latest',
  'the newer snapshot': '较新的快照',
  'also what differs in mode, owner, time or attributes only': '也列出仅权限、属主、时间或属性不同的条目',
  'Find files in all snapshots, with every version of each': '在所有快照中查找文件，列出每个文件的各个版本',
  'A pattern is an absolute path, or a name anywhere, with *, ?, ** and [abc], as in --include of a restore. For each path the versions, the newest first, and the snapshots that have them. Needs the private key of an encrypted repository. With --json, one version a line.':
    '模式是绝对路径，或任意位置的名称，可用 *、?、** 和 [abc]，与恢复的 --include 相同。每个路径列出各版本（新的在前）以及包含它的快照。加密的仓库需要私钥。使用 --json 时每行一个版本。',
  'path or name to look for': '要查找的路径或名称',
  'only in this snapshot': '仅在此快照中',
  'in all snapshots; this is the default': '在所有快照中；这是默认值',
  'only the newest version of each path': '每个路径只列最新版本',
  'letters match in both cases': '不区分大小写',
  'only this type': '仅此类型',
  'Show how much a repository holds, saves and wastes': '显示仓库存了多少、省了多少、浪费了多少',
  'What is stored on each leg, and what no snapshot needs any more. With the private key also how well contents are deduplicated and compressed, how much of the packs is still alive, and what a refresh would store again; unchanged parts of the manifests are read once.':
    '每个副本存储的内容，以及不再被任何快照需要的内容。持有私钥时还显示去重与压缩效果、数据包的有效比例，以及刷新会重新存储多少；清单中未变的部分只读取一次。',
  'with a folder: everything below it': '对目录：列出其下的全部内容',
  'only this file, or what lies in this folder': '仅此文件，或此目录中的内容',
  'only snapshots made by this runbook': '仅由此运行手册创建的快照',
  'only so many newest ones of each host and runbook': '每个主机和运行手册只列最新的若干个',
  'only the newest one of each host and runbook': '每个主机和运行手册只列最新的一个',
  'append a log to this file; its name may hold %Y-%m-%d, %H, %M': '将日志追加到此文件；文件名可含 %Y-%m-%d、%H、%M',
  'of dated log files keep so many': '带日期的日志文件保留多少个',
  'Show how the backups of the last days went, and the success rate': '显示最近各次备份的结果与成功率',
  'Counts every backup that the record knows of: by runbooks, whatever became of them, and by hand. Only a complete one is a success; one whose process died and that nobody went on with is interrupted. --by gives the figures of each month or day for reports.':
    '统计记录中的每次备份：由运行手册执行的（无论结果如何）以及手工执行的。只有完整的备份才算成功；进程已终止且无人继续的计为中断。--by 按月或按日给出报表所需的数字。',
  'how far back, or a date': '往前多久，或一个日期',
  'only backups of this runbook': '仅此运行手册的备份',
  'figures for each of these instead of a list': '按此时段给出数字，而不是列表',
  'how many are listed': '列出多少条',
});
