import type { Messages } from '../catalogue.ts';

/** Help of the commands that work on hosts of the inventory. */
export const helpHosts = (): Messages => ({
  'Look at the hosts of the inventory, and run a command on them': '查看主机清单中的主机，并在其上执行命令',
  'List the hosts of the inventory': '列出主机清单中的主机',
  "Selectors are names, group:NAME or all, also with * and ?, several with commas between them; '!' before one leaves out what it names. Connects to nothing.":
    "选择器是名称、group:NAME 或 all，可含 * 和 ?，多个之间用逗号分隔；前面加 '!' 表示排除所指的主机。不连接任何主机。",
  'which hosts; default all': '哪些主机；默认全部',
  'which hosts': '哪些主机',
  'Log in to hosts and say which of them answer': '登录主机，说明哪些主机有应答',
  'Opens a connection as runs do, with the host key verified, and runs nothing there but "true" by /bin/sh. Selectors are those of host list. Exit 0 when all answer, 3 when some do, 1 when none does.':
    '与运行时一样建立连接并验证主机密钥，在主机上只用 /bin/sh 执行 "true"。选择器与 host list 相同。全部应答时退出码为 0，部分应答为 3，无一应答为 1。',
  'so many hosts at once': '同时处理的主机数',
  'give a host up after this time': '超过此时间就放弃该主机',
  'Run one command on hosts': '在主机上执行一条命令',
  'What follows -- reaches the program on each host unchanged, whatever it holds; no shell reads it, unless --shell says that its first word is a script for /bin/sh and the others are $1, $2. It is a run like any other, planned and journalled: "oaops runs show" has it, "oaops runs resume" tries the failed hosts again.\nSelectors are those of host list. Hosts that said the same are shown together. Exit 0 when it went well on all hosts, 3 when on some, 1 when on none.':
    '-- 之后的内容无论包含什么，都原样传给每台主机上的程序；不经过 shell，除非用 --shell 说明第一个词是 /bin/sh 的脚本，其余为 $1、$2。它与其他运行一样有计划、有执行日志：可用 "oaops runs show" 查看，用 "oaops runs resume" 在失败的主机上重试。\n选择器与 host list 相同。输出相同的主机合并显示。全部成功时退出码为 0，部分成功为 3，无一成功为 1。',
  'end the command on a host after this time': '超过此时间就结束该主机上的命令',
  'the first word is a script for /bin/sh, the others are its $1, $2': '第一个词是 /bin/sh 的脚本，其余为它的 $1、$2',
  'as root by sudo, where the inventory does not say how': '主机清单未说明方式时，通过 sudo 以 root 执行',
});
