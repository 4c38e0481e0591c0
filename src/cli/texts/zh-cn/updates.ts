import type { Messages } from '../catalogue.ts';

/** Texts about pending updates: src/updates, patch.check and patch.refresh, and `oaops patch check`. */
export const updates = (): Messages => ({
  'the answer of the package manager is not whole': '软件包管理器的回答不完整',
  'Ask this host again.': '请重新检查此主机。',
  'the package manager ended with exit code {}{}': '软件包管理器结束，退出码 {}{}',
  'the host has no package lists': '主机上没有软件包列表',
  'Fetch them with --refresh.': '请用 --refresh 获取。',
  'the answer of apt-get is not understood': '无法理解 apt-get 的回答',
  'the answer of the package manager is not understood': '无法理解软件包管理器的回答',
  'the answer of the package manager is not understood: {}': '无法理解软件包管理器的回答：{}',
  'the answer of zypper is not understood': '无法理解 zypper 的回答',
  'the output of the command is not the JSON of "npm outdated --json" (exit code {})':
    '命令的输出不是 "npm outdated --json" 的 JSON（退出码 {}）',
  'the output of the command is not the JSON of "pip list --outdated --format json" (exit code {})':
    '命令的输出不是 "pip list --outdated --format json" 的 JSON（退出码 {}）',
  'npm says: {}': 'npm 报告：{}',
  'the host has no {}': '主机上没有 {}',
  'the host did not run the script of the check': '主机没有执行检查脚本',
  'the host has none of apt, dnf, yum and zypper': '主机上没有 apt、dnf、yum 或 zypper',
  'Give a command of your own, with --manager npm or pip.': '请用 --manager npm 或 pip 给出自己的命令。',
  '{}: {} security updates{}, {} other updates{}': '{}：安全更新 {} 个{}，其他更新 {} 个{}',
  ', reboot needed': '，需要重启',
  'npm and pip have "argv", and nothing else has': '只有 npm 和 pip 才有 "argv"，且必须有',
  'no answer in time': '没有及时回答',
  'the answer of the host is too long': '主机的回答过长',
  'look for pending updates{}': '检查待安装的更新{}',
  'look for pending updates with {}': '用 {} 检查待安装的更新',
  'refresh the package lists{}': '刷新软件包列表{}',
  'with {}': '使用 {}',
  'the package lists of {} are not fresh: {}': '{} 的软件包列表未能刷新：{}',
  'it was never checked': '从未检查过',
  'Check it without --last.': '请不带 --last 检查它。',
  'it was not asked': '没有询问它',
  'Run the check again.': '请重新检查。',
  '--manager npm or pip and a command after -- belong together': '--manager npm 或 pip 与 -- 之后的命令须一起给出',
  'Write both, or neither: patch check web1 --manager npm -- npm outdated --json':
    '请两者都写，或都不写：patch check web1 --manager npm -- npm outdated --json',
  'a command of your own has no package lists to refresh': '自己的命令没有可刷新的软件包列表',
  'Leave --refresh out.': '请去掉 --refresh。',
});
