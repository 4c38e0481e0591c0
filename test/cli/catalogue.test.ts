import { beforeAll, describe, expect, test } from 'vitest';
import { Catalogue } from '../../src/cli/texts/catalogue.ts';
import { loadTexts, say, sayEvent, sayLines } from '../../src/cli/texts/texts.ts';

beforeAll(() => loadTexts('zh-CN'));

const catalogue = new Catalogue({
  '{} cannot be read: {}': '{} 无法读取：{}',
  'there is no file {} on {}': '{2} 上没有文件 {1}',
  'no permission': '没有权限',
  'Run it again.': '请再次运行。',
  'Check the path.': '请检查路径。',
  'please write {} to {}{}{}': '将 {} 写入 {}{}{}',
  ', mode {}': '，模式 {}',
  ', owner {}': '，属主 {}',
  'is not a number': '不是数字',
  'for {}': '持续 {}',
});

describe('a message is recognised', () => {
  test.each([
    ['no permission', '没有权限'],
    ['/etc/x cannot be read: no permission', '/etc/x 无法读取：没有权限'],
    ['/etc/x cannot be read: EIO: i/o error', '/etc/x 无法读取：EIO: i/o error'],
    ['there is no file /a on web1', 'web1 上没有文件 /a'],
    ['please write 3 bytes to /a, mode 0640, owner root', '将 3 bytes 写入 /a，模式 0640，属主 root'],
    ['please write 3 bytes to /a', '将 3 bytes 写入 /a'],
    ['Run it again. Check the path.', '请再次运行。请检查路径。'],
    ['stop: no permission', 'stop：没有权限'],
    ['"x" is not a number', '"x" 不是数字'],
    ['no permission\n  Run it again.', '没有权限\n  请再次运行。'],
  ])('%s', (english, chinese) => expect(catalogue.translate(english)).toBe(chinese));
});

test('what others say is not taken for a message', () => {
  expect(catalogue.translate('connect ECONNREFUSED 127.0.0.1:443')).toBeUndefined();
  // Too short a pattern to be trusted with any text.
  expect(catalogue.translate('for a start')).toBeUndefined();
  expect(catalogue.translate('')).toBeUndefined();
});

test('a value is put in as it is, also with the signs of a pattern', () => {
  expect(catalogue.translate('there is no file {1} on $& {}')).toBe('$& {} 上没有文件 {1}');
});

test('a long text of a parser takes no time to speak of', () => {
  const hostile = 'a: b; c. '.repeat(400);
  expect(catalogue.translate(hostile)).toBeUndefined();
  expect(say('zh-CN', hostile)).toContain('a');
});

test('English is never touched, unknown lines of a command stay', () => {
  expect(say('en', 'nothing was done')).toBe('nothing was done');
  expect(sayLines('en', 'plan: x')).toBe('plan: x');
  expect(sayLines('zh-CN', 'plan: x\nsomething of a user')).toBe('计划：x\nsomething of a user');
});

test('events are translated for people only: the event itself stays', () => {
  const event = {
    event: 'run.ended',
    time: '2026-11-22T18:05:12.000Z',
    run: 'r1',
    status: 'stopped',
    exitCode: 130,
    durationMs: 1,
    message: 'stopped by SIGINT',
    next: 'Go on with "oaops runs resume r1".',
  } as const;
  expect(sayEvent('zh-CN', event)).toMatchObject({
    message: '被 SIGINT 停止',
    next: '请用 "oaops runs resume r1" 继续。',
  });
  expect(event.message).toBe('stopped by SIGINT');
  expect(sayEvent('en', event)).toBe(event);
});
