import type { Action } from '../engine/action.ts';
import {
  type CommandArguments,
  commandResultSchema,
  commandSchema,
  describeCommand,
  recoverCommand,
  requireSsh,
  runCommand,
} from './command.ts';

/** Runs a program on targets behind ssh; refuses the local machine, so that a forgotten `targets` does no harm here. */
export const sshExec: Action<CommandArguments> = {
  name: 'ssh.exec',
  title: { en: 'Run a program over ssh', 'zh-CN': '通过 SSH 执行程序' },
  effect: 'write',
  withSchema: commandSchema,
  resultSchema: commandResultSchema,
  usesTargets: true,
  idempotent: false,
  describe: describeCommand,
  async apply(args, context) {
    requireSsh('ssh.exec', context);
    return runCommand(args, context);
  },
  recover: recoverCommand,
};
