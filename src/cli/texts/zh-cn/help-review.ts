import type { Messages } from '../catalogue.ts';

/** Help of `oaops account review`. */
export const helpReview = (): Messages => ({
  'Sign the list of accounts or rights that a run waits with, and let it go on':
    '为等待中的运行签字确认账号或权限清单，并让其继续',
  'At a terminal it asks which lines are to be carried out; then the run goes on. The signer is the login behind the process. For heads without a login each list is written as a CSV file (--export, or by mail with --send) and read back with --import, which takes over all of a file or nothing. Lines that are open still: exit 3; where nobody can be asked: 6.\nOf a review of rights only the rights that somebody has signed are taken away; everything else stays. --start plans a review and starts it.\nAccounts that are like a person only by name and department are told apart; say whose they are with --confirm or --deny, and the next plan goes by that.':
    '在终端会询问要执行哪些行，然后运行继续。签字人即当前进程的登录用户。负责人没有登录名时，可将各自的清单写成 CSV 文件（--export，或用 --send 以邮件发送），再用 --import 读回；每个文件要么全部采纳，要么全不采纳。仍有未决定的行：退出码 3；无人可询问：6。\n权限审计只收回有人签字确认的权限，其余不变。--start 制定并开始一次审计。\n仅姓名与部门与某人相符的账号单独列出；用 --confirm 或 --deny 说明归属，下一次计划以此为准。',
  'id of the run, name of its runbook, or latest; with --start a runbook':
    '运行编号、运维手册名称，或 latest；配合 --start 时为运维手册',
  'show the list and ask nothing': '只显示清单，不询问',
  'decide every line that is open and not named otherwise': '对未决定且未另行指定的每一行作此决定',
  'carry out this line, or all lines of this login': '执行此行，或此登录名的所有行',
  'leave this line, or all lines of this login, as it is': '此行或此登录名的所有行保持原状',
  'why; kept with the lines named by --do or --keep, with all where none is named':
    '理由，与 --do 或 --keep 指明的行一同保存；未指明任何行时与所有行一同保存',
  'write the open lines into this folder, one CSV file for each head':
    '将未决定的行写入此文件夹，每位负责人一个 CSV 文件',
  'take over a list that was filled in': '读入已填写的清单',
  'who has signed the file, as it says; kept beside your login': '文件上的签字人，与你的登录名一同保存',
  'SSH signature of the head over the file (ssh-keygen -Y sign -n oaops-review); then the head is the signer':
    '负责人对文件的 SSH 签名（ssh-keygen -Y sign -n oaops-review）；此时签字人为该负责人',
  'send each head its list by mail, once': '将清单以邮件发送给各负责人，只发一次',
  'this account belongs to the person that it is like, or to --person':
    '此账号属于与之相符的人员，或 --person 指定的人员',
  'this account does not belong to the person that it is like': '此账号不属于与之相符的人员',
  'employee number, with --confirm or --deny': '工号，配合 --confirm 或 --deny',
  'plan a review of rights and start it': '制定并开始一次权限审计',
});
