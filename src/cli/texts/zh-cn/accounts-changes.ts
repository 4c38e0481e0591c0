import type { Messages } from '../catalogue.ts';

/** What is done about accounts and what is left alone: src/accounts/changes, protection and caps. */
export const accountsChanges = (): Messages => ({
  'the directory is able to do none of what is asked for': '该目录无法执行所要求的任何操作',
  'the directory is not able to delete it': '该目录无法删除此账号',
  'it is another account, or another person’s, than the one that was disabled':
    '它已不是当时停用的那个账号，或已属于他人',
  'somebody has enabled it since this run disabled it': '本次运行停用后又有人将其启用',
  'somebody has moved it out of the hold area': '有人已将其移出保留区',
  'it was used after it was disabled': '停用后仍被使用',
  'the reason for which it was disabled is gone, or cannot be seen now': '停用原因已不存在，或目前无法确认',
  'the system cannot be without it': '系统不可缺少的账号',
  'it is the account of whoever has asked for the change': '是请求变更者本人的账号',
  'protected: {}': '受保护：{}',
  'a program uses it': '由程序使用',
  'several people use it': '多人共用',
  'a system came with it': '系统自带',
  '{}: {} of {} accounts of persons, more than {}': '{1}：{3} 个个人账号中的 {2} 个，超过 {4}',
  'in all {} accounts, more than {}': '共 {} 个账号，超过 {}',
  'so many changes are an error of the data: {}': '变更如此之多，应是数据有误：{}',
  'Look at the sources: a roster that lost its people says that they have left. Nothing was changed.':
    '请检查来源：丢失人员的名单会让在职者显示为已离职。没有做任何变更。',
  'disabled by run {}': '由运行 {} 停用',
  'it still holds {} rights': '仍持有 {} 项权限',
});
