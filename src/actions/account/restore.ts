import { z } from 'zod';
import { restoreEntry } from '../../accounts/entry/entry.ts';
import type { Action } from '../../engine/action.ts';
import { type AccountServices, directoriesOf, directorySpec, entryWork, itemOf, itemSchema } from './services.ts';

const withSchema = z.strictObject({
  item: itemSchema.describe('The entry.'),
  run: z.string().min(1).optional().describe('The run whose changes are taken back; absent = this one.'),
});
type With = z.infer<typeof withSchema>;

/** Puts an entry back to what it was before a run changed it. What somebody else has changed since stays as it is, and is told. */
export const accountRestore: Action<With, AccountServices> = {
  name: 'account.restore',
  title: { en: 'Restore an account', 'zh-CN': '恢复一个账号' },
  effect: 'write',
  withSchema,
  resultSchema: z.object({ done: z.array(z.string()), conflicts: z.array(z.string()) }),
  usesTargets: false,
  idempotent: true,
  describe(args) {
    const { ref } = itemOf(args);
    return `restore ${ref.name}`;
  },
  async apply(args, context) {
    const item = itemOf(args);
    const directories = await directoriesOf(context);
    const work = { ...(await entryWork(context)), ofRun: args.run ?? context.runId, by: context.runId };
    const restored = await directories.use(directorySpec(context.plan, item.directory), context.signal, (directory) =>
      restoreEntry(directory, item, work),
    );
    if (restored === undefined) return { status: 'ok', result: { done: [], conflicts: [] } };
    const { done, conflicts } = restored;
    const result = { done, conflicts };
    if (conflicts.length === 0) return { status: 'ok', result };
    return {
      status: 'incomplete',
      result,
      message: `${item.ref.login} (${item.directory}) was restored but for: ${conflicts.join('; ')}`,
    };
  },
};
