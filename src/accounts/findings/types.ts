import type { RoleMatrix } from '../company/roles.ts';
import type { Match } from '../matching/match.ts';
import type { PeopleIndex } from '../matching/people.ts';
import type { Account, AccountUse, DirectoryRead, FindingType } from '../model.ts';
import type { DirectorySpec } from '../schema/directories.ts';
import type { Policies } from '../schema/rules.ts';
import type { Days } from './days.ts';

/** An account and what became of it. */
export interface Judged {
  account: Account;
  /** What it is for, with what the configuration says of it. */
  use: AccountUse;
  match: Match;
  /** Of disabled accounts: what would be found if they were enabled. A held account is deleted only while its reason stands. */
  standing?: readonly FindingType[];
  /** Employee numbers of employed people who are like its person, who has left, and have accounts of their own here. */
  alike?: readonly string[];
}

/** What the rules know of a directory. */
export interface DirectoryView {
  spec: DirectorySpec;
  read: DirectoryRead;
  accounts: readonly Judged[];
  /** Everybody who may have an account here; absent: a source was not read, or none of them is whole. */
  index?: PeopleIndex;
  /** Whoever fits nobody is unknown to the company: at least one source holds everybody. */
  complete: boolean;
  /** Day of the oldest export, where it is known: it cannot name whoever came later. */
  asOf?: string;
  policies: Policies;
  roles: RoleMatrix;
  days: Days;
  /** What is looked for. */
  wanted: ReadonlySet<FindingType>;
}

/** What a rule has to say about one account. Texts that many accounts share should be one text. */
export interface Found {
  evidence: string;
  figure?: string;
  rights?: string[];
  unconfirmed?: true;
}

export type Look = (one: Judged) => Found | undefined;

/** One type of finding. It is asked about accounts that are not known to be disabled; the state is no business of its own. */
export interface Rule {
  type: FindingType;
  /** It compares with people: without all of them it finds nothing. */
  needsPeople: boolean;
  /** Undefined: it has nothing to look for in this directory. */
  start(view: DirectoryView): Look | undefined;
}
