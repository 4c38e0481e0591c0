import type { Messages } from '../catalogue.ts';

/** Help of `backup restore` and `backup cat`. A function, so that only who needs Chinese pays for it. */
export const helpRestore = (): Messages => ({
  'Restore a snapshot, or a part of it, into an empty folder or in place': '将快照或其中一部分恢复到空目录，或就地恢复',
  'Files get their full path below the target: /etc/hosts becomes TARGET/etc/hosts. An empty folder gets everything; --in-place changes a folder, or the machine itself, into what was stored, and writes only what differs. No content is written whose sha256 is not right. A restore that was interrupted goes on when the same command is run again. What one leg of the repository cannot give comes from another; what none has is named, and the rest is restored (exit 3).':
    '文件恢复到目标之下的完整路径：/etc/hosts 成为 TARGET/etc/hosts。空目录得到全部内容；--in-place 把目录或本机改为备份时的样子，只写有差异的部分。不写出 sha256 不符的内容。被中断的恢复在再次运行同一命令时继续。一个副本给不出的内容取自另一个副本；都没有的会列出名称，其余照常恢复（退出码 3）。',
  'empty or new folder, also ssh://HOST/DIR; with --in-place any folder, default /':
    '空的或新的目录，也可为 ssh://HOST/DIR；用 --in-place 时可为任何目录，默认 /',
  'another owner: names or numbers, * for everybody else': '改换属主：名称或编号，* 表示其余所有',
  'another group: names or numbers, * for every other one': '改换属组：名称或编号，* 表示其余所有',
  'lines "user OLD=NEW" and "group OLD=NEW"': '含 "user OLD=NEW" 和 "group OLD=NEW" 各行的文件',
  'change what is in the target into what was stored; to overwrite needs --confirm':
    '把目标中的内容改为备份时的内容；覆盖须给 --confirm',
  'in place, what decides that a file is not written: content, or with --delta alone size and time':
    '就地恢复时判断文件无须写入的依据：content 为内容，单写 --delta 为大小和时间',
  'in place, also remove what the snapshot does not have; needs --confirm':
    '就地恢复时也删除快照中没有的内容；须给 --confirm',
  'the name of the target, to overwrite or remove there; with --as, of a database to remove first':
    '目标的名称，表示同意在其中覆盖或删除；用 --as 时为须先删除的数据库名称',
  'tell what would be done, and do nothing': '只说明将做什么，不做更改',
  'the newest complete snapshot begun not after this time; in the configured time zone unless it has one':
    '不晚于此时间开始的最新完整快照；未写时区时按配置的时区',
  'latest of this host': '此主机的最新快照',
  'latest with this label': '带此标签的最新快照',
  'latest made by this runbook': '由此运行手册制作的最新快照',
  'latest with this path among its sources': '来源含此路径的最新快照',
  'Write a file of a snapshot to stdout, or a folder as a tar archive':
    '将快照中的文件写到标准输出，目录则写成 tar 归档',
  'Fetches only what holds it, byte for byte as it was. Nothing is written whose sha256 is not right: output that ends early has exit code 9 and a file or object named on stderr. A terminal gets text only.':
    '只取用所需部分，逐字节与原来一致。不写出 sha256 不符的内容：输出提前结束时退出码为 9，并在标准错误中说明文件或对象。终端只显示文本。',
  'port of the server': '服务器的端口',
  'absolute path of the file or folder': '文件或目录的绝对路径',
});
