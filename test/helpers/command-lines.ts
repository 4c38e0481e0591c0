import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Config, Parser } from '@oclif/core';

/** The commands as the sources say, without a manifest. */
export async function sourceCommands(root: string): Promise<Config> {
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  pjson.oclif.commands.target = './commands';
  return Config.load({ root, pjson, isRoot: true, userPlugins: false, devPlugins: false, ignoreManifest: true });
}

/** Words of the first simple command of a shell line: quotes are taken off, redirections and what follows a pipe are not looked at. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, single, double, special, space, other] of line.matchAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|([|&;<>#])|(\s+)|((?:[^'"|&;<>#\s\\]|\\.)+|\\$)/g,
  )) {
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (special !== undefined) {
      // Inside of a word a # is a character like any other.
      if (special !== '#' || word === undefined) break;
      word += '#';
    } else word = `${word ?? ''}${single ?? double ?? other ?? ''}`;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The command that the words after `oaops` name, and its own words. */
export function findCommand(config: Config, words: readonly string[]): { command: Command.Loadable; rest: string[] } {
  for (let count = Math.min(3, words.length); count > 0; count--) {
    const command = config.findCommand(words.slice(0, count).join(':'));
    if (command) return { command, rest: words.slice(count) };
  }
  throw new Error(`there is no command "oaops ${words.join(' ')}"`);
}

/** Parses the words as the command does: unknown flags, missing arguments and values that are not allowed are errors. */
export async function parseWords(command: Command.Loadable, rest: readonly string[]): Promise<void> {
  const loaded = await command.load();
  await Parser.parse([...rest], {
    flags: { ...loaded.baseFlags, ...loaded.flags },
    args: loaded.args,
    strict: loaded.strict,
    context: undefined as never,
    '--': true,
  });
}
