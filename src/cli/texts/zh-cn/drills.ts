import type { Messages } from '../catalogue.ts';

/** Texts of verification, drills and switch-overs. */
export const drills = (): Messages => ({
  'some files could not be compared with the live source': '部分文件无法与在线源文件比对',
  'snapshot {} was made on {}, and this is {}': '快照 {} 是在 {} 上生成的，而本机是 {}',
  'Run it on {}: only there are the files that it is compared with.': '请在 {} 上运行：只有那里才有用于比对的文件。',
  '"{}" is not a share': '"{}" 不是比例',
  'Write a percentage above 0 and at most 100, such as 10%.': '请写大于 0 且不超过 100 的百分比，例如 10%。',
  'its stored content is damaged: {}': '其存储的内容已损坏：{}',
  'its times are those of the backup, and the live file has {} bytes instead of {}':
    '时间与备份时相同，但在线文件为 {} 字节，应为 {}',
  'its times and size are those of the backup, and the content of the live file is another':
    '时间和大小与备份时相同，但在线文件的内容不同',
  'no table of the manifest tells how to read it': '清单中没有任何表说明如何读取它',
  'no file could be compared: all that were chosen are gone, changed or unreadable':
    '没有任何文件可以比对：选中的文件都已消失、被修改或无法读取',
  'chose {} of {} of {} ({}, seed {})': '从 {3} 的{2}中选取 {1} 个（{4}，种子 {5}）',
  '{} the same as the live source ({} read there), {} changed since, {} gone, {} unreadable':
    '与在线源文件一致 {} 个（在线读取 {}），之后被修改 {} 个，已消失 {} 个，无法读取 {} 个',
  'every pack was read since {} UTC': '自 {} UTC 以来每个数据包都已读过',
  'not every pack was read yet: {} read them all': '尚有数据包未读过：{}即可读完',
  'such run': '次同样的运行',
  'judge the drill of {} against its objectives and remember the verdict': '按目标判定 {} 的演练并记录结论',
  'The standby cannot be relied on as it is: find out why before a disaster does.':
    '备用系统目前不可依赖：请在灾难发生之前查明原因。',
  'a check failed: {}': '检查未通过：{}',
  'the service did not come back': '服务没有恢复',
  'nothing proves that data came back': '没有任何证据表明数据已恢复',
  'the report of the drill {} ({}) is in {}': '演练 {}（{}）的报告在 {}',
  'its evidence is in {}': '其证据在 {}',
  'a check asks a database that is not loaded, or two are loaded under one id':
    '有检查查询未加载的数据库，或两个数据库以同一 id 加载',
  'Set compare: hashes, or add a canary, sqlite, sql or command check.':
    '请设置 compare: hashes，或添加 canary、sqlite、sql 或 command 检查。',
  'Give each database of "load" its own id.': '请给 "load" 中的每个数据库各自的 id。',
  'the restore script knows no patterns': '恢复脚本不认识通配模式',
  'Name files and folders by their whole paths in "include".': '请在 "include" 中写出文件和目录的完整路径。',
  'restore {} from {} into a fresh folder{}, check it{}': '将 {} 从 {} 恢复到全新目录{}，并检查{}',
  'with the restore script alone': '仅用恢复脚本',
  'the canary could not be written: {}': '金丝雀数据无法写入：{}',
  'Name a file in a folder that is there and is backed up.': '请指定一个已存在且会被备份的目录中的文件。',
  'run {} of {} has no result of a drill': '{2} 的运行 {1} 没有演练结果',
  'See "oaops drill history" for the drills that came to a verdict.': '请用 "oaops drill history" 查看已有结论的演练。',
  'the report could not be written: {}': '报告无法写入：{}',
  'Name another file with --out.': '请用 --out 指定另一个文件。',
  'never reached': '从未恢复',
  'median {}{}': '中位数 {}{}',
  ', last {}{} %': '，最近一次 {}{} %',
  '{}: {} of {} passed  {}': '{1}：{3}中通过 {2} 次  {4}',
  'no value was planted before this snapshot, as this record knows': '据此记录所知，此快照之前没有写入过金丝雀数据',
  'canary {}': '金丝雀 {}',
  '{} is too large for a canary': '{} 过大，不像金丝雀文件',
  'the value planted last came back': '最后写入的值已恢复',
  'the value planted last is not there': '最后写入的值不在其中',
  '{} gave {} instead': '{} 却得到 {}',
  'an id': '不是 id',
  'Use lower-case letters, digits, - and _.': '请使用小写字母、数字、- 和 _。',
  'a canary lies in a file, or in a row that load and query find':
    '金丝雀要么在文件中，要么在由 load 和 query 找到的行中',
  'the drill has no canary that could be lost': '此演练没有可以丢失的金丝雀数据',
  'Add "canary" to the runbook, or use another sabotage.': '请在运行手册中添加 "canary"，或使用其他破坏方式。',
  'loading dumps into scratch databases': '正在将转储加载到临时数据库',
  'the restore script ended with exit code {}: {}': '恢复脚本以退出码 {} 结束：{}',
  '{} could not be loaded: {}': '{} 无法加载：{}',
  'the database "{}" was not loaded': '数据库 "{}" 没有加载',
  'the scratch database {} could not be dropped: {}': '临时数据库 {} 无法删除：{}',
  'the dump names its own database ("{}"): it is not loaded in a drill': '转储自带数据库名（"{}"）：演练中不予加载',
  '{}; the database {} could not be dropped: {}': '{}；数据库 {} 无法删除：{}',
  '{} ended with exit code {}{}': '{} 以退出码 {} 结束{}',
  'Set "compare: hashes", or add a check of type canary, sqlite, sql or command.':
    '请设置 "compare: hashes"，或添加类型为 canary、sqlite、sql 或 command 的检查。',
  'there is not exactly one database "{}" in "load"': '"load" 中没有恰好一个名为 "{}" 的数据库',
  'Give each database of "load" its own id, and ask only these.':
    '请给 "load" 中的每个数据库各自的 id，并只查询这些数据库。',
  '{} gave nothing': '{} 没有结果',
  'Run "oaops backup init" on this leg again: it lays down what is missing.':
    '请对此副本再次运行 "oaops backup init"：它会补上缺失的文件。',
  'it did not end in time': '未在时限内结束',
  '{} gave {}': '{} 得到 {}',
  'the database is intact; {}': '数据库完好；{}',
});
