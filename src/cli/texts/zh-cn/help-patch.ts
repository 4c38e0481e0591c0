import type { Messages } from '../catalogue.ts';

/** Help of `oaops patch`. */
export const helpPatch = (): Messages => ({
  'Roll out changes to people or hosts batch by batch, with gates and rollback':
    '对用户或主机分批升级，带关卡检查和回滚',
  'A rollout that is under way stops at its next checkpoint. To take back what was done, see "oaops patch rollback".':
    '正在进行的分批升级在下一个检查点停止。要撤回已做的变更，见 "oaops patch rollback"。',
  'Does what the plan says, one batch after the other; a batch begins when the gates after the one before it pass. When failures exceed the budget or a gate says no, nothing new starts and what was done is taken back.\n"oaops patch status", "pause", "resume", "abort" and "rollback" work from any terminal while it goes on.':
    '按计划逐批执行；前一批之后的关卡全部放行，下一批才开始。失败超出允许范围或关卡不放行时，不再开始新的操作，并撤回已做的变更。\n进行期间可在任意终端使用 "oaops patch status"、"pause"、"resume"、"abort" 和 "rollback"。',
  'End a rollout for good and leave what was done in place': '彻底结束分批升级，保留已做的变更',
  'Exactly where it stood, by the stored plan: nobody gets the change twice, and nobody who has the change of a newer rollout of the same runbook gets the older one unless --beside says why.':
    '按保存的计划从停下的地方继续：任何人都不会重复升级；已由同一手册较新的升级更新过的人，除非用 --beside 说明理由，否则不会得到较旧的变更。',
  'go on although a newer rollout reached the same people; why, for the audit log':
    '尽管较新的升级已覆盖相同的人仍然继续；理由记入审计日志',
  'Follow the watch of a rollout until its time is over': '跟踪分批升级后的观察期，直到结束',
  'Go on with a rollout that was paused, stopped, killed, or waits': '继续被暂停、停止、杀死或正在等待的分批升级',
  'Pause a rollout: nothing new starts until it is resumed': '暂停分批升级：恢复之前不开始新的操作',
  'Plan a rollout: whom it reaches, in which batches, with which gates': '生成分批升级计划：范围、批次和关卡',
  'Read from the record alone, so that it can be asked from any terminal, also while the rollout goes on or after a crash.':
    '只读取状态库，因此可在任意终端查询，包括升级进行期间或崩溃之后。',
  'Reads the population now and cuts it into batches; the plan lists every member. Nothing is changed. "oaops patch rollout --plan FILE" does exactly what the plan says, and refuses when the runbook, the inputs, the package, the inventory or the population have changed since.':
    '现在读取升级范围并切分批次；计划列出每一个成员。不做任何变更。"oaops patch rollout --plan FILE" 严格按计划执行；若运行手册、输入项、升级包、主机清单或升级范围此后有变化，则拒绝执行。',
  'Roll out a change batch by batch, with gates and rollback': '分批升级，带关卡检查和回滚',
  'Runs the undo of each step that was done, last first. Exit code 5 when everything is taken back, 3 when something remains in place. A rollout in its watch goes on watching the batches that were not named (exit code 6). One that is under way must be paused first.\nWhat a newer rollout of the same runbook changed for the same people or hosts is not taken back below it: take back the newer one first, or give --beside.':
    '从后往前执行已完成步骤的撤销。全部撤回时退出码为 5，仍有保留时为 3。观察期内的分批升级继续观察未指定的批次（退出码 6）。正在进行的须先暂停。\n同一运行手册较新的分批升级对相同人员或主机所做的变更，不会越过它撤回：请先撤回较新的，或给出 --beside。',
  'Show where a rollout stands: batches, failures, gates, watch': '查看分批升级的进展：批次、失败、关卡、观察',
  'Take back what a rollout did': '撤回分批升级所做的变更',
  'Takes each sample when it is due, for as long as the watch lasts (72 h unless the runbook says otherwise). Without it "oaops tick", started by cron, does the same.':
    '在观察期内（除非运行手册另有规定，为 72 小时）按时采集每个样本。不运行它时，由 cron 启动的 "oaops tick" 完成同样的工作。',
  'What is under way goes to its end first. Also "oaops tick" leaves a paused rollout alone.':
    '进行中的操作先执行完。"oaops tick" 也不会继续已暂停的分批升级。',
  'name of a rollout, or a file': '分批升级运行手册的名称，或文件',
  'name of a rollout, or a file; not needed with --plan': '分批升级运行手册的名称，或文件；使用 --plan 时不需要',
  'do this batch again, which was taken back by "patch rollback"': '重新执行这一批（曾被 "patch rollback" 撤回）',
  'begin although another rollout of the runbook is not over; why, for the audit log':
    '即使同一运行手册的另一个分批升级尚未结束也开始；理由，记入审计日志',
  'take it back although a newer rollout changed the same; why, for the audit log':
    '即使较新的分批升级变更了相同内容也撤回；理由，记入审计日志',
  'only this batch': '只撤回这一批',
  'wait for the samples of gates and watch, however long that takes': '等待关卡和观察期的所有样本，无论多久',
  'Name and reason are kept in the audit log and shown with the run. Then "oaops patch resume" goes on.':
    '姓名和理由记入审计日志，并随运行显示。随后 "oaops patch resume" 继续。',
  'Take a precondition that is not met upon yourself': '对未满足的前提条件自行承担责任并放行',
  'id of the precondition, such as pre-window': '前提条件的标识，例如 pre-window',
  'why, for the audit log': '理由，记入审计日志',
  'Record what a user tells about a rollout': '登记用户对分批升级的反馈',
  'A gate or a watch that uses patch.feedback takes it into account: at the first serious report it says no, and the rollout is taken back.':
    '使用 patch.feedback 的关卡或观察会考虑它：出现第一条严重反馈即不放行，并撤回升级。',
  'what was told': '反馈内容',
  'how bad it is': '严重程度',
  'who told it': '反馈人',
  'Look which updates hosts have pending, those for security first': '查看主机待安装的更新，安全更新优先',
  'Asks the package manager of each host (apt, dnf, yum, zypper) over the connection that runs use, in one go; nothing is installed there and, without --refresh, no package list is fetched: LIST AGE tells how old they are. Severity and CVE are told where the package manager knows them, and are ? where it does not. With --manager npm or pip the command after -- is run instead and its JSON is read.\nIt is a run like any other, and the result is kept in the record: --last shows it again without asking the hosts. NEW counts what was not pending at the check before. Selectors are those of host list.\nExit 0 when every host gave an answer, whatever is pending; 3 when some could not be judged, 1 when none could.':
    '在每台主机上询问其软件包管理器（apt、dnf、yum、zypper），使用与运行相同的连接，一次问完；不安装任何东西，不带 --refresh 时也不刷新软件包列表：LIST AGE 给出列表已有多久。软件包管理器知道严重程度和 CVE 时予以列出，不知道时为 ?。使用 --manager npm 或 pip 时，改为执行 -- 之后的命令并读取其 JSON。\n它与其他运行一样，结果保存在状态库中：--last 不询问主机，再次显示上次结果。NEW 为上次检查时还没有的更新数。选择器与 host list 相同。\n每台主机都有结果时退出码为 0（无论有无更新）；部分主机无法判断为 3，全部无法判断为 1。',
  'show the last check of the record; connect to nothing': '显示状态库中的上次检查；不连接任何主机',
  'package manager; auto: the one of the host; npm and pip: by the command after --':
    '软件包管理器；auto：主机自带的；npm 和 pip：用 -- 之后的命令',
  'have the hosts fetch their package lists first, which needs root': '先让主机刷新软件包列表（需要 root）',
});
