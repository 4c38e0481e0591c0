import type { Messages } from '../catalogue.ts';

/** Help of oaops account show. */
export const helpAccountShow = (): Messages => ({
  'Show what a run found and did, or everything about a person or an account':
    '查看一次运行的发现与处理，或某个人员、账号的全部情况',
  'A run (id, name of its runbook, or latest) is shown from the record: its report, and of each account what was planned, decided, done, left and taken back.\nA person (employee number, mail, login, name) or an account (login, DN) is looked at now: every source and directory is read, and told is who it is, where the accounts are, when they were last used, which rights they hold and which are due and why, and what earlier runs have done. Exit 3 when something could not be read: an account there would be missing. With --recorded nothing is read, and told is what the last audit and later runs have left in the record, and how old that is.':
    '运行（编号、运行手册名称或 latest）取自状态库：其报告，以及每个账号的计划、决定、已做、未做和恢复情况。\n人员（工号、邮箱、登录名、姓名）或账号（登录名、DN）则立即读取：读取所有来源和目录，说明其人是谁、账号在何处、最后何时使用、持有哪些权限、应有哪些权限及依据，以及以往运行做过什么。有内容无法读取时退出码为 3：那里的账号会缺失。用 --recorded 则不读取任何内容，只说明最近一次审计和其后的运行在状态库中留下的内容及其时间。',
  'a run, a person or an account': '运行、人员或账号',
  'of a person or an account: only what the record knows; read nothing': '人员或账号：只看状态库中的内容，不读取',
  'of a person or an account: the audit whose sources and directories are read; default account-audit':
    '人员或账号：读取哪个审计的来源和目录；默认 account-audit',
  'input of that runbook': '该运行手册的输入',
});
