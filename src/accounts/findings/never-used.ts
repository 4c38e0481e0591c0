import { SharedTexts } from '../audit/shared-values.ts';
import { isUsedByPeople } from './dormant.ts';
import { useLimit } from './limits.ts';
import type { Rule } from './types.ts';

/** Made long ago and never used. Accounts of people who have yet to begin wait for them. */
export const neverUsed: Rule = {
  type: 'never-used',
  // Without the people nobody knows who has yet to begin.
  needsPeople: true,
  start({ spec, policies, days }) {
    const { ms, figure } = useLimit(spec, policies.neverUsedAfter);
    const texts = new SharedTexts();
    return (one) => {
      const { lastUse, createdAt } = one.account;
      if (!isUsedByPeople(one) || !('never' in lastUse) || createdAt === undefined) return undefined;
      if (days.nowMs - createdAt < ms) return undefined;
      if (one.match.kind === 'person' && one.match.person.employment === 'future') return undefined;
      return { evidence: texts.of(`made on ${days.dateOf(createdAt)}, never used (${lastUse.from})`), figure };
    };
  },
};
