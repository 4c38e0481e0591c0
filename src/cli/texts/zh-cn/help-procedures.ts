import type { Messages } from '../catalogue.ts';

/** Help of `oaops today` and `oaops compliance`. */
export const helpProcedures = (): Messages => ({
  'Show what is due today, overdue, waiting for a person, failing, done, and coming up':
    '查看今日应办、逾期、等待人工、失败、已办和即将到期的事项',
  'Reads the record and the headers of the runbooks, starts nothing and asks no host. A procedure is due by its cadence ("procedures" in the configuration; docs/procedures.md) and done when a run that counts for it ended well. Before the first run of the record, or "complianceSince" of the configuration, nothing is overdue. With --verbose procedures that were never carried out, or that no runbook carries out, are named.\nWith --check, for monitoring: exit 1 when the last run of a runbook did not end well, 3 when something is overdue, else 0.':
    '只读记录和运行手册的头部，不启动任何操作，也不连接主机。规程按周期应办（配置的“procedures”；docs/procedures.md），计入它的运行成功结束即为已办。记录中的第一次运行之前，或配置的“complianceSince”之前，不算逾期。加 --verbose 列出从未执行的规程和没有运行手册的规程。\n加 --check 供监控使用：某运行手册最近一次未成功时退出码为 1，有逾期时为 3，否则为 0。',
  'another day, as it was when it ended or will be when it begins': '另一天：过去的按当天结束时，将来的按当天开始时',
  'exit 1 or 3 when something needs attention': '有需要关注的事项时退出码为 1 或 3',
  'Show for each procedure when it was due and what became of it: the matrix that auditors ask for':
    '查看各规程的应办时间和执行情况：审计所需的对照表',
  'Each time that a procedure was due is on time, late, tried and not done, missed, overdue, due, not yet due, not due because the day is off, unknown because nobody has announced the day, or before the record began; with the run that is the evidence, and who asked for it. Procedures without dates are shown with their runs, those that do not apply with their reason. Days are those of "timeZone" in the configuration; default: the month that we have.\nThe HTML page is one file without scripts, fit for print; texts are in the language of --lang.':
    '规程的每次应办分为：按时、逾期完成、未成功、未办、逾期、应办、未到期、休息日无需办理、日期尚未公布而未知、记录之前；并列出作为证据的运行及其发起人。无固定日期的规程列出其运行，不适用的列出原因。日期按配置的“timeZone”；默认为本月。\nHTML 为不含脚本的单个文件，适合打印；文字语言由 --lang 决定。',
  'only this procedure, with every period': '只看此规程，列出全部期间',
  'a year, half-year, quarter, month or week: 2026, 2026-H2, 2026-Q4, 2026-10, 2026-W41':
    '年、半年、季度、月或周：2026、2026-H2、2026-Q4、2026-10、2026-W41',
  'first day; default: the first of the year of --to': '第一天；默认为 --to 所在年的第一天',
  'last day; default: today': '最后一天；默认今天',
  'default: by the ending of --out, else table': '默认按 --out 的扩展名，否则为 table',
  'write into this file': '写入此文件',
});
