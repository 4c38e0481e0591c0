import { nameSet } from '../company/names.ts';
import type { Rule } from './types.ts';

/** Its end has passed and it is still enabled, or it ought to have an end and has none. */
export const expiredTemporary: Rule = {
  type: 'expired-temporary',
  needsPeople: false,
  start({ spec, days }) {
    const temporary = nameSet(spec.temporary);
    const endless = { evidence: 'it is temporary, and has no end' };
    return ({ account: { expiresAt, login, name } }) => {
      if (expiresAt !== undefined)
        return expiresAt > days.nowMs ? undefined : { evidence: `its end was on ${days.dateOf(expiresAt)}` };
      return temporary.has(login) || temporary.has(name) ? endless : undefined;
    };
  },
};
