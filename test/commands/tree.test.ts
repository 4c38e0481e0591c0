import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { ExitCode } from '../../src/core/exit-codes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const golden = join(root, 'test/golden/commands.json');

let config: Config;

/** The commands as the sources say, without a manifest. */
beforeAll(async () => {
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  pjson.oclif.commands.target = './commands';
  config = await Config.load({
    root,
    pjson,
    isRoot: true,
    userPlugins: false,
    devPlugins: false,
    ignoreManifest: true,
  });
}, 60_000);

/** The contract with scripts: commands, arguments, flags, exit codes. Texts are left out: they may get better. */
async function contract() {
  const commands: Record<string, unknown> = {};
  for (const command of config.commands) {
    const loaded = (await command.load()) as { exitCodes?: readonly number[] };
    const flags = Object.values(command.flags).sort((a, b) => (a.name < b.name ? -1 : 1));
    commands[command.id.replaceAll(':', ' ')] = {
      args: Object.values(command.args).map(({ name, required, options }) => ({
        name,
        ...(required ? { required } : {}),
        ...(options ? { options } : {}),
      })),
      flags: flags.map((flag) => {
        const { name, char, required } = flag;
        const option = flag as { multiple?: boolean; options?: readonly string[]; allowNo?: boolean };
        const { multiple, options, allowNo } = option;
        const parts = {
          name,
          char,
          type: flag.type,
          required: required || undefined,
          multiple: multiple || undefined,
          options,
          allowNo: allowNo || undefined,
        };
        return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
      }),
      ...(loaded.exitCodes ? { exitCodes: [...loaded.exitCodes] } : {}),
    };
  }
  return { exitCodes: ExitCode, commands };
}

test('the command tree is the one that scripts rely on', async () => {
  const text = `${JSON.stringify(await contract(), null, 2)}\n`;
  // A change is made visible on purpose: OAOPS_UPDATE_GOLDEN=1 writes the file, its diff is reviewed.
  if (process.env['OAOPS_UPDATE_GOLDEN'] || !existsSync(golden)) writeFileSync(golden, text);
  expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
});

describe('help', () => {
  test('each command has a summary and an example that starts with the program', () => {
    const bad = config.commands.filter((command) => {
      const examples = (command.examples ?? []).map((example) =>
        typeof example === 'string' ? example : example.command,
      );
      return (
        !command.summary ||
        examples.length === 0 ||
        !examples.every((example) => /(<%= config\.bin %>|oaops) /.test(example))
      );
    });
    expect(bad.map((command) => command.id)).toEqual([]);
  });

  test('examples name commands and flags that exist', () => {
    const wrong: string[] = [];
    for (const command of config.commands) {
      for (const example of command.examples ?? []) {
        const text = (typeof example === 'string' ? example : example.command)
          .replaceAll('<%= config.bin %>', 'oaops')
          .replaceAll('<%= command.id %>', command.id.replaceAll(':', ' '));
        if (!text.includes(`oaops ${command.id.replaceAll(':', ' ')}`))
          wrong.push(`${command.id}: is about another command: ${text}`);
        const known = new Set([
          '--help',
          '-h',
          ...Object.values(command.flags).flatMap((flag) => [`--${flag.name}`, `--no-${flag.name}`, `-${flag.char}`]),
        ]);
        const own = text.slice(text.indexOf('oaops ')).split(/ (?:[|&>;#]|-- )/)[0]!;
        for (const [, flag] of own.matchAll(/(?<=\s)(--?[a-z][\w-]*)/g))
          if (!known.has(flag!)) wrong.push(`${command.id}: ${flag}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('each flag and argument is described', () => {
    const bare = config.commands.flatMap((command) =>
      [...Object.values(command.flags), ...Object.values(command.args)]
        .filter((each) => !each.description && !(each as { summary?: string }).summary)
        .map((each) => `${command.id}: ${each.name}`),
    );
    expect(bare).toEqual([]);
  });

  test('each topic is described', () => {
    const bare = config.topics.filter(
      (topic) => !topic.description || topic.description.startsWith('There are no') || topic.description.includes('<%'),
    );
    expect(bare.map((topic) => topic.name)).toEqual([]);
  });
});
