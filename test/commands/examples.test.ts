import { fileURLToPath } from 'node:url';
import type { Config } from '@oclif/core';
import { beforeAll, expect, test } from 'vitest';
import { findCommand, parseWords, shellWords, sourceCommands } from '../helpers/command-lines.ts';

/** The examples in the help are what people copy: each must be a line that its command understands. */
let config: Config;

beforeAll(async () => {
  config = await sourceCommands(fileURLToPath(new URL('../..', import.meta.url)));
}, 60_000);

function linesOf(examples: readonly (string | { command: string })[] | undefined): string[] {
  return (examples ?? []).map((example) => (typeof example === 'string' ? example : example.command));
}

test('every command has examples', () => {
  const without = config.commands.filter((command) => !command.hidden && linesOf(command.examples).length === 0);
  expect(without.map(({ id }) => id)).toEqual([]);
});

test('every example parses', async () => {
  const wrong: string[] = [];
  let count = 0;
  for (const command of config.commands) {
    for (const example of linesOf(command.examples)) {
      count++;
      const line = example
        .replace('<%= config.bin %>', 'oaops')
        .replace('<%= command.id %>', command.id.replaceAll(':', ' '));
      try {
        // `cat file | oaops ...` is an example too.
        const [program, ...words] = shellWords(line.slice(line.indexOf('oaops ')));
        expect(program).toBe('oaops');
        const found = findCommand(config, words);
        if (found.command.id !== command.id) throw new Error(`it is an example of ${found.command.id}`);
        await parseWords(found.command, found.rest);
      } catch (error) {
        wrong.push(`${command.id}: ${line}: ${(error as Error).message.split('\n')[0]}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(50);
}, 60_000);

test.each([
  ['backup create /srv/oa --repo /srv/backup --no-such-flag', 'no-such-flag'],
  ['backup restore latest --repo /srv/backup --as oracle', 'oracle'],
  ['backup verify --level deep', 'deep'],
  ['drill report --out drill.html', 'Missing 1 required arg'],
  ['backup creat', 'no command'],
])('a wrong example is found: %s', async (line, message) => {
  const parsed = (async () => {
    const { command, rest } = findCommand(config, shellWords(line));
    await parseWords(command, rest);
  })();
  await expect(parsed).rejects.toThrow(message);
});

test('words are split as a shell splits them', () => {
  expect(shellWords(`oaops x "a b" 'c|d' e#f g="h i" \\* # comment`)).toEqual([
    'oaops',
    'x',
    'a b',
    'c|d',
    'e#f',
    'g=h i',
    '\\*',
  ]);
  expect(shellWords('oaops audit anchor | logger -t oaops')).toEqual(['oaops', 'audit', 'anchor']);
  expect(shellWords("oaops export > 'a file'")).toEqual(['oaops', 'export']);
});
