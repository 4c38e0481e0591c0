import { z } from 'zod';
import type { Action } from '../engine/action.ts';

const withSchema = z.strictObject({
  path: z.string().min(1).describe('File on the target.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: 'not a sha256; write 64 hex digits in lower case' })
    .optional()
    .describe('Fails when the file is another one.'),
  missing: z.enum(['fail', 'ok']).default('fail').describe('Whether a missing file is a failure.'),
});
type With = z.infer<typeof withSchema>;

/** Takes the sha256 and size of a file, and compares it with an expected one. */
export const fileHash: Action<With> = {
  name: 'file.hash',
  title: { en: 'Compute the hash of a file', 'zh-CN': '计算文件哈希' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({
    path: z.string(),
    exists: z.boolean(),
    sha256: z.string().nullable(),
    sizeBytes: z.number().nullable(),
  }),
  usesTargets: true,
  idempotent: true,
  describe: (args) => `${args.sha256 === undefined ? 'hash' : 'compare the hash of'} ${args.path}`,
  async apply(args, context) {
    const host = await context.host();
    const found = await host.hashFile(args.path, context.signal, context.step.become ?? context.target.become);
    const result = {
      path: args.path,
      exists: found !== null,
      sha256: found?.sha256 ?? null,
      sizeBytes: found?.sizeBytes ?? null,
    };
    if (!found && args.missing === 'fail')
      return {
        status: 'failed',
        result,
        message: `there is no file ${args.path} on ${context.target.name}`,
        code: 'file-missing',
        retryable: true,
      };
    if (found && args.sha256 !== undefined && found.sha256 !== args.sha256) {
      return {
        status: 'failed',
        result,
        message: `${args.path} on ${context.target.name} has sha256 ${found.sha256}, expected ${args.sha256}`,
        code: 'hash-mismatch',
        exitCode: 9,
        retryable: true,
      };
    }
    return { status: 'ok', result };
  },
  recover: async () => ({ status: 'not-started' }),
};
