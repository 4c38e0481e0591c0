import type { Messages } from '../catalogue.ts';

/** Help of `oaops inspect`. */
export const helpInspect = (): Messages => ({
  'Inspections: checks on hosts and services, sign-offs, waivers, reports':
    '巡检：主机与服务检查、人工签字、豁免、报告',
  'Accept a failure of a check until a date, by name and with a reason': '具名并说明原因，豁免某检查项的失败直至某日',
  'Below the verdicts, each figure of the newest run over the last 30 runs, oldest first; a dot where it was not measured.':
    '结论下方列出最近一次巡检的各项数值在最近 30 次中的变化，从旧到新；未测得处为一点。',
  'It counts from the next verdict on, and is shown as waived in every report. After its last day the failure counts again. What could not be judged cannot be waived. Without CHECK the waivers are listed.':
    '从下一次结论起生效，每份报告中都显示为已豁免；过了最后一天，失败重新计入。无法判断的检查项不能豁免。不给出 CHECK 时列出豁免。',
  'It is a run like any other, kept in the record with every result. Hosts are asked in one script each and need nothing but a POSIX shell. Shown is what is not all right, all of it with --verbose.\nWhere a person has to look, it asks at the terminal; without one it waits (exit 6) until "oaops inspect sign". Exit 0 when everything passed or only warns, 1 when something failed, 3 when something could not be judged.':
    '与其他运行一样，每项结果都记入状态库。每台主机只用一个脚本询问，只需要 POSIX shell。默认只显示异常项，--verbose 显示全部。\n需要人工检查处在终端询问；没有终端时等待（退出码 6），直到 "oaops inspect sign"。全部通过或仅有警告时退出码为 0，有未通过为 1，有无法判断为 3。',
  'List the inspections: shipped ones and yours, with their last verdict': '列出巡检：内置的和自己的，及其最近结论',
  'List the types of check, or the arguments of one': '列出检查类型，或某一类型的参数',
  'Make an inspection: all checks on all hosts, sign-offs, verdict': '执行巡检：所有主机的所有检查、人工签字、结论',
  'Read from the record; nothing is asked of the hosts. A run that has its verdict is shown as it was then. Shown is what is not all right, all of it with --verbose. Exit codes as inspect run.':
    '从状态库读取，不访问主机。已有结论的按当时的样子显示。默认只显示异常项，--verbose 显示全部。退出码同 inspect run。',
  'Write the work order of an inspection for print: what a person looks at, with room for signatures':
    '生成可打印的派工单：人工检查内容及签字栏',
  'One HTML page without scripts, in the language of --lang. The signed paper comes back as evidence: oaops inspect sign RUN CHECK pass --evidence scan.pdf':
    '不含脚本的单个 HTML 页面，语言由 --lang 决定。签字后的扫描件作为证据交回：oaops inspect sign RUN CHECK pass --evidence scan.pdf',
  'Make an inspection of a gossfile': '由 gossfile 生成巡检',
  'Tests of Goss become checks with the same meaning; what has no counterpart, or sees more or less than the original, is named on standard error. Read the runbook before you run it. Without --out it is printed.':
    'Goss 的测试转换为含义相同的检查项；没有对应项、或检查范围与原来不同的，在标准错误上逐一列出。请先阅读再执行。不带 --out 时直接输出。',
  'YAML or JSON': 'YAML 或 JSON',
  'file to make; one that is there is not overwritten': '要生成的文件；已存在的不会被覆盖',
  'name of the runbook; default: that of the file': '运行手册名称；默认取自文件名',
  'whose file it is': '文件所属的工具',
  'Show the verdicts of an inspection, newest first, and how its figures go':
    '查看巡检的历次结论（从新到旧）及数值趋势',
  'Show what an inspection found: its newest run, or any other': '查看巡检结果：最近一次或指定的一次',
  'Show what is otherwise between two runs of an inspection': '比较两次巡检的差异',
  'Sign a check that a person has looked at': '对人工检查项签字',
  'Who signs is the account of this process; what was seen is kept with the run. Anything but pass needs a reason. The inspection goes on with "oaops runs resume", or by itself at the next "oaops tick".':
    '签字人为当前进程的账号，所见内容随运行保存。除 pass 外都需说明原因。之后用 "oaops runs resume" 继续巡检，或由下一次 "oaops tick" 自动继续。',
  'With one argument: the newest run that has its verdict against the one before it. Shown are states that changed, and lines of details that have come (+) or gone (-).':
    '只给一个参数时：比较最近一次有结论的运行与前一次。显示状态变化，以及新增（+）或消失（-）的明细。',
  'a photo or protocol; a copy is kept with the run': '照片或记录单；副本随运行保存',
  'a type of check': '检查类型',
  'how many verdicts': '结论条数',
  'how the report is told; nagios ends with 0, 1, 2 or 3 as monitoring plugins do':
    '报告格式；nagios 按监控插件的约定以 0、1、2、3 结束',
  'id of the run, name of the inspection, or latest': '运行编号、巡检名称或 latest',
  'last day on which it holds': '最后有效日期',
  'name of an inspection, id of a run, or latest': '巡检名称、运行编号或 latest',
  'name of an inspection, or a file; not needed with --plan': '巡检名称或文件；使用 --plan 时不需要',
  'name of an inspection, or the older run': '巡检名称，或较早的一次运行',
  'name of the inspection': '巡检名称',
  'of which host, when several wait': '有多台主机等待时，指明主机',
  'on this host alone; default: on all': '仅限此主机；默认所有主机',
  'only this check': '仅此检查项',
  'only this host': '仅此主机',
  'take the waiver back': '收回豁免',
  'the check': '检查项',
  'the newer run': '较新的一次运行',
  'what was seen': '检查结果',
  'what was seen, in words': '所见情况说明',
  why: '原因',
  'write the report into this file, whole or not at all; its ending tells the format (.html, .md, .xml, .tap, .prom, .json)':
    '将报告写入此文件，要么完整写入要么不写；后缀决定格式（.html、.md、.xml、.tap、.prom、.json）',
});
