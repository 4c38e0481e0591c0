import { isUsedByPeople } from './dormant.ts';
import { powersOf } from './privileged-without-owner.ts';
import type { Rule } from './types.ts';

export const noSecondFactor: Rule = {
  type: 'no-second-factor',
  needsPeople: false,
  start(view) {
    const whose = view.policies.secondFactor;
    if (whose === 'none') return undefined;
    const powers = powersOf(view);
    const found = { evidence: 'no second factor is bound', figure: whose };
    return (one) => {
      if (one.account.secondFactor !== false || !isUsedByPeople(one)) return undefined;
      return whose === 'all' || powers(one.account) !== undefined ? found : undefined;
    };
  },
};
