import type { Action } from '../engine/action.ts';
import {
  type CommandArguments,
  commandResultSchema,
  commandSchema,
  describeCommand,
  recoverCommand,
  runCommand,
} from './command.ts';

/**
 * Runs a program on each target, or on the local machine when the step names none. What it does is not known to oaops, so
 * it counts as a write, and as done only when its exit code has been seen.
 */
export const exec: Action<CommandArguments> = {
  name: 'exec',
  title: { en: 'Run a program', 'zh-CN': '执行程序' },
  effect: 'write',
  withSchema: commandSchema,
  resultSchema: commandResultSchema,
  usesTargets: true,
  idempotent: false,
  describe: describeCommand,
  apply: runCommand,
  recover: recoverCommand,
};
