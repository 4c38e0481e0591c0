import { expect, test } from 'vitest';
import { commandFirst } from '../../src/cli/main.ts';

test.each([
  [
    ['run', 'x'],
    ['run', 'x'],
  ],
  [
    ['--json', 'run', 'x'],
    ['run', 'x', '--json'],
  ],
  [
    ['--lang', 'zh-CN', '-q', 'run', 'x', '--yes', '--', '--json'],
    ['run', 'x', '--lang', 'zh-CN', '-q', '--yes', '--', '--json'],
  ],
  [
    ['--config=a.yaml', 'runbook', 'list'],
    ['runbook', 'list', '--config=a.yaml'],
  ],
  [
    ['help', 'runbook', 'list'],
    ['runbook', 'list', '--help'],
  ],
  [['help'], ['--help']],
  [['--help'], ['--help']],
  [[], []],
])('%j is read as %j', (argv, read) => expect(commandFirst(argv)).toEqual(read));
