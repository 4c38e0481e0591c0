import { expect, it } from 'vitest';
import { mailsIn } from '../../src/accounts/mails.ts';

it.each<[string, string[]]>([
  ['a@oa.cn', ['a@oa.cn']],
  ['a@oa.cn; b@oa.cn', ['a@oa.cn', 'b@oa.cn']],
  ['a@oa.cn；b@oa.cn，c@oa.cn', ['a@oa.cn', 'b@oa.cn', 'c@oa.cn']],
  ['a@oa.cn\nb@oa.cn\na@oa.cn', ['a@oa.cn', 'b@oa.cn']],
  ['a@oa.cn;', ['a@oa.cn;']],
  ['李 <a@oa.cn>', ['李 <a@oa.cn>']],
  ['none, a@oa.cn', ['none, a@oa.cn']],
  ['', ['']],
])('"%s" is %j', (text, mails) => {
  expect(mailsIn(text)).toEqual(mails);
});
