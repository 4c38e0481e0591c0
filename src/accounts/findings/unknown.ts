import { SharedTexts } from '../audit/shared-values.ts';
import { tellAge } from './days.ts';
import { isUsedByPeople } from './dormant.ts';
import { isToCome } from './last-use.ts';
import { isWithinGrace, leftPerson } from './leaver.ts';
import { useLimit } from './limits.ts';
import { isTooNew } from './orphan.ts';
import { managedRights, missingPlace, personOfRights } from './rights.ts';
import type { DirectoryView, Judged, Rule } from './types.ts';

/** What could not be told about an account, with the reason. Nothing is ever done about it. */
export const unknown: Rule = {
  type: 'unknown',
  needsPeople: false,
  start(view) {
    const texts = new SharedTexts();
    const ofUse = view.wanted.has('dormant') || view.wanted.has('never-used');
    const ofRights =
      (view.wanted.has('rights-beyond-role') || view.wanted.has('rights-missing')) && managedRights(view);
    return (one) => {
      const facts = [
        one.account.state === 'unknown' ? 'whether it is enabled is not known' : undefined,
        aboutPerson(one, view),
        ofRights ? aboutRole(one, view) : undefined,
        ofUse ? aboutUse(one, view) : undefined,
      ].filter((fact) => fact !== undefined);
      if (facts.length === 0) return undefined;
      return { evidence: facts.length === 1 ? facts[0]! : texts.of(facts.join('; ')) };
    };
  },
};

function aboutPerson(one: Judged, view: DirectoryView): string | undefined {
  const { match } = one;
  if (match.kind === 'unknown') return match.reason;
  if (match.kind === 'nobody')
    return view.complete && isTooNew(one, view)
      ? `nobody fits it, but it was made after the list of people (${view.asOf})`
      : undefined;
  if (match.kind !== 'person') return undefined;
  if (match.person.employment === 'unclear') return match.person.unclear;
  const left = leftPerson(one);
  return left && isWithinGrace(left.endsOn, view.policies.leaverGrace, view.days) === undefined
    ? `has left (${left.where}), but the last day is not known: a grace of ${tellAge(view.policies.leaverGrace)} cannot be counted`
    : undefined;
}

function aboutRole(one: Judged, view: DirectoryView): string | undefined {
  const person = personOfRights(one);
  const what = person && missingPlace(person, view);
  if (what === undefined) return undefined;
  return what === 'department'
    ? 'rights are not compared: the department is not known'
    : 'rights are not compared: the post is not known';
}

function aboutUse(one: Judged, { spec, policies, days }: DirectoryView): string | undefined {
  const { lastUse, createdAt } = one.account;
  if (!isUsedByPeople(one)) return undefined;
  if ('unknown' in lastUse) return lastUse.unknown;
  if ('at' in lastUse && isToCome(lastUse, days.nowMs))
    return `its last use is written as of ${days.dateOf(lastUse.at)}, which is to come`;
  // A log that is younger than the limit: whether it was used before is not known.
  if ('at' in lastUse && lastUse.orBefore)
    return days.nowMs - lastUse.at < useLimit(spec, policies.dormantAfter).ms ? lastUse.from : undefined;
  return 'never' in lastUse && createdAt === undefined ? 'never used, and when it was made is not known' : undefined;
}
