import type { Messages } from '../catalogue.ts';

/** Texts about sources of truth: src/accounts/sources and src/accounts/employment.ts. */
export const accountsSources = (): Messages => ({
  'the last day {} is before the first day {}': '最后工作日 {} 早于入职日期 {}',
  'the status is blank': '状态为空',
  'the status says employed, and the last day was {}': '状态为在职，但最后工作日是 {}',
  'the status says left, and the first day is {}': '状态为离职，但入职日期是 {}',
  'the last line of {} has no line end: a "trailer" would tell whether it is cut off':
    '{} 的最后一行没有换行符：设置 "trailer" 才能判断文件是否被截断',
  'the file {} of the source "{}" is empty': '来源“{2}”的文件 {1} 是空的',
  'An empty roster is believed by no means: look at the export.': '空的花名册一律不予采信：请检查导出。',
  'An empty roster is believed by no means: look at the query.': '空的花名册一律不予采信：请检查查询语句。',
  'there are rows after the last line "{}"': '结束行“{}”之后还有数据行',
  'Look at the export: files may have been joined.': '请检查导出：可能是多个文件被拼接在一起。',
  'the file {} is cut off: its last line is not "{}"': '文件 {} 被截断：最后一行不是“{}”',
  'Bring the whole export.': '请提供完整的导出文件。',
  '{} more like these': '另有 {} 条同类情况',
  'only the name of a file may hold *, not its folder: {}': '只有文件名可以含 *，文件夹不可以：{}',
  'Name the folder.': '请写明文件夹。',
  'Look whether the export came, and whether "file" of the source is right.':
    '请检查导出文件是否已到达，以及来源的 "file" 是否正确。',
  '{} was read, the last one by name; {} was changed later': '已读取按名称排在最后的 {}；但 {} 的修改时间更晚',
  'the folder {} cannot be read ({})': '无法读取文件夹 {}（{}）',
  'no column of the source "{}" is known as the employee number': '来源“{}”中没有可识别为工号的列',
  'the source "{}" has no column "{}" for {}': '来源“{}”中没有用作 {3} 的列“{2}”',
  'several columns of the source "{}" could be {}: {}': '来源“{}”中有多列可作为 {}：{}',
  'Check "separator": the only column is "{}".': '请检查 "separator"：目前只有一列“{}”。',
  'Name it in "fields", or check "sheet" and "headerRow". Columns: {}.':
    '请在 "fields" 中指明，或检查 "sheet" 与 "headerRow"。已有的列：{}。',
  'Name it in "fields". Columns: {}.': '请在 "fields" 中指明。已有的列：{}。',
  'Name one of them in "fields".': '请在 "fields" 中指明其中一个。',
  'no earlier reading of the source "{}" was accepted: its size is compared with nothing':
    '来源“{}”此前没有被采信的读取记录：人数没有可比对象',
  'the source "{}" is of {}, older than the reading of {} that was accepted on {}':
    '来源“{}”的日期是 {}，早于 {4} 采信的 {3} 的数据',
  'Bring the newest export: whoever was employed since then would be unknown.':
    '请提供最新的导出：此后入职的人员会被当作未知人员。',
  'the source "{}" has {} employed people, and {} at the reading that was accepted on {}: more than {} fewer':
    '来源“{}”有 {} 名在职人员，{4} 采信时为 {3} 名：减少超过 {5}',
  'Look whether the export is whole. If so many have left, raise "maxShrink" for one run.':
    '请检查导出是否完整。如果确有这么多人离职，请在一次运行中调高 "maxShrink"。',
  'the source "{}" is of {}, and today is {}': '来源“{}”的日期是 {}，而今天是 {}',
  'Look at the clock of the machine that exports, and at this one.': '请检查导出机器与本机的时钟。',
  'the source "{}" is of {}: older than "maxAge" allows': '来源“{}”的日期是 {}：超过 "maxAge" 允许的期限',
  'Bring a newer export: whoever left since then would keep the accounts, and whoever came would be unknown.':
    '请提供更新的导出：否则此后离职的人员会保留账号，此后入职的人员会被当作未知人员。',
  '{} has {} values': '{} 有 {} 个值',
  'an employee number has one value, and {} has {}: {}': '工号只能有一个值，而 {} 有 {} 个：{}',
  'no entry of the source "{}" has {} for {}': '来源“{}”中没有任何条目具有用作 {3} 的 {2}',
  '{} people of the source "{}" have a value of {}, and {} at the reading that was accepted on {}: more than {} fewer':
    '来源“{2}”中有 {1} 人填有 {3}，{5} 采信时为 {4} 人：减少超过 {6}',
  'Look at that column of the export, and at "fields". If it is right, raise "maxShrink" for one run.':
    '请检查导出中的该列以及 "fields"。如果数据无误，请在一次运行中调高 "maxShrink"。',
  'it is not text': '它不是文本',
  'it is neither text nor a number': '它既不是文本也不是数字',
  'heads that the source "{}" does not name itself: {}': '来源“{}”自身未列出的上级：{} 名',
  'the source "{}" names {} people, fewer than {}': '来源“{}”有 {} 人，少于 {} 人',
  'Look at the export, or lower "minRows".': '请检查导出，或调低 "minRows"。',
  'no row of the source "{}" has the day of the export': '来源“{}”中没有任何一行写有导出日期',
  'Look at the column that "asOf" names.': '请检查 "asOf" 指明的列。',
  '{} is left alone: {} ({})': '不处理 {}：{}（{}）',
  '{} is left alone: its rows have different facts ({})': '不处理 {}：其各行内容不一致（{}）',
  'the employee number "{}" was {} by a spreadsheet': '工号“{}”被电子表格{}',
  'rounded to fewer digits': '四舍五入为较少位数',
  'made into a fraction': '变成了小数',
  'made into a day': '变成了日期',
  'parted by commas': '加上了千位分隔符',
  'everybody in the source "{}" counts as employed: "fields" names no status or endsOn, and these columns are not read: {}':
    '来源 "{}" 中所有人都按在职处理："fields" 未指定 status 或 endsOn，且未读取这些列：{}',
  'Format the column as text before the numbers are put in, and export it anew.':
    '请先把该列设为文本格式再填入工号，然后重新导出。',
  'the employee number holds characters that are no text': '工号中含有非文本字符',
  '"{}" is no day that is known here, in the column of {}': '{2} 列中的“{1}”不是可识别的日期',
  'Write days as 2026-10-31, 2026/10/31, 20261031 or 2026年10月31日.':
    '日期请写作 2026-10-31、2026/10/31、20261031 或 2026年10月31日。',
  'the value of {} cannot be read: {}': '无法读取 {} 的值：{}',
  'Correct it in the source, and export it anew.': '请在来源中更正，并重新导出。',
  '{} people of the source "{}" have several rows with different facts, more than {}':
    '来源“{2}”中有 {1} 人出现多行且内容不一致，超过 {3}',
  'Look whether "id" is the column of the employee number, or raise "maxDuplicates".':
    '请检查 "id" 是否为工号列，或调高 "maxDuplicates"。',
  'rows without an employee number: {}, the first is {}': '没有工号的行：{} 行，第一处是 {}',
  'Give them one, or leave them out by the query or the filter.': '请补上工号，或用查询、过滤条件将其排除。',
  'Give them one, or take them out; a last line that is no person can be named as "trailer".':
    '请补上工号或删去这些行；不是人员的结束行可用 "trailer" 指明。',
  'the source "{}" names nobody': '来源“{}”中没有任何人',
  'the source "{}" did not answer: {}': '来源“{}”没有应答：{}',
  'the status "{}" of the source "{}" is in "active" and in "left"': '来源“{2}”的状态“{1}”同时在 "active" 和 "left" 中',
  'Take it out of one of them.': '请从其中一处删去。',
  'the status "{}" is neither in "active" nor in "left" of the source "{}" ({})':
    '状态“{}”既不在来源“{}”的 "active" 中，也不在 "left" 中（{}）',
  'Add it to "active" or to "left".': '请将其加入 "active" 或 "left"。',
  'Add it to "active" or to "left", and these too: {}.': '请将其加入 "active" 或 "left"，以下各值也一样：{}。',
  'the file {} is no workbook that can be read: {}': '文件 {} 不是可读取的工作簿：{}',
  'Save it anew as an Excel workbook (.xlsx) without a password, or as CSV UTF-8.':
    '请另存为不带密码的 Excel 工作簿 (.xlsx)，或存为 CSV UTF-8。',
  'it is an old .xls file, or protected by a password': '它是旧版 .xls 文件，或设有密码',
  'it has more than {} parts': '其中的部件超过 {} 个',
  'the part {} is in it twice': '部件 {} 出现了两次',
  'the part {} is missing': '缺少部件 {}',
  'the part {} is larger than {} MiB unpacked': '部件 {} 解压后大于 {} MiB',
  'the part {} is damaged': '部件 {} 已损坏',
  'it names no workbook': '它没有指明工作簿',
  'it has no sheet that is shown': '其中没有可见的工作表',
  'it has no sheet "{}", only {}': '其中没有工作表“{}”，只有 {}',
  'the sheet "{}" is missing': '缺少工作表“{}”',
  'its rows are out of order': '其中的行次序混乱',
  'its cells are out of order': '其中的单元格次序混乱',
  'its text is missing in the workbook': '工作簿中缺少它的文本',
  'it is an error of the spreadsheet ({})': '它是电子表格的错误值（{}）',
  'its formula was never calculated': '其公式从未计算过',
  'it is no number': '它不是数字',
  'the cells {} are merged: only the first of them has a value': '单元格 {} 已合并：只有第一个有值',
  'Unmerge them and fill each, or name the last row of the header as "headerRow".':
    '请取消合并并逐格填写，或把表头的最后一行写为 "headerRow"。',
  'hidden rows of {} were read like the others: {}': '{} 中的隐藏行与其他行一样被读取：{} 行',
  'employee numbers in {} are stored as numbers of different lengths: zeros in front of them may be lost':
    '{} 中的工号以数字存储且位数不同：开头的零可能已丢失',
  'the sheet {} of the source "{}" has no row {}': '来源“{2}”的工作表 {1} 没有第 {3} 行',
  'Look at the export, and at "sheet" and "headerRow".': '请检查导出，以及 "sheet" 与 "headerRow"。',
});
