import type { Messages } from '../catalogue.ts';

/** Texts of the checks of accounts, rights and rules for logging in. */
export const checksSecurity = (): Messages => ({
  ...accounts(),
  ...rights(),
  ...passwordRules(),
});

const accounts = (): Messages => ({
  '/etc/passwd cannot be read': '无法读取 /etc/passwd',
  '/etc/shadow cannot be read: it needs root': '无法读取 /etc/shadow：需要 root',
  'the host did not tell its accounts': '主机未给出账户',
  'the host did not tell of its passwords': '主机未给出密码状态',
  '{} accounts, {} of them with a login shell': '{} 个账户，其中 {} 个可登录',
  '{} has user id 0, as root has': '{} 的用户 ID 为 0，与 root 相同',
  '{} has no password': '{} 没有密码',
  'the password of {} is kept with {}, which is easily broken': '{} 的密码以 {} 保存，容易被破解',
  '{} in /etc/passwd takes in accounts of NIS': '/etc/passwd 中的 {} 引入了 NIS 账户',
  'the account {} is there twice': '账户 {} 出现两次',
  'user id {} belongs to {}': '用户 ID {} 属于 {}',
  '{} may log in, with {}': '{} 可以登录，shell 为 {}',
  'there is no account {}': '没有账户 {}',
  'there is an account {}': '存在账户 {}',
  'Ask whose they are; lock what nobody needs: usermod -L -e 1 NAME.':
    '查明账户归属；锁定无人需要的账户：usermod -L -e 1 NAME。',
  'the password of {} never expires': '{} 的密码永不过期',
  'the password of {} expires after {} days, more than {}': '{} 的密码 {} 天后过期，超过 {} 天',
});

const rights = (): Messages => ({
  'folders of other accounts cannot be searched: it needs root': '无法搜索其他账户的目录：需要 root',
  'the host did not tell its SUID and SGID files': '主机未给出 SUID/SGID 文件',
  'there are more than {} SUID and SGID files': 'SUID/SGID 文件超过 {} 个',
  'the name of a SUID or SGID file has a line end in it': '某个 SUID/SGID 文件的名称含有换行符',
  'the first list of SUID and SGID files is kept: {}': '首次记录 SUID/SGID 文件：{} 个',
  'the same SUID and SGID files as before: {}': 'SUID/SGID 文件与之前相同：{} 个',
  'other SUID and SGID files than before: {} new or changed, {} gone or changed':
    'SUID/SGID 文件有变化：新增或更改 {} 个，消失或更改 {} 个',
  '{} is a SUID or SGID file now': '{} 现在是 SUID/SGID 文件',
  '{} was a SUID or SGID file': '{} 曾是 SUID/SGID 文件',
  'Look at who put it there: rpm -qf or dpkg -S names its package; chmod u-s,g-s takes the right away.':
    '查明来源：rpm -qf 或 dpkg -S 可给出所属软件包；chmod u-s,g-s 可去除该权限。',
  'the host has no sudo': '主机没有 sudo',
  'the host did not tell its sudoers files': '主机未给出 sudoers 文件',
  'the sudoers files are not valid': 'sudoers 文件无效',
  'the sudoers files are not valid: {}': 'sudoers 文件无效：{}',
  'Correct them with visudo: sudo may refuse to run at all.': '请用 visudo 改正：sudo 可能完全无法运行。',
  '{} could not be read': '无法读取 {}',
  'not understood: {}': '无法理解：{}',
  '{} may run {} without a password': '{} 可以免密码运行 {}',
  '{} is never asked for a password ({})': '{} 从不需要输入密码（{}）',
  '{} may run every command': '{} 可以运行所有命令',
  'rules also come from {}, which is not looked at': '规则还来自 {}，未检查',
  'rights by sudo as they should be: {} rules': 'sudo 权限符合要求：{} 条规则',
  'Take the rule away with visudo, or name who may in the check.': '请用 visudo 删除该规则，或在检查中列出允许者。',
  'a name or an address': '名称或地址',
  'the host has no sshd': '主机没有 sshd',
  'sshd tells its settings only to root': 'sshd 只向 root 给出其设置',
  'sshd did not tell its settings': 'sshd 未给出其设置',
  'settings of sshd as they should be: {}': 'sshd 设置均符合要求：{} 项',
  '{} is "{}", not "{}"': '{} 为“{}”，而不是“{}”',
  'this sshd has no setting {}': '该 sshd 没有设置项 {}',
  '{} allows {}': '{} 允许 {}',
  'Set it in sshd_config, try it with sshd -t, and reload the service with a second session open.':
    '请在 sshd_config 中设置，用 sshd -t 检验，并在另开一个会话的情况下重新加载服务。',
});

const passwordRules = (): Messages => ({
  'the host did not tell its rules for passwords': '主机未给出密码策略',
  'the host has no PAM that tells which passwords it takes': '主机没有可说明密码要求的 PAM',
  'rules of pam_passwdqc are not understood': '无法理解 pam_passwdqc 的规则',
  'rules for passwords as they should be': '密码策略符合要求',
  'passwords never expire: PASS_MAX_DAYS is not set': '密码永不过期：未设置 PASS_MAX_DAYS',
  'PASS_MAX_DAYS is {}, above {}': 'PASS_MAX_DAYS 为 {}，高于 {}',
  'PASS_MIN_DAYS is {}, below {}': 'PASS_MIN_DAYS 为 {}，低于 {}',
  'PASS_WARN_AGE is {}, below {}': 'PASS_WARN_AGE 为 {}，低于 {}',
  'no module of PAM looks at how good a password is: pam_pwquality is not called':
    '没有 PAM 模块检查密码强度：未调用 pam_pwquality',
  'passwords may have {} characters, below {}': '密码最短可为 {} 个字符，少于 {}',
  'passwords need only {} of the four kinds of characters, below {}': '密码只需包含四类字符中的 {} 类，少于 {} 类',
  'no module of PAM locks accounts after failed logins': '没有 PAM 模块在登录失败后锁定账户',
  'nothing in {} locks accounts after failed logins': '{} 中没有在登录失败后锁定账户的设置',
  '{} in {} never locks': '{2} 中的 {1} 从不锁定',
  '{} locks after {} failed logins, above {}': '{} 在 {} 次登录失败后锁定，多于 {} 次',
  '{} locks for {}, below {}': '{} 锁定 {}，短于 {}',
  'the last {} passwords are not taken again, below {}': '不得重复最近 {} 个密码，少于 {} 个',
  'Set it in /etc/login.defs, /etc/security/pwquality.conf and /etc/security/faillock.conf, and have PAM call the modules: pam-auth-update or authselect.':
    '请在 /etc/login.defs、/etc/security/pwquality.conf 和 /etc/security/faillock.conf 中设置，并让 PAM 调用这些模块：pam-auth-update 或 authselect。',
});
