import type { Employment } from '../model.ts';

/** What a source says of one person's employment. */
export interface EmploymentFacts {
  /** By the status column; `blank`: the source has one, and says nothing. Absent: the source has none. */
  says?: 'active' | 'left' | 'blank';
  startsOn?: string;
  endsOn?: string;
}

/**
 * Whether somebody is employed on a day; the last day is one of employment. Two facts that cannot both be true make it `unclear`, with the
 * reason: an account is never disabled on the word of one of them.
 */
export function employmentOn(today: string, facts: EmploymentFacts): { employment: Employment; why?: string } {
  const { says, startsOn, endsOn } = facts;
  const ended = endsOn !== undefined && endsOn < today;
  const begins = startsOn !== undefined && startsOn > today;
  if (startsOn !== undefined && endsOn !== undefined && endsOn < startsOn)
    return unclear(`the last day ${endsOn} is before the first day ${startsOn}`);
  if (says === 'blank') return unclear('the status is blank');
  if (says === 'active' && ended) return unclear(`the status says employed, and the last day was ${endsOn}`);
  if (says === 'left' && begins && endsOn === undefined)
    return unclear(`the status says left, and the first day is ${startsOn}`);
  if (begins) return { employment: 'future' };
  // HR writes a resignation down when it is given: until the last day is over, the person works here.
  if (says === 'left' && endsOn !== undefined && !ended) return { employment: 'active' };
  return { employment: says === 'left' || ended ? 'left' : 'active' };
}

function unclear(why: string): { employment: Employment; why: string } {
  return { employment: 'unclear', why };
}
