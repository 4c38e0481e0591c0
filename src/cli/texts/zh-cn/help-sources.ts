import type { Messages } from '../catalogue.ts';

/** Help of the flags that load dumps, and of excludes in files. */
export const helpSources = (): Messages => ({
  'load the dump of a source into a new database of this type': '把某个来源的转储加载到此类型的新数据库',
  'id of the source in the runbook': '来源在运行手册中的标识',
  'database or file of the source, when it has several': '来源有多个转储时，指定数据库或文件',
  'name of the new database; for sqlite a file, for ldap a folder': '新数据库的名称；sqlite 为文件，ldap 为目录',
  'host of the inventory on which the programs run': '在清单中的哪台主机上执行程序',
  'inventory file; default that of the configuration': '清单文件；默认为配置中的清单',
  'host name or socket of the server': '服务器的主机名或套接字',
  'name to log in with at the server': '登录服务器的用户名',
  'port of the server': '服务器端口',
  'leave out what the patterns in this file match, one a line': '排除与此文件中规则匹配的内容，每行一条规则',
  'where the password is read from: env:NAME, file:/path, cred:NAME': '从何处读取密码：env:NAME、file:/path、cred:NAME',
  'folder of the client programs': '客户端程序所在目录',
  'for command: script for /bin/sh that reads the dump on standard input':
    '用于 command：从标准输入读取转储的 /bin/sh 脚本',
});
