import type { Messages } from '../catalogue.ts';

/** What schedules, `oaops schedule` and `oaops tick` say. */
export const schedules = (): Messages => ({
  'every {} at {}': '每{} {}',
  '{} and {}': '{}、{}',
  'first day of the {} at {}': '每{}第一天 {}',
  'last day of the {} at {}': '每{}最后一天 {}',
  'shifts every day at {}': '每天各班次 {}',
  'shifts on working days at {}': '工作日各班次 {}',
  'every working day at {}': '每个工作日 {}',
  'first working day of the {} at {}': '每{}第一个工作日 {}',
  'last working day of the {} at {}': '每{}最后一个工作日 {}',
  'working day {} of the {} at {}': '每{2}第 {1} 个工作日 {3}',
  'working day {} from the end of the {} at {}': '每{2}倒数第 {1} 个工作日 {3}',
  'days off are left out': '休息日不运行',
  'a day off moves to the working day before': '遇休息日提前到前一个工作日',
  'a day off moves to the working day after': '遇休息日顺延到后一个工作日',
  'a place in a period': '周期中的序号',
  'Write 1 for the first, -1 for the last.': '请用 1 表示第一个，-1 表示最后一个。',
  '"nth" and a day "nth-of-..." belong together': '"nth" 须与 "nth-of-..." 的 day 一起使用',
  'Write both, such as {day: nth-of-month, nth: 3}.': '请同时写出两者，例如 {day: nth-of-month, nth: 3}。',
  '{}: nobody has said whether {} is a working day; import the notice of the year with "oaops calendar import FILE"':
    '{}：{} 是否为工作日尚未公布；请用 "oaops calendar import FILE" 导入该年的放假通知',
  'nobody has said whether {} is a working day, so whether {} is due then is unknown; import the notice of the year with "oaops calendar import FILE"':
    '{} 是否为工作日尚未公布，因此 {} 当天是否该运行未知；请用 "oaops calendar import FILE" 导入该年的放假通知',
  'no notice about {} could be sent: {}': '关于 {} 的通知无法发送：{}',
  'runbook {} is overdue since {}: {}': '运行手册 {} 自 {} 起逾期：{}',
  'it could not be started: {}': '无法启动：{}',
  'it was missed, and left out by the rule of catching up': '已错过，按补做规则不再运行',
  'the process that took it ended before the run began; the next tick begins it':
    '接手的进程在运行开始前已结束；下一次 tick 会启动它',
  'process {} on {} is about to begin it': '{2} 上的进程 {1} 即将启动它',
  'run {} ended at {}Z, after the deadline': '运行 {1} 于 {2}Z 结束，已过期限',
  'by its jitter it starts at {}Z': '按错峰延迟将于 {}Z 启动',
  'a run of the runbook is under way or waits for somebody': '该运行手册有一次运行正在进行或正在等待处理',
  'no tick has looked since': '此后没有 tick 检查过',
  'run {} waits{}': '运行 {} 正在等待{}',
  'run {} ended with {}{}': '运行 {} 以 {} 结束{}',
  'run {} is under way': '运行 {} 正在进行',
  'no tick has looked on this machine yet; set it up with "oaops schedule install"':
    '本机尚无 tick 检查过；请用 "oaops schedule install" 安装',
  'a tick looked on this machine last at {}Z': '本机上一次 tick 检查于 {}Z',
  'times are those of {}': '时间为 {} 时间',
  'import the notice of the year with "oaops calendar import FILE"':
    '请用 "oaops calendar import FILE" 导入该年的放假通知',
  'up to {}; on this machine {}': '最多 {}；本机为 {}',
  'time zone': '时区',
  'not asked': '不使用',
  'looked after since': '开始照管',
  'nothing is installed': '没有安装任何内容',
  'also for {}, a day off': '同时代替休息日 {}',
  'moved from {}, a day off': '由休息日 {} 移来',
  'a day off: left out': '休息日：不运行',
  'a day off, and no working day within a month to move to': '休息日，且一个月内没有可移至的工作日',
  'the period has fewer working days: left out': '该周期的工作日不足：不运行',
  'unknown: nobody has said whether {} is a working day': '未知：{} 是否为工作日尚未公布',
  '{}: nothing to change': '{}：无需修改',
  '{} would be changed:': '将修改 {}：',
  '{} is changed:': '已修改 {}：',
  'the line for the crontab has {} characters, of which cron reads {}': 'crontab 的行有 {} 个字符，cron 只读取 {} 个',
  'Install with a shorter PATH: PATH=/usr/local/bin:/usr/bin:/bin oaops schedule install --crontab.':
    '请用较短的 PATH 安装：PATH=/usr/local/bin:/usr/bin:/bin oaops schedule install --crontab。',
  'the marks of oaops in the crontab are not one pair, "# BEGIN oaops" before "# END oaops"':
    'crontab 中 oaops 的标记不是一对："# BEGIN oaops" 在 "# END oaops" 之前',
  'Take them and what lies between them out with "crontab -e", then run again.':
    '请用 "crontab -e" 删除这些标记及其间的内容，然后重新运行。',
  '{} is set here and is not taken over, for it may be a secret; the configuration can hold it or a reference to it':
    '此处设置了 {}，因可能是机密而不写入；可在配置中写明它或对它的引用',
  'crontab -l ended with {}: {}': 'crontab -l 以 {} 结束：{}',
  'This user may not use cron, perhaps: see cron.allow in crontab(1).':
    '此用户可能无权使用 cron：参见 crontab(1) 中的 cron.allow。',
  '{} was not written by "oaops schedule install"': '{} 不是由 "oaops schedule install" 写入的',
  'Move it away, or leave the timer as it is.': '请将其移走，或保留现有定时器。',
  '{} was not written by "oaops schedule install" and stays': '{} 不是由 "oaops schedule install" 写入的，予以保留',
  'systemd does not run here: the timer is enabled, and starts with it':
    '此处没有运行 systemd：定时器已启用，将随 systemd 启动',
  'it runs while you are logged in; "loginctl enable-linger" keeps it running after that':
    '它只在登录期间运行；"loginctl enable-linger" 可使其在注销后继续运行',
  'the path of this program is not known': '无法得知此程序的路径',
  'Start oaops by its full path.': '请用完整路径启动 oaops。',
  '{} holds a control sign or a backslash, which no crontab can hold': '{} 含有控制字符或反斜杠，无法写入 crontab',
  'Give the folder another name.': '请为该文件夹改名。',
  '{} cannot be run: {}': '无法运行 {}：{}',
  'Install cron or use systemd: "oaops schedule install --crontab" and "--systemd" choose.':
    '请安装 cron 或使用 systemd：由 "oaops schedule install --crontab" 和 "--systemd" 选择。',
  '{} ended with {}: {}': '{} 以 {} 结束：{}',
  'Mend that, then run again: what is in place already is left as it is.':
    '请先解决该问题再重新运行：已就位的内容保持不变。',
});
