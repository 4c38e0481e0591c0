import type { Rule } from './types.ts';

/** An account that a system came with: its name, and often its password, stand in every manual. */
export const defaultAccount: Rule = {
  type: 'default-account',
  needsPeople: false,
  start: () => {
    const found = { evidence: 'systems come with this account, and everybody knows its name' };
    return ({ use }) => (use === 'default' ? found : undefined);
  },
};
