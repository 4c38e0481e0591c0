import type { Messages } from '../catalogue.ts';

/** Texts of statements that change rows of databases: src/core/sql-text.ts, src/connectors/sql. */
export const sqlStatements = (): Messages => ({
  'the database {} can only be read': '数据库 {} 只能读取',
  'Name the server that takes changes in "url".': '请在 "url" 中写可以写入的服务器。',
  'the database {} did not carry out the statement, and nothing was changed: {}':
    '数据库 {} 没有执行该语句，未作任何更改：{}',
  'Look at the statement, and at the rights of the user of the database.': '请检查该语句和数据库用户的权限。',
  'the database {} did not carry out the statement in time, and nothing was changed':
    '数据库 {} 未在时限内执行该语句，未作任何更改',
  'Look for locks in the database, or give more "timeout".': '请检查数据库中的锁，或加大 "timeout"。',
  'the transaction was rolled back': '事务已回滚',
  'there is no value for the parameter ":{}"': '参数 ":{}" 没有值',
  'Did you mean ":{}"?': '是否指 ":{}"？',
  'Did you mean ":old_{}"?': '是否指 ":old_{}"？',
  'a statement that begins with {} is not carried out': '不执行以 {} 开头的语句',
  'Write one that begins with {}.': '请写以 {} 开头的语句。',
  'the statement only reads': '该语句只读取数据',
  'Write one that changes rows.': '请写会更改行的语句。',
  'the statement': '该语句',
  'statement {} of {}': '{2} 条语句中的第 {1} 条',
  '{} would have changed {} rows instead of {} in the database {}, and nothing was changed':
    '{1}在数据库 {4} 中会更改 {2} 行，应为 {3} 行，未作任何更改',
  'Look at its condition, and at the rows.': '请检查它的条件和相关的行。',
  'a table of the database {} has no transactions: what was changed in it before the statement failed stays':
    '数据库 {} 中有一张表不支持事务：语句失败之前在其中所作的更改会保留',
  'Look at the rows, and give the table the engine InnoDB.': '请检查相关的行，并将该表改为 InnoDB 引擎。',
  'the connection with the database {} was lost while the change was committed: nobody knows whether it was made':
    '提交更改时与数据库 {} 的连接中断：无法确定更改是否已经生效',
  'Look at the rows.': '请检查相关的行。',
  'the statement is empty': '语句为空',
  'Write one statement.': '请写一条语句。',
  'the statement holds a comment that the server executes': '语句中含有会被服务器执行的注释',
  'Write it without "/*!".': '请不要使用 "/*!"。',
  'the statement holds a placeholder without a name': '语句中含有没有名称的占位符',
  'Name each parameter, such as ":key".': '请为每个参数命名，例如 ":key"。',
  'there is something behind the end of the statement': '语句结束之后还有内容',
  'Write one statement, not several.': '请只写一条语句，不要写多条。',
  'the statement holds a {} too few or too many': '语句中的 {} 不成对',
  'Close what was opened.': '请使其成对。',
});
