import { SharedTexts } from '../audit/shared-values.ts';
import { useLimit } from './limits.ts';
import type { Judged, Rule } from './types.ts';

/** Not used for long. Never used is something else, and unknown is neither. */
export const dormant: Rule = {
  type: 'dormant',
  needsPeople: false,
  start({ spec, policies, days }) {
    const { ms, figure } = useLimit(spec, policies.dormantAfter);
    const texts = new SharedTexts();
    return (one) => {
      const { lastUse, createdAt } = one.account;
      if (!isUsedByPeople(one) || !('at' in lastUse) || days.nowMs - lastUse.at < ms) return undefined;
      // A login before it was made is of a clock that was wrong, or of another system.
      if (createdAt !== undefined && days.nowMs - createdAt < ms) return undefined;
      const date = days.dateOf(lastUse.at);
      const evidence = lastUse.orBefore
        ? `no use is known since ${date} (${lastUse.from})`
        : `last used on ${date} (${lastUse.from})`;
      return { evidence: texts.of(evidence), figure };
    };
  },
};

/** Programs do not log in, and accounts that systems come with are found for being there. */
export function isUsedByPeople({ use }: Judged): boolean {
  return use === 'person' || use === 'shared';
}
