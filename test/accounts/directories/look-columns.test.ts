import { expect, test } from 'vitest';
import { columnsAsWritten } from '../../../src/accounts/directories/sql/look-columns.ts';

test.each<[string, string[] | undefined]>([
  ['select id, status from t_user where id = :key', ['id', 'status']],
  ['SELECT DISTINCT u.id, u."状态", coalesce(a, \'from, b\') as fallback FROM t_user u', ['id', '状态', 'fallback']],
  ['select t.`key`, (select max(x) from y) as newest\nfrom t', ['key', 'newest']],
  ['select cast(a as text) as b from t', ['b']],
  ['select a as "of a" from t', ['of a']],
  // Only the database knows.
  ['select * from t', undefined],
  ['select id, u.* from t u', undefined],
  ['select cast(a as text) from t', undefined],
  ['select a.b + c.d from t', undefined],
  ['select a b from t', undefined],
  ['select id -- status\nfrom t', undefined],
  ['with a as (select 1 as id) select id from a', undefined],
  ['select 1', undefined],
  ['values (1)', undefined],
])('%s', (text, columns) => {
  expect(columnsAsWritten(text)).toEqual(columns);
});
