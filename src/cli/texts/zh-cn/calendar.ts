import type { Messages } from '../catalogue.ts';

/** What `oaops calendar` says. */
export const calendar = (): Messages => ({
  'calendar {}: {}': '日历 {}：{}',
  'every year': '所有年份',
  'imported: {}': '已导入：{}',
  'days of the configuration: {}': '配置中的日期：{} 项',
  'nobody has announced {}: import the notice with "oaops calendar import FILE"':
    '{} 尚未公布：请用 "oaops calendar import FILE" 导入放假通知',
  '{}: {} working days, {} days off, {} unknown': '{}：工作日 {} 天，休息日 {} 天，未知 {} 天',
  'working day': '工作日',
  'day off': '休息日',
  '{}: {} days off, {} weekend days that are worked': '{}：休息日 {} 天，调休上班 {} 天',
  '"{}" is no date': '“{}”不是日期',
  '{} is too far away': '{} 太远',
  'Write a date from 1970 to 9989.': '请写 1970 至 9989 年的日期。',
  'Write it as 2026-02-28.': '请写成 2026-02-28。',
  '"{}" is no month': '“{}”不是月份',
  'Write it as 2026-02.': '请写成 2026-02。',
  '{} has no working day': '{} 没有工作日',
  'Look at "calendar.days" of the configuration.': '请检查配置的“calendar.days”。',
  'calendar {} does not say whether {} is a working day': '日历 {} 未说明 {} 是否为工作日',
  'Import the notice of the year with "oaops calendar import FILE", or announce the days in "calendar.days" of the configuration.':
    '请用 "oaops calendar import FILE" 导入该年的放假通知，或在配置的“calendar.days”中写明这些日期。',
  '{} is no JSON': '{} 不是 JSON',
  'It holds {"year": 2027, "days": [{"name": ..., "date": ..., "isOffDay": ...}]}.':
    '其内容应为 {"year": 2027, "days": [{"name": ..., "date": ..., "isOffDay": ...}]}。',
  '{} names no days of {}: the year is not announced yet': '{} 没有列出 {} 年的日期：该年尚未公布',
  'Import it again when the notice is out; until then announce days in "calendar.days" of the configuration.':
    '请在通知公布后重新导入；在此之前可在配置的“calendar.days”中写明日期。',
  '{}: {} is no day of the notice of {}': '{}：{} 不属于 {} 年的放假通知',
  'A notice speaks of its year and of the December before.': '通知只涉及当年和上一年的 12 月。',
  '{}: {} is both worked and free': '{}：{} 既标为上班又标为休息',
  'Look into the notice, and leave the one that it says.': '请核对通知，只保留其所说的一条。',
  'Name the file of the notice, one that this user may read.': '请指定此用户有权读取的放假通知文件。',
  '{} is larger than {} bytes, which no notice is': '{} 大于 {} 字节，不可能是放假通知',
  'Name the file of one year.': '请指定某一年的文件。',
  'the notice of {} cannot be kept in {}: {}': '{1} 年的放假通知无法保存到 {2}：{3}',
  'See to that folder and its disk and import it again; until then all is as it was before.':
    '请检查该目录及其磁盘后重新导入；在此之前一切照旧。',
  'the imported notices in {} cannot be read: {}': '{} 中已导入的放假通知无法读取：{}',
  'the imported notice of {} cannot be read: {}': '已导入的 {} 年放假通知无法读取：{}',
  '{} holds the notice of {}': '{} 的内容是 {} 年的放假通知',
  'Give this user the right to read it, or import the notice again with "oaops calendar import FILE".':
    '请授予此用户读取权限，或用 "oaops calendar import FILE" 重新导入该通知。',
  'told otherwise than before: {}': '与此前所知不同的日期：{}',
  'the notice of {} is not known here and can still move days of December {}':
    '{} 年的放假通知尚未导入，仍可能调整 {} 年 12 月的日期',
  'Write the earlier day as "date".': '请把较早的日期写在“date”中。',
  'no date': '不是日期',
  'no text': '不是文本',
  'no year': '不是年份',
  'neither true nor false': '既不是 true 也不是 false',
  'not a list of days': '不是日期列表',
  'more days than a year has': '超过一年的天数',
  'not a day with name, date and isOffDay': '不是含 name、date 和 isOffDay 的日期',
  'not the notice of a year': '不是某一年的放假通知',
});
