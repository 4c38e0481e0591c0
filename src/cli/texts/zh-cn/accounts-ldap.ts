import type { Messages } from '../catalogue.ts';

/** Texts of directories that speak LDAP: src/accounts/directories/ldap, openldap.ts, active-directory.ts, and changes by src/connectors/ldap. */
export const accountsLdap = (): Messages => ({
  '{} refused to change {}{}': '{} 拒绝更改 {}{}',
  'Name the server in "url" that takes changes.': '请在 "url" 中写可以写入的服务器。',
  'It was changed since it was read: plan anew.': '读取之后它已被更改：请重新制定计划。',
  'The rules of the directory forbid it, such as those for passwords.': '目录的规则（例如密码规则）不允许这样做。',
  'It was moved or deleted since it was read: plan anew.': '读取之后它已被移动或删除：请重新制定计划。',
  'Give the account of "bindDn" the right to do this.': '请给 "bindDn" 的账号授予相应权限。',
  'The schema of the directory forbids it.': '目录的模式（schema）不允许这样做。',
  'The name is taken by another entry.': '该名称已被另一个条目占用。',
  'a login at the directory needs "bindDn" and "password"': '登录目录需要 "bindDn" 和 "password"',
  'Whoever has not logged in sees a part only, which would look like the whole.':
    '未登录只能看到一部分内容，却会被当作全部。',
  '{} is not in the directory any more': '{} 已不在目录中',
  'Somebody deleted it, or moved it out of "base" and "holdBase": plan anew.':
    '它已被删除，或被移出 "base" 和 "holdBase"：请重新制定计划。',
  'a directory by LDAP has no sessions to end': 'LDAP 目录没有可结束的会话',
  'Leave "sessions" out for this directory.': '请不要对该目录使用 "sessions"。',
  'taken out of {}': '已移出 {}',
  'put into {}': '已加入 {}',
  'moved to {}': '已移动到 {}',
  'deleted {}': '已删除 {}',
  'there is no group {} that people can be put into': '没有可以加入成员的组 {}',
  'the directory has no "holdBase"': '该目录没有 "holdBase"',
  'Name the place for disabled accounts as "holdBase".': '请用 "holdBase" 指定停用账号的存放位置。',
  '{} cannot be moved: there is another entry {}': '无法移动 {}：已有另一个条目 {}',
  'Rename or delete the other entry.': '请重命名或删除另一个条目。',
  '{} cannot be deleted: there are entries below it': '无法删除 {}：其下还有条目',
  'Delete or move them first.': '请先删除或移动它们。',
  '{} names the entry {}, and was left as it is': '{} 是条目 {} 的名称，保持原样',
  '{} shows no {}': '{} 没有显示 {}',
  'Give the account of "bindDn" the right to read it: without it an entry cannot be found again.':
    '请给 "bindDn" 的账号读取它的权限：没有它就无法再次找到条目。',
  '{} is the only member of {}, which must have one': '{} 是 {} 的唯一成员，而该组必须有成员',
  '{} is still in {}: {}': '{} 仍在 {} 中：{}',
  'there is no group {} any more': '组 {} 已不存在',
  '{} could not be put into {}: {}': '无法把 {} 加入 {}：{}',
  'the directory does not show the policy {}': '目录没有显示策略 {}',
  'Correct "defaultPolicy", or give the account of "bindDn" the right to read it.':
    '请更正 "defaultPolicy"，或给 "bindDn" 的账号读取权限。',
  '{} (default)': '{}（默认）',
  '{} was deleted by somebody else': '{} 已被他人删除',
  'there is another entry {} now': '现在另有一个条目 {}',
  'made {} anew': '已重新建立 {}',
  '{} has no password: set a new one': '{} 没有密码：请设置新密码',
  '{} was moved by somebody else, and stays there': '{} 已被他人移动，保持在原处',
  '{} cannot be moved back to {}: {}': '无法把 {} 移回 {}：{}',
  'enabled as it was': '已按原状启用',
  '{} of {} was changed by somebody else, and stays so': '{2} 的 {1} 已被他人更改，保持不变',
  '{}: as it was': '{}：已恢复原值',
  'the directory has no time of a login: it keeps none, or there was none since it does (pwdLastSuccess, authTimestamp)':
    '目录中没有登录时间：它不记录，或开始记录之后没有登录过（pwdLastSuccess、authTimestamp）',
  'oaops logs in with it': 'oaops 用它登录',
  'the directory has no password policy (overlay ppolicy): its accounts cannot be disabled':
    '目录没有密码策略（ppolicy 覆盖层）：无法停用其中的账号',
  '{} accounts have no known policy that makes a lock work, and cannot be disabled: name the default policy as "defaultPolicy"':
    '{} 个账号没有已知的、能使锁定生效的策略，无法停用：请用 "defaultPolicy" 指定默认策略',
  'no password policy is known that makes a lock of {} work': '没有已知的密码策略能使 {} 的锁定生效',
  'Name the default policy as "defaultPolicy", or give the entry one that has pwdLockout (pwdPolicySubentry).':
    '请用 "defaultPolicy" 指定默认策略，或为该条目指定带 pwdLockout 的策略（pwdPolicySubentry）。',
  'Try again.': '请重试。',
  'no default policy': '没有默认策略',
  'cn=config is not shown to the login, and "defaultPolicy" is not set':
    '登录账号看不到 cn=config，且没有设置 "defaultPolicy"',
  'the directory has no attribute for the end of an account': '目录没有表示账号到期的属性',
  'Name one as "fields.expires".': '请用 "fields.expires" 指定一个。',
  'there is an account "{}" already: {}': '已有账号“{}”：{}',
  'Choose another login.': '请选择另一个登录名。',
});
