import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { en } from '../../src/cli/texts/en.ts';
import { errorsZhCn } from '../../src/cli/texts/errors-zh-cn.ts';
import { environmentLanguage, toLanguage } from '../../src/cli/texts/language.ts';
import { localized, text } from '../../src/cli/texts/texts.ts';
import { zhCn } from '../../src/cli/texts/zh-cn.ts';

test.each([
  ['zh_CN.UTF-8', 'zh-CN'],
  ['zh-Hans', 'zh-CN'],
  ['zh', 'zh-CN'],
  ['en_GB', 'en'],
  ['C', 'en'],
  ['C.UTF-8', 'en'],
  ['POSIX', 'en'],
  ['de_DE', undefined],
  ['', undefined],
  [undefined, undefined],
])('%j is %j', (name, language) => expect(toLanguage(name)).toBe(language));

test('the environment decides in the order OAOPS_LANG, LC_ALL, LC_MESSAGES, LANG', () => {
  expect(environmentLanguage({ OAOPS_LANG: 'zh-CN', LC_ALL: 'en_US' })).toBe('zh-CN');
  expect(environmentLanguage({ LC_ALL: 'C', LANG: 'zh_CN.UTF-8' })).toBe('en');
  expect(environmentLanguage({ LC_MESSAGES: 'zh_CN', LANG: 'C' })).toBe('zh-CN');
  expect(environmentLanguage({})).toBeUndefined();
});

test('a terminal that does not speak UTF-8 gets English, unless Chinese is asked for by name', () => {
  expect(environmentLanguage({ LANG: 'zh_CN.GB18030' })).toBe('en');
  expect(environmentLanguage({ LC_ALL: 'zh_CN.GBK', LANG: 'zh_CN.UTF-8' })).toBe('en');
  expect(environmentLanguage({ LANG: 'zh_CN.utf8' })).toBe('zh-CN');
  expect(environmentLanguage({ OAOPS_LANG: 'zh-CN', LANG: 'zh_CN.GBK' })).toBe('zh-CN');
  expect(environmentLanguage({ OAOPS_LANG: 'zh-CN', LANG: 'C' })).toBe('zh-CN');
});

describe('texts', () => {
  const names = (template: string) => [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

  test.each(Object.keys(en) as (keyof typeof en)[])('%s has the same values in each language', (key) => {
    expect(names(zhCn[key])).toEqual(names(en[key]));
  });

  test('fill in values, once', () => {
    expect(text('en', 'run.warning', { message: '{run}' })).toBe('warning: {run}');
  });
});

test('localized falls back to English, then to anything', () => {
  expect(localized('zh-CN', { en: 'a', 'zh-CN': '甲' })).toBe('甲');
  expect(localized('zh-CN', { en: 'a' })).toBe('a');
  expect(localized('en', 'same')).toBe('same');
});

test('each error that is framed in Chinese exists in the sources', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const sources = ['src', 'commands'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(root, folder, file)),
  );
  const files = sources.filter((file) => file.endsWith('.ts') && !file.includes('errors-zh-cn'));
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  expect(Object.keys(errorsZhCn).filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  expect(Object.values(errorsZhCn).filter((frame) => !frame.includes('{message}'))).toEqual([]);
});
