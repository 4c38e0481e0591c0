import { z } from 'zod';
import type { Action } from '../engine/action.ts';
import { refreshScript } from '../updates/script.ts';
import { systemManagers } from '../updates/types.ts';
import { type CommandArguments, recoverCommand, runCommand } from './command.ts';

const withSchema = z.strictObject({
  manager: z
    .enum(['auto', ...systemManagers])
    .default('auto')
    .describe('auto: the package manager of the host.'),
});
type With = z.infer<typeof withSchema>;

/** Has the package manager fetch its lists anew, which most of them do as root only; installs nothing. */
export const patchRefresh: Action<With> = {
  name: 'patch.refresh',
  title: { en: 'Fetch the package lists', 'zh-CN': '刷新软件包列表' },
  effect: 'write',
  withSchema,
  resultSchema: z.object({ exitCode: z.number().nullable(), stdout: z.string(), stderr: z.string() }),
  usesTargets: true,
  idempotent: true,
  describe: ({ manager }) => `refresh the package lists${manager === 'auto' ? '' : ` with ${manager}`}`,
  apply: (args, context) => runCommand(commandOf(args), context),
  recover: (args, context) => recoverCommand(commandOf(args), context),
};

function commandOf({ manager }: With): CommandArguments {
  return { argv: [refreshScript, manager === 'auto' ? '' : manager], shell: true, env: {}, exitCodes: [0] };
}
