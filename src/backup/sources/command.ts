import { type SourceKind, withVia } from './types.ts';

/** Whatever a program writes to its standard output. */
export const commandSource: SourceKind<'command'> = {
  describe: ({ argv }) =>
    `output of ${argv
      .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)))
      .join(' ')
      .slice(0, 300)}`,

  async plan(source, runner) {
    const env: Record<string, string> = {};
    for (const [name, value] of Object.entries(source.env))
      env[name] = typeof value === 'string' ? value : await runner.secret(value.secret);
    return {
      dumps: [
        {
          file: source.file,
          what: 'output',
          command: {
            argv: withVia(source, source.argv),
            env,
            ...(source.cwd === undefined ? {} : { cwd: source.cwd }),
          },
          exitCodes: source.exitCodes,
          ...(source.trailer === undefined ? {} : { trailer: new RegExp(source.trailer, 'mu') }),
        },
      ],
      facts: { format: 'command', ...(source.load ? { load: source.load } : {}) },
    };
  },
};
