import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Action } from '../engine/action.ts';
import { modeSchema, ownerSchema, requireSsh } from './command.ts';

const withSchema = z.strictObject({
  source: z.string().min(1).describe('Local file; a relative path starts at the folder of the runbook.'),
  path: z.string().min(1).describe('Name on the target.'),
  mode: modeSchema
    .optional()
    .describe('Permission bits such as "0644"; default: those of the file that is replaced, else 0644.'),
  owner: ownerSchema.optional().describe('user or user:group.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe('What the local file must be; nothing is copied when it is not.'),
});
type With = z.infer<typeof withSchema>;

/** Copies a file to each target: temporary name, sha256 compared there, rename. Unchanged files are not sent. */
export const sshUpload: Action<With> = {
  name: 'ssh.upload',
  title: { en: 'Copy a file to a host', 'zh-CN': '上传文件到主机' },
  effect: 'write',
  withSchema,
  resultSchema: z.object({ path: z.string(), sha256: z.string(), sizeBytes: z.number(), changed: z.boolean() }),
  usesTargets: true,
  idempotent: true,
  describe: (args) => `copy ${args.source} to ${args.path}`,
  async apply(args, context) {
    requireSsh('ssh.upload', context);
    const source = resolve(dirname(context.plan.runbook.file), args.source);
    const host = await context.host();
    const become = context.step.become ?? context.target.become;
    const { hashLocalFile } = await import('../core/hash-file.ts');
    const local = await hashLocalFile(source, context.signal);
    if (args.sha256 !== undefined && local.sha256 !== args.sha256) {
      return {
        status: 'failed',
        result: { path: args.path, ...local, changed: false },
        message: `${args.source} is not the file it must be: its sha256 is ${local.sha256}`,
        code: 'source-mismatch',
        retryable: false,
      };
    }
    const there = await host.hashFile(args.path, context.signal, become);
    // Mode and owner are not compared: asking for one of them writes the file again.
    if (there?.sha256 === local.sha256 && args.mode === undefined && args.owner === undefined) {
      return { status: 'ok', result: { path: args.path, ...local, changed: false } };
    }
    const options = {
      ...(args.mode !== undefined && { mode: args.mode }),
      ...(args.owner !== undefined && { owner: args.owner }),
      ...(become && { become }),
    };
    const sent = await host.upload(source, args.path, options, context.signal);
    return { status: 'ok', result: { path: args.path, ...sent, changed: there?.sha256 !== sent.sha256 } };
  },
};
