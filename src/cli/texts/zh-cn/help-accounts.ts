import type { Messages } from '../catalogue.ts';

/** Help of the commands about accounts. */
export const helpAccounts = (): Messages => ({
  'Accounts of the company: audit, cleanup, opening, change, revocation, review of rights':
    '公司账号：审计、清理、开通、变更、回收、权限复核',
  'Compare accounts with the people of the company, and tell what is wrong': '将账号与公司人员比对，指出问题',
  'Reads every source of people and every directory, and changes nothing. A source or directory that does not answer, or not with everything, is never taken as empty: what depends on it is not judged, and the command ends with 3. Findings alone are no failure: 0, unless the runbook says "failOn".':
    '读取所有人员来源和所有目录，不作任何变更。来源或目录没有应答，或没有给出全部内容时，绝不当作空的：依赖它的部分不作判断，命令以 3 结束。仅有发现不算失败，退出码为 0，除非运行手册写了 "failOn"。',
  'name of an account review, or a file': '账号管理运行手册的名称，或文件',
  'name of an account review, or a file; default account-cleanup':
    '账号管理运行手册的名称，或文件；默认 account-cleanup',
  'Disable, hold and later delete the accounts of leavers and other findings':
    '对离职人员等问题账号停用、移入保留区，期满删除',
  'Everything is read first; the plan names every account and every change. Old values are in the record before anything changes, and "oaops account undo" puts them back. What is deleted was disabled by an earlier run and held as long as the runbook says.\nMore changes than the cap need a second person\'s approval; protected accounts are never touched. Where the list has to be signed it asks at the terminal; without one it waits (exit 6) until "oaops account review". Exit 3 when an account was left as it is because something has changed since the plan was made.':
    '先读取全部内容；计划列出每个账号和每项变更。变更之前原值已写入状态库，"oaops account undo" 可以恢复。只删除由以前的运行停用、并已按运行手册保留期满的账号。\n变更数超过上限时需要双人审批；受保护的账号绝不处理。清单需要签署时在终端上询问；没有终端则等待（退出码 6），直到执行 "oaops account review"。制定计划后情况有变而保持原样的账号，使退出码为 3。',
  'Put accounts back to what they were before a run changed them': '将账号恢复到某次运行处理之前的状态',
  'Every attribute, group and place that the run had changed is as it was. What somebody else has changed since stays as they left it, and is told (exit 3). It is a run of its own, and can be started again.':
    '该次运行改过的每个属性、组和位置都恢复原样。此后他人改过的内容保持不变并予以说明（退出码 3）。撤销本身也是一次运行，可以再次启动。',
  'only these: logins or names, with * and ?': '只处理这些：登录名或名称，可用 * 和 ?',
  'only accounts of this directory': '只处理此目录的账号',
  'how the report is told': '报告的格式',
  'write the report into this file, whole or not at all; its ending tells the format (.html, .md, .csv, .json)':
    '将报告写入此文件，要么完整要么不写；扩展名决定格式（.html、.md、.csv、.json）',
  'only these findings': '只看这些发现',
  'only these directories': '只看这些目录',
});
