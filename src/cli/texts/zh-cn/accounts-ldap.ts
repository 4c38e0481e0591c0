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
});
