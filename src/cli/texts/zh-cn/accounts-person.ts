import type { Messages } from '../catalogue.ts';

/** Opening, transfer and revocation: src/accounts/person, opening, recheck, seen; what their actions say. */
export const accountsPerson = (): Messages => ({
  '{} left alone or not reached': '{} 项未处理或无法读取',
  '{}: taken back again': '{}：已撤回',
  '{} ({}) was being made when the run was cut off, and it cannot be told whether the account that is there is the one':
    '运行中断时正在创建 {}（{}），无法判断现有的账号是否就是它',
  'Look whose it is. Remove it if it is nobody’s, then start a new run: nobody has its password.':
    '请查明账号归属。若无人使用请删除，然后重新运行：没有人持有其密码。',
  '{}; the account was removed again': '{}；账号已删除',
  '{}; the account {} could not be removed again: {}': '{}；账号 {} 未能删除：{}',
  'Remove the account; nobody has its password.': '请删除该账号；没有人持有其密码。',
  'somebody has logged in with {} ({}) since': '此后已有人登录 {}（{}）',
  'Revoke it with: oaops account revoke --person {} --reason TEXT':
    '请回收：oaops account revoke --person {} --reason TEXT',
  'the roster names no head of {} ({})': '名册中没有 {} 的负责人（{}）',
  'the head of {}, {}, is nobody who is employed': '{} 的负责人 {} 不是在职人员',
  'Name the manager in the roster, or write "opening: {approval: any}".':
    '请在名册中填写负责人，或写 "opening: {approval: any}"。',
  '{} is the head of {} and asks for the run: whoever asks cannot approve':
    '{} 是 {} 的负责人，又是申请者：申请者不能审批',
  'Have somebody else start it, or write "opening: {approval: any}".':
    '请由他人发起，或写 "opening: {approval: any}"。',
  'accounts and rights need the signature of a second person, and no file says whose keys count':
    '账号与权限需要另一人签字，但没有文件说明谁的密钥有效',
  'Set approvals.allowedSigners in the configuration, or write "opening: {approval: none}".':
    '请在配置中设置 approvals.allowedSigners，或写 "opening: {approval: none}"。',
  'it is only like them by name and department; confirm it with "oaops account review --confirm"':
    '仅姓名与部门相同；请用 "oaops account review --confirm" 确认',
  'it is only like {} by name and department; confirm it with "oaops account review --confirm"':
    '与 {} 仅姓名与部门相同；请用 "oaops account review --confirm" 确认',
  'letters, digits, and . _ - @ behind the first make a login, at most 64':
    '登录名由字母、数字组成，首字符之后可用 . _ - @，最多 64 个字符',
  "logins like it are no person's in {}": '此类登录名在 {} 中不属于个人',
  'Correct the request; nothing was planned.': '请更正申请；未生成任何计划。',
  'Look at the roster: nobody gets an account before it says so.': '请检查名册：名册确认之前不开通账号。',
  '{} has left ({})': '{} 已离职（{}）',
  'it is not clear whether {} is employed: {} ({})': '无法确定 {} 是否在职：{}（{}）',
  'the source says two things': '来源说法不一',
  '{} begins on {}, more than {} days from now ({})': '{} 于 {} 入职，距今超过 {} 天（{}）',
  'a day that is not known': '未知日期',
  'Open the account later.': '请晚些时候再开通。',
  'the last day "{}" is no date': '截止日 "{}" 不是日期',
  'the last day {} is over already': '截止日 {} 已过',
  'the account would last until {}, and {} leaves on {} ({})': '账号有效至 {1}，而 {2} 于 {3} 离职（{4}）',
  'Give a day until {}.': '请给出不晚于 {} 的日期。',
  'the sources of {} do not know {}': '{} 的来源中没有 {}',
  'Look at "judgedBy" of the directories.': '请检查目录的 "judgedBy"。',
  'the account {} ({}) may be one of {}: {}': '账号 {}（{}）可能属于 {}：{}',
  'Say first whose it is; else one person would have two.': '请先确认归属，否则一人会有两个账号。',
  '{} has an account in {} already: {}, {}': '{} 在 {} 中已有账号：{}，{}',
  'Change rights with "oaops account change"; "oaops account undo" brings back what a run has disabled.':
    '变更权限请用 "oaops account change"；恢复已停用的账号请用 "oaops account undo"。',
  '{} cannot get the login "{}": {}': '{} 不能使用登录名 "{}"：{}',
  'Choose another with --login NAME, or the column "login" of the request.':
    '请用 --login NAME 或申请表的 "login" 列另选登录名。',
  '{} gets it': '已分配给 {}',
  'the roster gives it to {} ({})': '名册中属于 {}（{}）',
  '{} in {} has it': '{2} 中的 {1} 已使用',
  'the roster does not say the {} of {} ({}), which rights in {} go by':
    '名册缺少 {2} 的 {1}（{3}），而 {4} 中的权限以此为准',
  'Enter it into the roster.': '请填入名册。',
  'rights are due to {} in {}, and it is not able to give any': '{} 在 {} 中应有权限，但该目录无法授权',
  'Declare how rights are granted, and how that is taken back.': '请声明授权方式及撤销方式。',
  'accounts of {} cannot have an end: its statement "create" has no :expires_at':
    '{} 的账号不能设截止日：语句 "create" 中没有 :expires_at',
  'Write :expires_at into the statement.': '请在语句中写入 :expires_at。',
  'Define it under notify.channels, or leave "opening.deliver" out.':
    '请在 notify.channels 中定义，或去掉 "opening.deliver"。',
  'the channel "{}" reaches more than one person: no password goes there': '渠道 "{}" 不止一人可见：不会发送密码',
  'Name a mail channel in "opening.deliver".': '请在 "opening.deliver" 中指定邮件渠道。',
  'the roster has no mail address of {}, to whom the password is to go': '密码应送达 {}，但名册中没有其邮箱',
  'the roster has no mail address of the head of {}, to whom the password is to go':
    '密码应送达 {} 的负责人，但名册中没有其邮箱',
  'Enter it into the roster, or leave "opening.deliver" out: then the password is shown at the terminal.':
    '请填入名册，或去掉 "opening.deliver"：此时密码显示在终端。',
  'the directory {} was not read, so nothing is planned: {}': '目录 {} 未能读取，因此不生成计划：{}',
  'Repair it, or name others in "opening.directories".': '请修复，或在 "opening.directories" 中指定其他目录。',
  'no directory is able to make accounts': '没有能够创建账号的目录',
  'the directory {} cannot make accounts': '目录 {} 不能创建账号',
  'Declare how accounts are made there, or leave it out of "opening.directories".':
    '请声明如何创建账号，或将其从 "opening.directories" 中去掉。',
  'Correct the request or the roster: accounts and rights go by the roster. Nothing was planned.':
    '请更正申请或名册：账号与权限以名册为准。未生成任何计划。',
  '{}: the {} of {} is "{}" here and "{}" in {}': '{1}：{3} 的 {2} 在此为 "{4}"，在 {6} 中为 "{5}"',
  '{} was not read, its accounts are still to be revoked: {}': '{} 未能读取，其中的账号尚待回收：{}',
  '{} was read in part: {}': '{} 只读取了一部分：{}',
  '{} was not read, so accounts without the employee number {} are still to be looked for: {}':
    '{} 未能读取，尚待查找没有工号 {} 的账号：{}',
  'named by {}: {}': '由 {} 指定：{}',
  '{} is employed according to the roster ({})': '名册中 {} 在职（{}）',
  '{} is employed until {} according to the roster ({})': '名册中 {} 在职至 {}（{}）',
  '{} is not employed yet according to the roster ({})': '名册中 {} 尚未入职（{}）',
  'its password was not handed over, as far as the record tells': '根据记录，其密码尚未交付',
  'Say why with --reason TEXT when the roster is behind; it is kept with the run.':
    '若名册滞后，请用 --reason TEXT 说明原因；原因随运行保存。',
  '{} left on {} ({})': '{} 已于 {} 离职（{}）',
  'no account of {} was found': '未找到 {} 的账号',
  "{} ({}) is no person's, and {} answers for it": '{}（{}）不是个人账号，由 {} 负责',
  'the directory is not able to {}': '该目录无法执行 {}',
  'it may be theirs: {}': '可能属于此人：{}',
  'it may be of {}, who has left; say whose it is with "oaops account review --confirm": {}':
    '可能属于已离职的 {}；请用 "oaops account review --confirm" 确认归属：{}',
  'Repair the source. Somebody who has to go at once: name the employee number, and say why with --reason TEXT.':
    '请修复来源。须立即回收的人员：指定工号，并用 --reason TEXT 说明原因。',
  'no source knows the employee number {}': '没有来源包含工号 {}',
  'Give the employee number: {} ({}).': '请给出工号：{}（{}）。',
  'Enter the person into the roster first, or look at the number.': '请先将此人录入名册，或检查工号。',
  '{} was not read, start again later: {}': '{} 未能读取，请稍后重新运行：{}',
  '{} is not employed now ({})': '{} 目前不在职（{}）',
  'Accounts of leavers are closed with "oaops account revoke".': '离职人员的账号用 "oaops account revoke" 回收。',
  '{} ({}) may be theirs: {}': '{}（{}）可能属于此人：{}',
  'Open one with: oaops account open --person {}': '开通账号：oaops account open --person {}',
  '{} is disabled: it is left so': '{} 已停用：保持不变',
  '{}: the roster does not say the {} of {} ({})': '{1}：名册缺少 {3} 的 {2}（{4}）',
  '{}: the directory is not able to {}': '{}：该目录无法执行 {}',
  'works as {} ({})': '任职 {}（{}）',
  '{} {} gets {}': '{} 的 {} 获得 {}',
  '{} is not in the sources any more': '{} 已不在来源中',
  '{} is not employed any more ({})': '{} 已不在职（{}）',
  '{} has another department or post now ({})': '{} 的部门或岗位已变（{}）',
  'make {} ({}) for {} with {}': '创建 {}（{}），使用人 {}，权限 {}',
  'it ends at {}': '截止 {}',
  'the password goes to {} by {}': '密码经 {2} 送达 {1}',
  'no account in {}: the role gives no right there': '{} 中不开账号：该岗位在其中没有权限',
  '"createOn" of {} names {}, which is none of its hosts': '{} 的 "createOn" 指定了 {}，它不在该目录的主机之中',
  'Name hosts of "targets".': '请指定 "targets" 中的主机。',
  'no account in {}: "createOn" does not say on which of its {} hosts':
    '{} 中不开账号：其 {} 台主机，"createOn" 未指定在哪台开通',
  'there is no account to open for {}: {}': '没有可为 {} 开通的账号：{}',
  'Look at the role matrix, and at "createOn" of the directory.': '请检查岗位权限矩阵和目录的 "createOn"。',
  'Accounts that it has made are removed with "oaops runs undo {}".': '其开通的账号用 "oaops runs undo {}" 撤销。',
  '"{}" of {} is not one mail address ({})': '"{}"（{}）不是单个邮箱地址（{}）',
  'Correct the roster: a password goes to one address.': '请更正名册：密码只发往一个地址。',
  'nobody who may approve "{}" is in {}: {}': '可审批 "{}" 的人员不在 {} 中：{}',
  'Add a line with one of these names and the key of that person.': '请加入一行，写明其中一个名称及该人员的密钥。',
  'the password is shown at the terminal once': '密码在终端显示一次',
  'the password of {} is shown at a terminal, and there is none': '{} 的密码须在终端显示，而目前没有终端',
  'Go on at a terminal: oaops runs resume {}': '请在终端继续：oaops runs resume {}',
  'the password of {} did not get to {}: {}': '{} 的密码未能送达 {}：{}',
  'the address was refused': '地址被拒绝',
  'Repair the channel or the address, then start a new run.': '请修复渠道或地址，然后重新运行。',
  'the password of {} was not handed over': '{} 的密码未交付',
  'an opening is for one person, or for those of a list': '开通针对一个人，或名单中的人员',
  'Give either --person ID or --request FILE.': '请给出 --person ID 或 --request FILE 之一。',
  'a login or a last day is for one person, and a list names several': '登录名或截止日只针对一个人，而名单包含多人',
  'Use the columns "login" and "endsOn" of the list.': '请使用名单的 "login" 与 "endsOn" 列。',
  'Give --person ID, or -i person=ID.': '请给出 --person ID，或 -i person=ID。',
  'a request is a file on this machine': '申请名单须是本机上的文件',
  'nobody is named whose accounts are to be revoked': '没有指定回收谁的账号',
  'Give --person ID, or --leavers for everybody whose last day is over.':
    '请给出 --person ID，或用 --leavers 表示最后工作日已过的所有人员。',
  'somebody has to agree to a revocation that the roster does not ask for': '名册未要求的回收须有人确认',
  'Run it at a terminal, or add --yes.': '请在终端运行，或加上 --yes。',
  '{} is the address of {} and of {} ({})': '{} 同时是 {} 和 {} 的邮箱地址（{}）',
  'Correct the roster: a password goes to one person.': '请更正名册：密码只能发给一个人。',
  '{} ({}) was not opened: {}': '未开通 {}（{}）：{}',
});
