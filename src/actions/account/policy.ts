import { z } from 'zod';
import type { PolicyRow } from '../../accounts/model.ts';
import { addPolicies } from '../../accounts/record.ts';
import type { Company } from '../../accounts/schema/spec.ts';
import { isoTime } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { Action } from '../../engine/action.ts';
import { type AccountServices, directoriesOf } from './services.ts';

const withSchema = z.strictObject({
  company: z.looseObject({}).describe('Directories, as planning has put them together.'),
});
type With = z.infer<typeof withSchema>;

/** Reads which rules for passwords and second factors each directory enforces (AC-06). One that does not tell makes it incomplete. */
export const accountPolicy: Action<With, AccountServices> = {
  name: 'account.policy',
  title: { en: 'Read the password policies', 'zh-CN': '读取密码策略' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({ rules: z.number(), problems: z.array(z.string()) }),
  usesTargets: false,
  idempotent: true,
  describe: ({ company }) =>
    `read the password policies of ${((company as Partial<Company>).directories ?? []).map(({ id }) => id).join(', ') || '-'}`,
  async apply(args, context) {
    const company = args.company as unknown as Company;
    const directories = await directoriesOf(context);
    const rows: PolicyRow[] = [];
    const problems: string[] = [];
    for (const [index, spec] of company.directories.entries()) {
      context.progress({ message: spec.id, done: index, total: company.directories.length, unit: 'steps' });
      try {
        const found = await directories.use(spec, context.signal, (directory) => directory.policy(context.signal));
        if (found.length === 0) problems.push(`${spec.id} tells no password policy`);
        rows.push(...found);
      } catch (error) {
        context.signal.throwIfAborted();
        problems.push(`${spec.id}: ${messageOf(error)}`);
      }
    }
    const facts = await context.services.facts();
    await addPolicies(facts, context.runId, isoTime(context.clock.nowMs()), { rows, problems });
    const result = { rules: rows.length, problems };
    if (problems.length === 0) return { status: 'ok', result };
    return { status: 'incomplete', result, message: problems.join('; ') };
  },
  recover: async () => ({ status: 'not-started' }),
};
