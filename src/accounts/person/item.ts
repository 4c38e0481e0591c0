import type { Change } from '../directory.ts';
import type { EntryItem } from '../entry/entry.ts';
import type { Judged } from '../findings/types.ts';
import { type KnownPerson, placeNames } from '../matching/people.ts';
import { type FindingType, isOfRights } from '../model.ts';
import { lineOf } from '../plan/cleanup.ts';
import { seenOf } from '../plan/seen.ts';
import type { Staff } from './staff.ts';

export interface ItemFacts {
  changes: Change[];
  findings: FindingType[];
  evidence: string[];
  /** Absent: known by the employee number that the account carries, and by nothing else. */
  person: KnownPerson | undefined;
  staff: Staff;
}

/** One account of a person, with what is done to it. */
export function itemOf({ account }: Judged, { changes, findings, evidence, person, staff }: ItemFacts): EntryItem {
  const head = person && staff.head(person);
  const department = person?.department ?? account.department;
  return {
    line: lineOf(account.directory, account.key),
    directory: account.directory,
    ref: { key: account.key, name: account.name, login: account.login },
    changes,
    seen: seenOf(account),
    findings,
    evidence,
    mails: mailsOf(person, staff),
    ...(person === undefined ? {} : { person: person.id }),
    ...(department === undefined ? {} : { department }),
    ...(person && findings.some(isOfRights) ? { places: placeNames(person) } : {}),
    ...(head === undefined ? {} : { head: head.id }),
  };
}

/** Whom notices about somebody's accounts go to. */
export function mailsOf(person: KnownPerson | undefined, staff: Staff): NonNullable<EntryItem['mails']> {
  const head = person && staff.head(person);
  return {
    ...(person?.mail === undefined ? {} : { person: person.mail }),
    ...(head?.mail === undefined ? {} : { head: head.mail }),
  };
}
