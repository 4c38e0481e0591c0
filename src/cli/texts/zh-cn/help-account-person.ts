import type { Messages } from '../catalogue.ts';

/** Help of `oaops account open`, `change` and `revoke`. */
export const helpAccountPerson = (): Messages => ({
  'Bring the rights of somebody who was transferred to what the new role asks for':
    '将调岗人员的权限调整为新岗位应有的权限',
  'Close every account of somebody who leaves, at once': '立即回收离职人员的全部账号',
  'Open accounts for a new person, with the rights of the role and nothing else':
    '为新人员开通账号，仅授予岗位应有的权限',
  'In every directory and on every host the accounts are disabled, lose their rights, sessions, keys and jobs, and are moved to the hold area, where there is one. Protected accounts, and those that may be somebody else\'s, are left alone and told (exit 3). A directory that does not answer does not keep the others open: exit 3 names what is still to be done, and the next run does it.\nSomebody who is employed according to the roster is only revoked with --reason, and with --yes or an answer at the terminal. With --reason it goes on without a source, too: then accounts are known by the employee number that they carry, and by nothing else. With --leavers: everybody whose last day is over, within the caps of the company. Old values are in the record; "oaops account undo" puts them back.':
    '在所有目录与主机上停用账号，收回权限，清除会话、密钥与计划任务，并移入保留区（若有）。受保护的账号以及可能属于他人的账号不予处理并告知（退出码 3）。某个目录无响应不妨碍其他目录：以退出码 3 告知尚待处理的部分，由下一次运行完成。\n名册中在职的人员只有给出 --reason，并加 --yes 或在终端确认后才会回收。给出 --reason 时，来源无法读取也会继续：此时只凭账号所带的工号识别。--leavers 表示最后工作日已过的所有人员，受公司上限约束。旧值保存在状态库中；"oaops account undo" 可恢复。',
  'Rights beyond the new department and post are taken away, rights that are missing are given, and the account shows the new department and post, where the directory keeps them. Only rights that the role matrix speaks of are touched. Where rights are given the new head approves first, by "oaops approve", unless the company says otherwise ("opening.approval").\nWith --all: everybody whose account shows another department or post than the roster. Old values are in the record; "oaops account undo" puts them back. Exit 3 when something was left alone or a directory did not answer.':
    '收回超出新部门与岗位的权限，授予缺少的权限，并在目录保存这些信息时更新账号的部门与岗位。只涉及权限矩阵中的权限。需要授权时，先由新部门负责人用 "oaops approve" 审批，除非公司另有规定（"opening.approval"）。\n--all 表示账号部门或岗位与名册不一致的所有人员。旧值保存在状态库中；"oaops account undo" 可恢复。有账号未处理或目录无响应时退出码为 3。',
  'The person must stand in a roster, employed or beginning within 30 days, and have no account yet. The rights are those that the role matrix gives to department and post; --dry-run tells which row gives which right. The head of the person approves first, by "oaops approve", unless the company says otherwise ("opening.approval").\nThe one-time password goes by mail to whom the company says, or is shown once at the terminal; it is kept nowhere. When it does not get there the account is removed again. With --request everybody in the list is looked at before anything is made: one person for whom something stands against it, and nobody gets an account.':
    '此人须在名册中，在职或 30 天内入职，且尚无账号。权限即权限矩阵按部门与岗位所给的权限；--dry-run 说明每项权限来自哪一行。先由其负责人用 "oaops approve" 审批，除非公司另有规定（"opening.approval"）。\n一次性密码按公司规定以邮件送达，或在终端显示一次；任何地方都不保存。未能送达时删除账号。使用 --request 时先检查名单中的所有人：只要一人有问题，就不为任何人开通。',
  'everybody whose account shows another department or post than the roster': '账号部门或岗位与名册不一致的所有人员',
  'employee number': '工号',
  'everybody whose last day is over': '最后工作日已过的所有人员',
  'last day of a temporary account': '临时账号的截止日',
  'list of several people (CSV or XLSX), with the columns of a roster': '多人名单（CSV 或 XLSX），列与人员名册相同',
  'name of an account review, or a file; default account-leaver': '账号管理手册的名称或文件；默认 account-leaver',
  'name of an account review, or a file; default account-opening': '账号管理手册的名称或文件；默认 account-opening',
  'name of an account review, or a file; default account-transfer': '账号管理手册的名称或文件；默认 account-transfer',
  'the login, where the usual one is taken': '登录名，用于通常的登录名已被占用时',
  'why, where the roster does not say that the person has left; it is kept with the run':
    '原因，用于名册尚未标注离职时；随运行保存',
});
