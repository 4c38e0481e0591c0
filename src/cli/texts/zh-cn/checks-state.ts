import type { Messages } from '../catalogue.ts';

/** Texts of the checks that ask a host how it is. */
export const checksState = (): Messages => ({
  ...shared(),
  ...figures(),
  ...clockAndRestart(),
  ...processesAndPorts(),
  ...mountsAndFiles(),
});

const shared = (): Messages => ({
  '{}; and {} more besides': '{}；另有 {} 项',
  'Write become for this section.': '请为本节写上 become。',
  'Run the inspection again.': '请重新执行巡检。',
  'write min or max': '请写 min 或 max',
  'min is above max': 'min 大于 max',
});

const figures = (): Messages => ({
  'without perCpu, thresholds are needed: write warn or fail': '不按 CPU 计算时需要阈值：请写 warn 或 fail',
  '/proc/loadavg cannot be read': '无法读取 /proc/loadavg',
  'the host did not tell its load': '主机未给出负载',
  'the host did not tell how many CPUs it has': '主机未给出 CPU 数量',
  'load over {} min is {} for each of {} CPUs': '{} 分钟负载平均每 CPU 为 {}（共 {} 个 CPU）',
  'load over {} min is {}': '{} 分钟负载为 {}',
  'Look at what runs, such as: top -b -n 1; and at what waits for disks: ps -eo state,pid,args.':
    '查看正在运行的程序，例如 top -b -n 1；以及等待磁盘的进程：ps -eo state,pid,args。',
  '/proc/meminfo cannot be read': '无法读取 /proc/meminfo',
  'the host did not tell its memory': '主机未给出内存信息',
  'memory {} % used, {} of {} available': '内存已用 {} %，可用 {}，共 {}',
  'this kernel does not tell what is available: estimated from free memory and caches':
    '该内核不给出可用内存：由空闲内存与缓存估算',
  'Look for the largest programs: ps -eo rss,pid,args | sort -rn | head.':
    '查找占用最大的程序：ps -eo rss,pid,args | sort -rn | head。',
  'the host did not tell its swap': '主机未给出交换空间信息',
  'the host has no swap': '主机没有交换空间',
  'Make a swap file or partition and write it into /etc/fstab.': '请创建交换文件或分区，并写入 /etc/fstab。',
  'swap {} % used, {} of {} free': '交换空间已用 {} %，空闲 {}，共 {}',
  'Look at memory first: swap that is in use and quiet does no harm, see vmstat 1 5.':
    '先看内存：已占用但没有换入换出的交换空间并无妨碍，见 vmstat 1 5。',
  'a name of a kernel parameter': '内核参数名',
  'write at least one parameter': '请至少写一个参数',
  'the host did not tell {}': '主机未给出 {}',
  '{} cannot be read: it needs root': '无法读取 {}：需要 root',
  'there is no kernel parameter {}': '没有内核参数 {}',
  'kernel parameters as they should be: {}': '内核参数均符合要求：{} 项',
  'Set it in a file of /etc/sysctl.d and let it take effect: sysctl --system.':
    '请写入 /etc/sysctl.d 下的文件并使其生效：sysctl --system。',
  '{} is {}, which is no number': '{} 为 {}，不是数字',
  '{} is {}, below {}': '{} 为 {}，低于 {}',
  '{} is {}, above {}': '{} 为 {}，高于 {}',
});

const clockAndRestart = (): Messages => ({
  'the host did not tell its time': '主机未给出时间',
  'a clock was set while it was looked at': '检查期间时钟被调整',
  'the clock is known only to {} s, which is too coarse to judge': '时钟偏差只能确定到 {} 秒，太粗，无法判断',
  'Set thresholds above it, or give the check an inspection of its own.':
    '请把阈值设得更大，或让该检查单独成为一项巡检。',
  'the clock is {} s behind this machine, give or take {} s': '时钟比本机慢 {} 秒，误差 ±{} 秒',
  'the clock is {} s ahead of this machine, give or take {} s': '时钟比本机快 {} 秒，误差 ±{} 秒',
  'Look at chronyd, systemd-timesyncd or ntpd, and whether it reaches its servers.':
    '请检查 chronyd、systemd-timesyncd 或 ntpd，以及它能否连到时间服务器。',
  'the clock is not synchronised, says {}': '{} 显示时钟未同步',
  'nothing on the host tells whether the clock is synchronised': '主机上没有程序能说明时钟是否同步',
  'synchronised, says {}': '{} 显示已同步',
  '/proc/uptime cannot be read': '无法读取 /proc/uptime',
  'the host did not tell how long it has been up': '主机未给出运行时长',
  'up for {}': '已运行 {}',
  'up for only {}: it has been restarted': '仅运行 {}：主机重启过',
  'Ask who restarted it; look at the end of the log before: journalctl -b -1 -e, or last -x.':
    '询问是谁重启的；查看重启前日志的末尾：journalctl -b -1 -e，或 last -x。',
  'up for {}: it has not been restarted for too long': '已运行 {}：太久没有重启',
  'Plan a restart in a maintenance window.': '请在维护窗口内安排重启。',
  'the host did not tell its kernel': '主机未给出内核版本',
  'Restart it in a maintenance window.': '请在维护窗口内重启。',
  'a restart is needed: {} is there': '需要重启：存在 {}',
  'a restart is needed, says {}': '{} 显示需要重启',
  'kernel {} is installed and {} runs': '已安装内核 {}，正在运行的是 {}',
  'the modules of the running kernel {} are gone: another one was installed':
    '正在运行的内核 {} 的模块已不在：安装过其他内核',
  'the kernels in /boot': '/boot 中的内核',
  'a container runs the kernel of its host': '容器使用宿主机的内核',
  'nothing on the host tells whether a restart is needed': '主机上没有程序能说明是否需要重启',
  'no restart is needed, by {}': '无需重启，依据：{}',
  'zypper needs-rebooting': 'zypper needs-rebooting',
});

const processesAndPorts = (): Messages => ({
  'the host did not tell its processes': '主机未给出进程',
  'the host has more processes than are read': '主机的进程数超过读取上限',
  '{} zombies': '{} 个僵尸进程',
  '{} processes': '{} 个进程',
  '{} processes of {}': '{2}：{1} 个进程',
  'Look at their parents, which do not take notice of their end: ps -eo ppid,pid,stat,comm.':
    '查看没有回收它们的父进程：ps -eo ppid,pid,stat,comm。',
  'Look at the service that should have started it.': '请检查本应启动它的服务。',
  'Look at what starts them.': '请查明是什么启动了它们。',
  '/proc/net/tcp cannot be read': '无法读取 /proc/net/tcp',
  'Write 22, 53/udp, 127.0.0.1:5432, or *:3306 for one on all addresses.':
    '请写 22、53/udp、127.0.0.1:5432，或用 *:3306 表示所有地址上的端口。',
  'write open, closed or others': '请写 open、closed 或 others',
  'the host did not tell its ports': '主机未给出端口',
  'ports as they should be: {} open, {} in all': '端口均符合要求：应开放 {} 个，共监听 {} 个',
  'nothing listens on {}': '{} 上没有监听',
  'nothing listens on {}, only {}': '{} 上没有监听，只有 {}',
  '{} must not be open': '{} 不应开放',
  '{} is not expected': '{} 不在预期之内',
  'Look at what listens: ss -lntup.': '查看监听的程序：ss -lntup。',
  'the first list of ports that listen is kept: {}': '首次记录监听端口：{} 个',
  'the same ports listen as before: {}': '监听端口与之前相同：{} 个',
  'other ports listen than before: {} new, {} gone': '监听端口有变化：新增 {} 个，消失 {} 个',
  '{} listens now': '{} 新增监听',
  '{} does not listen any more': '{} 不再监听',
});

const mountsAndFiles = (): Messages => ({
  '/proc/self/mounts cannot be read': '无法读取 /proc/self/mounts',
  'the host did not tell its mounts': '主机未给出挂载点',
  '{} is in /etc/fstab and is not mounted': '{} 在 /etc/fstab 中，但没有挂载',
  '{} is read-only ({} on {})': '{} 为只读（{3} 上的 {2}）',
  'mounts as they should be: {}': '挂载点均符合要求：{} 个',
  'Look at the kernel log for errors of the disk, and at: findmnt --verify; mount -a.':
    '查看内核日志中的磁盘错误，并执行：findmnt --verify；mount -a。',
  '{} is not mounted': '{} 没有挂载',
  '{} is mounted from {}, not {}': '{} 的挂载来源是 {}，而不是 {}',
  '{} is mounted without {}': '{} 挂载时缺少选项 {}',
  'Write it in octal in quotes, such as "0640".': '请用带引号的八进制书写，例如 "0640"。',
  'a text of one line': '单行文本',
  'a SHA-256 in hexadecimal': '十六进制的 SHA-256',
  'a link is seen only with follow: false': '只有 follow: false 时才检查链接本身',
  'there is no {}': '{} 不存在',
  'Look at what should have made it.': '请检查本应生成它的程序。',
  'the host did not tell what {} is': '主机未给出 {} 的情况',
  '{} is there, and must not be': '{} 存在，但不应存在',
  'Look at who made it, and remove it.': '请查明是谁创建的，并将其删除。',
  '{} could not be looked into': '无法查看 {} 的内容',
  '{}: {} {}:{}, {}, changed {} ago': '{}：{} {}:{}，{}，{}前修改',
  '{}: {}, {} {}:{}, changed {} ago': '{}：{}，{} {}:{}，{}前修改',
  'Look at who changed it, and set it right.': '请查明是谁修改的，并改正。',
  '{} has mode {}, not {}': '{} 的权限为 {}，而不是 {}',
  '{} has mode {}, more than {}': '{} 的权限为 {}，超过 {}',
  '{} belongs to {}, not {}': '{} 属于 {}，而不是 {}',
  '{} has group {}, not {}': '{} 的属组为 {}，而不是 {}',
  '{} has other content: SHA-256 {}': '{} 的内容不同：SHA-256 {}',
  '{} has {}, less than {}': '{} 大小为 {}，小于 {}',
  '{} has {}, more than {}': '{} 大小为 {}，大于 {}',
  '{} was changed {} ago, less than {}': '{} 在 {}前修改过，不足 {}',
  '{} was changed {} ago, more than {}': '{} 在 {}前修改过，超过 {}',
  '{} does not hold "{}"': '{} 不包含“{}”',
  '{} holds "{}"': '{} 包含“{}”',
});
