import { z } from 'zod';
import type { Action } from '../../engine/action.ts';
import type { AccountServices } from './services.ts';

const withSchema = z.strictObject({
  company: z.looseObject({}).describe('Directories and rules, as planning has put them together.'),
  spared: z.array(z.string()).describe('Accounts that are left alone, with the reason.'),
});
type With = z.infer<typeof withSchema>;

/** Tells what planning has left out: a protected account, a directory that did not answer. Then the run is incomplete. */
export const accountPrepare: Action<With, AccountServices> = {
  name: 'account.prepare',
  title: { en: 'Look at the person and the accounts', 'zh-CN': '核对人员与账号' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({ spared: z.array(z.string()) }),
  usesTargets: false,
  idempotent: true,
  describe: ({ spared }) => (spared.length === 0 ? 'nothing was left out' : `left alone: ${spared.join('; ')}`),
  async apply({ spared }) {
    if (spared.length === 0) return { status: 'ok', result: { spared } };
    return { status: 'incomplete', result: { spared }, message: `left alone: ${spared.join('; ')}` };
  },
  recover: async () => ({ status: 'not-started' }),
};
