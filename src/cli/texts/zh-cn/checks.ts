import type { Messages } from '../catalogue.ts';

/** Texts of the types of check: src/inspect/checks. */
export const checks = (): Messages => ({
  'df named no filesystem': 'df 未列出任何文件系统',
  'what df says of the filesystems is not understood': '无法理解 df 输出的文件系统信息',
  'what was kept of the last run is not understood: the list of now is kept instead':
    '无法理解上次运行所保留的内容：改为保留当前列表',
  'what was kept of the last run is not understood: what was written since then was not looked at':
    '无法理解上次运行所保留的内容：此后写入的内容未检查',
  'the last drill is in the future: the clock of this machine was changed': '最近一次演练在未来：本机时钟被改动过',
  'the last look for updates is in the future: the clock of this machine was changed':
    '最近一次更新检查在未来：本机时钟被改动过',
  'journalctl failed (exit code {})': 'journalctl 失败（退出码 {}）',
  'journalctl: {}': 'journalctl：{}',
  'the times in {} are not understood': '无法理解 {} 中的时间',
  '{} was changed at a time that has not come: look at the clock': '{} 的修改时间在未来：请检查时钟',
  '/etc/fstab cannot be read': '无法读取 /etc/fstab',
  'the host shows only some of its processes': '主机只显示部分进程',
  'something on the host prints the marks of the checks itself': '主机上有程序自行输出检查的标记',
  'no filesystem to look at is left': '没有可检查的文件系统',
  '{} {} % used, {} left': '{} 已用 {} %，剩余 {}',
  '{} {} % used, {} inodes left': '{} 的 inode 已用 {} %，剩余 {} 个',
  'Look for what grows: du -xh --max-depth=1 on the mount point, old logs, deleted files that are still open.':
    '查找增长来源：在挂载点执行 du -xh --max-depth=1，检查旧日志以及已删除但仍被打开的文件。',
  'a name of a service': '服务名',
  'the host did not say which manager of services it has': '主机未说明使用哪种服务管理器',
  'there is no service {}': '没有服务 {}',
  'Look at its name, or install it.': '请检查名称，或安装该服务。',
  '{} did not say how {} is': '{} 未给出 {} 的状态',
  'its script does not know the status of {} (exit code {})': '其脚本无法判断 {} 的状态（退出码 {}）',
  'result of its last run: {}': '上次运行结果：{}',
  'Look at its log, such as: journalctl -u {} -n 50': '请查看其日志，例如：journalctl -u {} -n 50',
  'the service {} is {}': '服务 {} {}',
  'the service {} is {}, and does not start with the machine': '服务 {} {}，且不会随机器启动',
  'the service {} is {}, and starts with the machine': '服务 {} {}，且会随机器启动',
  '{} port {} answers': '{} 端口 {} 可连接',
  '{} port {} answers in {} ms': '{} 端口 {} 可连接，用时 {} 毫秒',
  '{} port {} does not answer: {}': '{} 端口 {} 无法连接：{}',
  'the host cannot tell whether port {} answers: {}': '主机无法判断端口 {} 是否可连接：{}',
  'the host did not say whether port {} answers': '主机未说明端口 {} 是否可连接',
  '{} can be reached on port {}': '{} 的端口 {} 可从外部访问',
  'Close it on the firewall, or name it in "open" when it is meant.': '请在防火墙上关闭；若确为开放，请写入 "open"。',
  'port {} does not answer': '端口 {} 无法连接',
  '{} does not answer on port {}': '{} 的端口 {} 无法连接',
  '{}: {} ports tried, open are only those that should be ({})': '{}：已尝试 {} 个端口，仅应开放的端口开放（{} 个）',
  'the host has none of nc, ncat, bash with timeout, python3': '主机上没有 nc、ncat、带 timeout 的 bash 或 python3',
  '{} cannot be looked up on the host': '主机无法解析 {}',
});
