import type { Messages } from '../catalogue.ts';

/** Texts of src/backup/restore and the choice of snapshots. A function, so that only who needs Chinese pays for it. */
export const restore = (): Messages => ({
  '"{}" is no folder on a host': '"{}" 不是某台主机上的目录',
  'Write ssh://HOST/folder, or ssh://user@HOST:port/folder.':
    '请写作 ssh://HOST/folder，或 ssh://user@HOST:port/folder。',
  '--delta is for --in-place': '--delta 只用于 --in-place',
  'Give both, or neither.': '请两个都给，或都不给。',
  'the map of owners cannot be read: {}': '无法读取属主对照表：{}',
  'Give the path of a text file with lines "user OLD=NEW" and "group OLD=NEW".':
    '请给出文本文件的路径，其中每行为 "user OLD=NEW" 或 "group OLD=NEW"。',
  'snapshot {} is not looked at: {}': '未查看快照 {}：{}',
  'snapshot {} is incomplete: something could not be read when it was made': '快照 {} 不完整：制作时有内容无法读取',
  'snapshot {} is nearer to {} but incomplete; it can be named by its id':
    '快照 {} 更接近 {}，但不完整；可用编号指定它',
  'snapshot {} was begun less than a minute after {} and is not taken': '快照 {} 在 {} 之后不到一分钟开始，未被选用',
  '"{}" is not a time': '"{}" 不是时间',
  'Write 2026-11-20, 2026-11-20T12:00, or with a zone 2026-11-20T12:00+08:00.':
    '请写作 2026-11-20、2026-11-20T12:00，或带时区的 2026-11-20T12:00+08:00。',
  'no snapshot at {} fits {}': '{} 没有符合 {} 的快照',
  'no snapshot at {} is as old as {}{}; the nearest ones are {}': '{} 没有早至 {}{} 的快照；最接近的是 {}',
  'and fits {}': '且符合 {}',
  'Name one of them, or another time; a time without a zone is that of the configured time zone.':
    '请指定其中之一，或另一时间；未写时区的时间按配置的时区计算。',
  '"{}" names a snapshot, and --at, --host, --tag, --runbook and --path choose one':
    '"{}" 已指定快照，而 --at、--host、--tag、--runbook 和 --path 用于挑选快照',
  'Give one or the other; "latest" goes with both.': '请二者选一；"latest" 可与它们同用。',
  'the object it is another name of could not be had': '无法取得它所链接的同一对象',
  'the output': '输出',
  'What was written is right but not complete.': '已写出的内容正确，但不完整。',
  '"{}" is not an absolute path': '"{}" 不是绝对路径',
  'Write it as "oaops backup ls" shows it, from / on.': '请按 "oaops backup ls" 的显示从 / 写起。',
  '{} is not in snapshot {}': '{} 不在快照 {} 中',
  'Look with "oaops backup ls" for what it holds.': '请用 "oaops backup ls" 查看其内容。',
  '{} is {}, not a file or folder': '{} 是{}，不是文件或目录',
  'Name what it leads to, or restore it with "oaops backup restore --include".':
    '请指定它所指向的对象，或用 "oaops backup restore --include" 恢复它。',
  '{} could not be read when the backup was made': '备份时无法读取 {}',
  'Take it from another snapshot.': '请从另一个快照取用。',
  '{} changed while it was backed up': '{} 在备份过程中发生了变化',
  'the content of {} has another sha256': '{} 的内容 sha256 不符',
  'a symbolic link to {}': '指向 {} 的符号链接',
  '{} cannot be had: {}': '无法取得 {}：{}',
  'Take it from another snapshot or leg; "oaops backup restore" brings back what is not damaged.':
    '请从另一个快照或副本取用；"oaops backup restore" 可恢复未损坏的部分。',
  '{}; it may be immutable (lsattr, chattr -i)': '{}；它可能被设为不可更改（lsattr，chattr -i）',
  'it is a folder here that holds protected files': '此处是目录，其中有受保护的文件',
  'it is a folder in the snapshot and a symbolic link here: links are not followed':
    '它在快照中是目录，在此处是符号链接：不跟随链接',
  'it is a folder here that is not empty; --delete replaces it': '此处是非空目录；--delete 会替换它',
  '--delete removes what the snapshot does not have from {}': '--delete 会从 {} 删除快照中没有的内容',
  '--confirm says "{}", but the target is "{}"': '--confirm 给的是 "{}"，但目标是 "{}"',
  '--in-place overwrites what has another content now in {}: {}': '--in-place 会覆盖 {1} 中现有内容不同的对象：{2} 个',
  'Look at what goes with --dry-run, then give --confirm {}.': '请先用 --dry-run 查看会失去什么，再给 --confirm {}。',
  '--delete would remove from / whatever the snapshot does not have': '--delete 会从 / 删除快照中没有的一切',
  'Say with --include what is meant.': '请用 --include 说明范围。',
  'this machine does not know {}': '本机没有 {}',
  'Give the name of an account or group of this machine, or a number.': '请给出本机的账号或组的名称，或编号。',
  '"{}" does not map an owner': '"{}" 不是属主对照',
  'Write OLD=NEW, each a name or a number; * as OLD is everybody else. In a file: user OLD=NEW, or group OLD=NEW.':
    '请写作 OLD=NEW，各为名称或编号；OLD 写 * 表示其余所有。在文件中写：user OLD=NEW，或 group OLD=NEW。',
  'owners are mapped, but none are set': '给出了属主对照，但不会设置属主',
  'Run it as root, or with --owners numbers or names.': '请以 root 运行，或给 --owners numbers 或 names。',
  'What is on the host is right but not complete: restore into an empty folder again.':
    '主机上的内容正确但不完整：请重新恢复到空目录。',
  'a restore to another host goes into an empty folder': '恢复到另一台主机时须为空目录',
  'Leave out --in-place, --delete and --dry-run, or run oaops on that host.':
    '请去掉 --in-place、--delete 和 --dry-run，或在该主机上运行 oaops。',
  'its entry was lost: owner, mode and time are not the stored ones': '它的条目已丢失：属主、模式和时间不是原来的',
  'extended attributes': '扩展属性',
  'tar on {} cannot set: {}': '{} 上的 tar 无法设置：{}',
  '{} on {} is not empty': '{2} 上的 {1} 不是空目录',
  'Name an empty or a new folder.': '请指定空目录或新目录。',
  '{} has no GNU tar': '{} 没有 GNU tar',
  'Install GNU tar there, or restore with the script that lies in the repository.':
    '请在该主机安装 GNU tar，或用仓库中的脚本恢复。',
  "{} on {} can't be restored to: {}": '无法恢复到 {2} 上的 {1}：{3}',
  '{} on {} has no more space': '{2} 上的 {1} 已无空间',
  'Free space there and restore into an empty folder again: what is there is not complete.':
    '请在该处腾出空间，再恢复到空目录：现有内容不完整。',
  'tar on {} ended with {}': '{} 上的 tar 以 {} 结束',
  'no exit code': '无退出码',
  'Look at the messages of that host.': '请查看该主机的消息。',
  'restored {}, {} and {} of {} to {} on {}, {}': '已将 {4} 的 {1}、{2} 和 {3} 恢复到 {6} 上的 {5}，{7}',
  '{} had the stored content already, {}': '{} 的内容已与备份一致，{}',
  '{} deleted that the snapshot does not have, {}': '已删除快照中没有的 {}，{}',
  'dry run of {} to {}: {} new, {} changed, {} with other metadata, {} to delete, {} unchanged':
    '试运行 {} 到 {}：新增 {}，更改 {}，元数据不同 {}，将删除 {}，{}不变',
  '{} to write, {} to delete; nothing was done': '将写入 {}，删除 {}；未做任何更改',
  'Run the same command again: it goes on where it was stopped.': '请再次运行同一命令：会从停止处继续。',
  '--delete is for --in-place': '--delete 只用于 --in-place',
  '{} is another file system: nothing is deleted in it': '{} 是另一个文件系统：其中不删除任何内容',
  'parts of the list of files are lost, so nothing is deleted': '文件清单有部分丢失，因此不删除任何内容',
  '{} holds another restore that was interrupted': '{} 中有另一次被中断的恢复',
  'Name an empty or a new folder; --in-place changes what is there into what was stored.':
    '请指定空目录或新目录；--in-place 会把现有内容改为备份时的内容。',
  'Give --target DIR, or --in-place for /.': '请给 --target DIR，或用 --in-place 恢复到 /。',
  'what would be written is not text, and stdout is a terminal': '要写出的不是文本，而标准输出是终端',
  'Send it to a file or a program: "... > FILE" or "... | tar -x".':
    '请送到文件或程序："... > FILE" 或 "... | tar -x"。',
});
