import type { Messages } from '../catalogue.ts';

/** Texts of the checks that ask a host how it is. */
export const checksState = (): Messages => ({
  ...shared(),
  ...figures(),
  ...clockAndRestart(),
});

const shared = (): Messages => ({
  '{}; and {} more': '{}；另有 {} 项',
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
  'not a name of a kernel parameter': '不是内核参数名',
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
