import type { Messages } from '../catalogue.ts';

/** Help and texts of `oaops calendar`. */
export const helpCalendar = (): Messages => ({
  "Working days, public holidays and days of the site's own": '工作日、法定节假日和单位自定的日期',
  'Show what is known of working days, and how far ahead': '查看已知的工作日安排及其覆盖范围',
  'The built-in notices of China, those that were imported, and days of the configuration ("calendar.days" and "calendar.workingDays"). Exit 3 when a day of the next 31 is not announced: import the notice of its year.':
    '内置的中国放假通知、已导入的通知，以及配置中的日期（“calendar.days”和“calendar.workingDays”）。今后 31 天内有未公布的日期时退出码为 3：请导入该年的通知。',
  'Show the working days of a month': '查看某月的工作日',
  'One line for each day that is not as its day of the week has it, with --verbose for every day. Exit 3 when nobody has announced some of them.':
    '列出与星期惯例不同的每一天，加 --verbose 列出所有日期。有未公布的日期时退出码为 3。',
  'such as 2026-02': '例如 2026-02',
  'Tell whether a day is worked': '判断某天是否为工作日',
  'Exit 0 when it is, 1 when it is not, 4 when nobody has announced it: for scripts that run on working days only.':
    '是工作日时退出码为 0，不是为 1，尚未公布为 4：供只在工作日运行的脚本使用。',
  'such as 2026-02-28; default today': '例如 2026-02-28；默认今天',
  'Print the last working day of a month': '输出某月的最后一个工作日',
  'Take over the notice of a year: days off, and weekend days that are worked':
    '导入某年的放假通知：休息日和调休上班日',
  'The file is JSON: {"year": 2027, "days": [{"name": "春节", "date": "2027-02-06", "isOffDay": true}]}. It stands in place of what oaops knows of that year, for all commands of this machine; days of the configuration stand over it. A list without days of its year is refused: the year is not announced yet.':
    '文件为 JSON：{"year": 2027, "days": [{"name": "春节", "date": "2027-02-06", "isOffDay": true}]}。它取代 oaops 对该年的已知安排，对本机所有命令生效；配置中的日期优先于它。没有当年日期的列表会被拒绝：该年尚未公布。',
  'the notice': '放假通知',
});
