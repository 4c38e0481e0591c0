import { type Days, tellAge } from './days.ts';
import type { Found, Judged, Rule } from './types.ts';

/** Whoever has left, with the last day and the grace behind them, and still has an account. */
export const leaver: Rule = {
  type: 'leaver',
  needsPeople: true,
  start({ policies, days }) {
    const figure = `grace ${tellAge(policies.leaverGrace)}`;
    return (one) => {
      const person = leftPerson(one);
      if (!person || isWithinGrace(person.endsOn, policies.leaverGrace, days) !== false) return undefined;
      const left =
        person.endsOn === undefined ? `has left (${person.where})` : `left on ${person.endsOn} (${person.where})`;
      const found: Found = { evidence: withLaterUse(left, one, person.endsOn, days), figure };
      if (one.match.kind === 'person' && one.match.unconfirmed) found.unconfirmed = true;
      return found;
    };
  },
};

export function leftPerson({ use, match }: Judged) {
  return use === 'person' && match.kind === 'person' && match.person.employment === 'left' ? match.person : undefined;
}

/** Undefined: there is a grace, and nobody knows since when it runs. */
export function isWithinGrace(endsOn: string | undefined, graceMs: number, days: Days): boolean | undefined {
  if (endsOn === undefined) return graceMs === 0 ? false : undefined;
  return days.nowMs < days.endOf(endsOn) + graceMs;
}

function withLaterUse(left: string, { account: { lastUse } }: Judged, endsOn: string | undefined, days: Days): string {
  if (endsOn === undefined || !('at' in lastUse) || lastUse.orBefore || lastUse.at < days.endOf(endsOn)) return left;
  const used = `used after that, on ${days.dateOf(lastUse.at)} (${lastUse.from})`;
  return `${left}; ${used}`;
}
