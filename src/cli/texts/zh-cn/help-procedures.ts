import type { Messages } from '../catalogue.ts';

/** Help of `oaops today` and `oaops compliance`. */
export const helpProcedures = (): Messages => ({
  'Show what is due today, overdue, waiting for a person, failing, done, and coming up':
    '查看今日应办、逾期、等待人工、失败、已办和即将到期的事项',
  'Reads the record and the headers of the runbooks, starts nothing and asks no host. A procedure is due by its cadence ("procedures" in the configuration; docs/procedures.md) and done when a run that counts for it ended well. Before the first run of the record, or "complianceSince" of the configuration, nothing is overdue. With --verbose procedures that were never carried out, or that no runbook carries out, are named.\nWith --check, for monitoring: exit 1 when the last run of a runbook did not end well, 3 when something is overdue, else 0.':
    '只读记录和运行手册的头部，不启动任何操作，也不连接主机。规程按周期应办（配置的“procedures”；docs/procedures.md），计入它的运行成功结束即为已办。记录中的第一次运行之前，或配置的“complianceSince”之前，不算逾期。加 --verbose 列出从未执行的规程和没有运行手册的规程。\n加 --check 供监控使用：某运行手册最近一次未成功时退出码为 1，有逾期时为 3，否则为 0。',
  'another day, as it was when it ended or will be when it begins': '另一天：过去的按当天结束时，将来的按当天开始时',
  'exit 1 or 3 when something needs attention': '有需要关注的事项时退出码为 1 或 3',
});
