import type { Messages } from '../catalogue.ts';

/** Help of `oaops schedule` and `oaops tick`. */
export const helpSchedules = (): Messages => ({
  'What is due by the schedules of runbooks, and when': '按运行手册的计划，何时该运行什么',
  'List the schedules of runbooks: which are on, when they ran last and come next':
    '列出运行手册的计划：哪些已启用，上次和下次的时间',
  'A schedule is on when "schedules" in the configuration names its runbook; then "oaops tick" starts it. Times are those of "timeZone" of the configuration, else of this machine; with --json in UTC. RESULT is what became of the newest time that has passed. "unknown" as the next time: nobody has said whether a day before it is worked.':
    '配置的 "schedules" 中列出的运行手册即为启用，由 "oaops tick" 启动。时间按配置的 "timeZone"，未设置时按本机时区；--json 为 UTC。“结果”是最近一个已过时间的结果。下次为“未知”：在此之前有一天是否为工作日尚未公布。',
  'Show what "oaops tick" starts next, and when': '显示 "oaops tick" 接下来启动什么、何时启动',
  'Days that nobody has announced stand at the end, as "unknown": whether a runbook is due on them, or later, is not guessed. Times are those of "timeZone" of the configuration, else of this machine; with --json in UTC.':
    '尚未公布的日期列在最后，标为“未知”：当天及之后是否该运行，不作猜测。时间按配置的 "timeZone"，未设置时按本机时区；--json 为 UTC。',
  'how many times': '列出多少个时间',
  'Go on with waiting runs whose time has come, and start runbooks that are due':
    '继续已到时间的等待中的运行，并启动到期的运行手册',
  'For cron or a systemd timer, every minute or so ("oaops schedule install" sets it up). Starts the runbooks that "schedules" in the configuration names, when the schedule in them says so; a missed time is caught up as it says there, and no time is run twice. What is past its deadline is told once. Runs that are under way elsewhere are left alone. Ends with the code of the first run that did not end well; a run that still waits is no failure.':
    '由 cron 或 systemd 定时器每分钟左右执行（由 "oaops schedule install" 安装）。启动配置的 "schedules" 中列出且按其计划到期的运行手册；错过的时间按计划的说明补做，同一时间绝不运行两次。超过时限的只通知一次。其他进程正在处理的运行不受影响。退出码取第一个未正常结束的运行；仍在等待不算失败。',
  'while something is under way, look again every minute (for a timer that starts no second tick)':
    '有运行正在进行时每分钟再检查一次（用于不会并行启动第二个 tick 的定时器）',
  'Start what is due now, and go on with runs whose time has come': '启动现在到期的运行，并继续已到时间的运行',
  'The same as "oaops tick", which cron or a systemd timer runs every minute: each time of a schedule is run once, whichever of them comes first.':
    '与 cron 或 systemd 定时器每分钟执行的 "oaops tick" 相同：计划的每个时间只运行一次，无论由谁先执行。',
  'Show what is due or overdue now, since when, and why it has not run':
    '显示现在到期或逾期的运行、从何时起、为何尚未运行',
  'Of the runbooks that are on. "due": its time has come and nothing has run yet. "overdue": its "deadline" has passed and no run has ended well since. "unknown": nobody has said whether a day is worked. Times are those of "timeZone" of the configuration, else of this machine; with --json in UTC. Exit 1 when something is overdue or cannot be loaded, 3 when a day is unknown. Nothing is started.':
    '针对已启用的运行手册。“到时间”：时间已到但尚未运行。“逾期”：已超过 "deadline"，此后没有正常结束的运行。“未知”：某天是否为工作日尚未公布。时间按配置的 "timeZone"，未设置时按本机时区；--json 为 UTC。有逾期或无法读取的退出码为 1，有未知日期的为 3。不启动任何运行。',
  'Explain the schedule of a runbook: its rule, its last times and its next ones':
    '说明运行手册的计划：规则、最近各次和接下来各次',
  'Says what became of each time, and why a day was moved or left out. Times are in the zone of the schedule.':
    '说明每个时间的结果，以及日期被移动或略过的原因。时间按计划的时区显示。',
  'name of the runbook': '运行手册的名称',
  'how many past times, and how many next ones': '列出多少个过去和将来的时间',
  'Have cron or systemd run "oaops tick" every minute': '让 cron 或 systemd 每分钟执行 "oaops tick"',
  'One line of the crontab of this user, or one systemd timer: systemd where it runs, unless --crontab. Working days, catching up, jitter and deadlines are for tick to judge, so that a changed schedule needs no new installation. The paths of node, oaops, state and configuration, and PATH, are those of this command. Run again it changes what differs, and nothing else.':
    '在此用户的 crontab 中写入一行，或安装一个 systemd 定时器：有 systemd 运行时用 systemd，除非指定 --crontab。工作日、补做、错峰和时限由 tick 判断，因此修改计划后无需重新安装。node、oaops、状态目录、配置的路径以及 PATH 取自此命令的环境。再次执行只修改有差异之处。',
  'Take away what "oaops schedule install" has written': '移除 "oaops schedule install" 写入的内容',
  'The block in the crontab of this user, or the two systemd units; both unless one is named. Nothing else is touched.':
    '此用户 crontab 中的段落，或两个 systemd 单元；不指定时两者都移除。不触动其他内容。',
  'a block in the crontab of this user': '此用户 crontab 中的一段',
  'a systemd timer: of the system as root, else of this user': 'systemd 定时器：root 用户为系统级，否则为此用户级',
  'only show what would be changed': '只显示将要修改的内容',
});
