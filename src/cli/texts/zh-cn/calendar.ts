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
});
