import { z } from 'zod';
import type { Action } from '../../engine/action.ts';
import { leftAloneShape, refused } from './left-alone.ts';
import type { AccountServices } from './services.ts';

const withSchema = z.strictObject({
  company: z.looseObject({}).describe('Directories and rules, as planning has put them together.'),
  ...leftAloneShape,
  notes: z.array(z.string()).prefault([]).describe('What people should know beside.'),
});
type With = z.infer<typeof withSchema>;

/** Tells what planning has left out: a protected account, a directory that did not answer. By the latter the run is incomplete. */
export const accountPrepare: Action<With, AccountServices> = {
  name: 'account.prepare',
  title: { en: 'Look at the person and the accounts', 'zh-CN': '核对人员与账号' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({ spared: z.array(z.string()), kept: z.array(z.string()), notes: z.array(z.string()) }),
  usesTargets: false,
  idempotent: true,
  describe: ({ spared, kept = [], notes, refusal }) =>
    [
      ...(refusal ? [`refused: ${refusal.message}`] : []),
      ...(spared.length === 0 ? [] : [`left alone: ${spared.join('; ')}`]),
      ...(kept.length === 0 ? [] : [`left alone by rule: ${kept.join('; ')}`]),
      ...notes,
    ].join('; ') || 'nothing was left out',
  async apply({ spared, kept = [], notes, refusal }) {
    const result = { spared, kept, notes };
    if (refusal) return { ...refused(refusal), result };
    if (spared.length === 0) return { status: 'ok', result };
    return { status: 'incomplete', result, message: `left alone: ${spared.join('; ')}` };
  },
  recover: async () => ({ status: 'not-started' }),
};
