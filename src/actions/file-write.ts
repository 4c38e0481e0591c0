import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Action } from '../engine/action.ts';
import { modeSchema, ownerSchema, textOf, textOrSecretSchema } from './command.ts';

const withSchema = z.strictObject({
  path: z.string().min(1).describe('File on the target, no symbolic link; its folder must exist.'),
  content: textOrSecretSchema.describe('Text, or {secret: env:NAME}.'),
  mode: modeSchema
    .optional()
    .describe('Permission bits such as "0640"; default: those of the file that is replaced, else 0644.'),
  owner: ownerSchema.optional().describe('user or user:group.'),
});
type With = z.infer<typeof withSchema>;

/** Writes a whole text file by temporary name and rename: readers see the old or the new content, never a part. */
export const fileWrite: Action<With> = {
  name: 'file.write',
  title: { en: 'Write a file', 'zh-CN': '写入文件' },
  effect: 'write',
  withSchema,
  resultSchema: z.object({
    path: z.string(),
    sha256: z.string(),
    sizeBytes: z.number(),
    changed: z.boolean(),
    previousSha256: z.string().nullable(),
  }),
  usesTargets: true,
  idempotent: true,
  describe: (args) => {
    const size =
      typeof args.content === 'string'
        ? `${Buffer.byteLength(args.content)} bytes`
        : `the secret ${args.content.secret}`;
    return `write ${size} to ${args.path}${args.mode === undefined ? '' : `, mode ${args.mode.toString(8)}`}${args.owner === undefined ? '' : `, owner ${args.owner}`}`;
  },
  async apply(args, context) {
    const host = await context.host();
    const become = context.step.become ?? context.target.become;
    const data = Buffer.from(await textOf(args.content, context));
    const sha256 = createHash('sha256').update(data).digest('hex');
    const before = await host.hashFile(args.path, context.signal, become);
    const result = { path: args.path, sha256, sizeBytes: data.length, previousSha256: before?.sha256 ?? null };
    if (before?.sha256 === sha256 && args.mode === undefined && args.owner === undefined)
      return { status: 'ok', result: { ...result, changed: false } };
    const options = {
      ...(args.mode !== undefined && { mode: args.mode }),
      ...(args.owner !== undefined && { owner: args.owner }),
      ...(become && { become }),
    };
    await host.writeFile(args.path, data, options, context.signal);
    return { status: 'ok', result: { ...result, changed: before?.sha256 !== sha256 } };
  },
};
