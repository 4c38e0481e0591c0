import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { Catalogue } from '../../../src/cli/texts/catalogue.ts';
import { messagesZhCn } from '../../../src/cli/texts/zh-cn/messages.ts';
import { checkTypes } from '../../../src/inspect/checks/registry.ts';
import { AnswerReader } from '../../../src/inspect/probe/read.ts';
import { probeScript } from '../../../src/inspect/probe/script.ts';
import type { HostCheckType } from '../../../src/inspect/types.ts';
import { isRoot, shells } from '../../helpers/probe-world.ts';

/** Arguments with which a check can be made on any machine, and those that take a word too many for one that is wrong. */
const asked: [name: string, args: object][] = [
  ['load', {}],
  ['memory', {}],
  ['swap', {}],
  ['mounts', {}],
  ['uptime', { min: '1s' }],
  ['reboot', {}],
  ['clock', {}],
  ['processes', { max: 100_000 }],
  ['listening', { closed: [1] }],
  ['listening-change', {}],
  ['sysctl', { values: { 'kernel.ostype': 'Linux', 'kernel.none': 1 } }],
  ['file', { path: '/etc/passwd', contains: ['root', 'no such text'] }],
  ['users', { passwords: false }],
  ['sudoers', {}],
  ['suid-change', { paths: ['/usr/bin'], except: ['/usr/bin/x', '/usr/bin/y'] }],
  ['sshd', {}],
  ['password-policy', {}],
  ['failed-logins', {}],
  ['antivirus', {}],
  ['antivirus', { files: ['/nowhere/*', '/none/?'] }],
  ['oom', {}],
  ['journal', { units: ['a', 'b'] }],
  ['log', { path: '/etc/passwd', patterns: ['root', 'x'], ignore: ['nologin'], first: 'beginning' }],
];

test.skipIf(!isRoot).each(shells)('every answer is its own when all are asked in one script, in %s', (shell) => {
  const questions = asked.map(([name, args], index) => {
    const type = checkTypes.find((one) => one.name === name) as HostCheckType<never>;
    return { id: `q${index}`, type, words: type.words(type.withSchema.parse(args), undefined) };
  });
  const ask = (some: typeof questions) => {
    const { text, words } = probeScript(some, 'the-mark');
    const command = shell === 'busybox' ? ['busybox', 'sh'] : [shell];
    const run = spawnSync(command[0]!, [...command.slice(1), '-c', text, 'sh', ...words], { encoding: 'utf8' });
    const reader = new AnswerReader('the-mark', () => {});
    for (const line of run.stderr.split('\n')) reader.push('stderr', line, false);
    for (const line of run.stdout.split('\n')) reader.push('stdout', line, false);
    return { answers: reader.answers(), bytes: Buffer.byteLength(text) };
  };
  const together = ask(questions);
  // One argument of a program holds 128 KiB at most.
  expect(together.bytes).toBeLessThan(64 * 1024);
  expect([...together.answers.keys()]).toEqual(questions.map(({ id }) => id));
  // What changes from moment to moment is compared by its shape.
  const shape = (lines: readonly string[] = []) =>
    [...new Set(lines.map((line) => line.split(' ')[0]!.replace(/^[\d.]+$/, 'figure')))].sort();
  for (const question of questions.filter(({ type }) => !/^(processes|listening|clock)/.test(type.name))) {
    const alone = ask([question]).answers.get(question.id);
    const among = together.answers.get(question.id);
    expect([question.type.name, among?.exitCode, among?.err, shape(among?.lines)]).toEqual([
      question.type.name,
      alone?.exitCode,
      alone?.err,
      shape(alone?.lines),
    ]);
  }
});

test('several facts in one message are told one by one in Chinese', () => {
  const catalogue = new Catalogue(messagesZhCn());
  expect(catalogue.translate('nothing listens on 22; and 1 more besides')).toBe('22 上没有监听；另有 1 项');
  expect(catalogue.translate('there is no kernel parameter a.b; and 3 more besides')).toBe(
    '没有内核参数 a.b；另有 3 项',
  );
  expect(catalogue.translate('X11Forwarding is "yes", not "no"; and 2 more besides')).toBe(
    'X11Forwarding 为“yes”，而不是“no”；另有 2 项',
  );
});
