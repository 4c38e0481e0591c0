import { collectGarbageNow } from '../../core/heap.ts';
import type { RoleMatrix } from '../company/roles.ts';
import { Days } from '../findings/days.ts';
import { type Exception, Exceptions } from '../findings/exceptions.ts';
import { useLimit } from '../findings/limits.ts';
import { rules } from '../findings/registry.ts';
import type { DirectoryView, Judged, Look, Rule } from '../findings/types.ts';
import { usesOf } from '../findings/use.ts';
import { Matcher, notCompared } from '../matching/match.ts';
import { type KnownPerson, PeopleIndex } from '../matching/people.ts';
import { type Account, type DirectoryRead, type Finding, type FindingType, findingTypes } from '../model.ts';
import type { DirectorySpec } from '../schema/directories.ts';
import type { Company } from '../schema/spec.ts';
import type { SourceRead } from '../source.ts';
import { leaveRehiredAlone } from './rehired.ts';

export interface JudgeRequest {
  company: Pick<Company, 'matching' | 'policies'>;
  /** Every source of the company: as it was read, or that it could not be. */
  sources: readonly (SourceRead | { id: string; error: unknown })[];
  /** Those that could be read. */
  directories: readonly { spec: DirectorySpec; read: DirectoryRead }[];
  roles: RoleMatrix;
  /** Default: those of the policies. */
  exceptions?: readonly Exception[];
  /** `directory|key` -> employee number of who somebody has said it belongs to. */
  confirmed?: ReadonlyMap<string, string>;
  /** What is looked for; absent = everything. */
  only?: readonly FindingType[];
  todayDate: string;
  nowMs: number;
  /** IANA name. */
  timeZone: string;
}

/** Something about a directory as a whole. */
export interface Remark {
  directory: string;
  text: string;
}

export interface Judgement {
  /** By directory in the order of the request, key, and type. */
  findings: Finding[];
  /** Every account, by directory and key. */
  accounts: Judged[];
  /** What was not looked for, and why. */
  unjudged: Remark[];
  /** What people should know: raised thresholds, parts that were not read. */
  remarks: Remark[];
  exceptionsUsed: { exception: Exception; findings: number }[];
  exceptionsExpired: readonly Exception[];
}

/** Types after which accounts may be deleted: what of them still stands is looked at for disabled accounts. */
const actedOn: ReadonlySet<FindingType> = new Set([
  'leaver',
  'dormant',
  'never-used',
  'orphan',
  'duplicate',
  'default-account',
  'expired-temporary',
]);

/**
 * Finds what is wrong with the accounts. What depends on people is only looked for in directories all of whose sources were read: an
 * account is never judged by what a source did not say.
 */
export function judge(request: JudgeRequest): Judgement {
  const { company, todayDate, nowMs } = request;
  const days = new Days(nowMs, todayDate, request.timeZone);
  const exceptions = new Exceptions(request.exceptions ?? company.policies.exceptions, todayDate);
  const wanted = new Set(request.only ?? findingTypes);
  const judgement: Judgement = {
    findings: [],
    accounts: [],
    unjudged: [],
    remarks: [],
    exceptionsUsed: [],
    exceptionsExpired: exceptions.expired,
  };
  const indexes = new Map<string, PeopleIndex>();
  const views: DirectoryView[] = [];
  for (const { spec, read } of request.directories) {
    const judging = judgingSources(spec, request.sources);
    const view: DirectoryView = {
      spec,
      read,
      accounts: [],
      complete: false,
      policies: company.policies,
      roles: request.roles,
      days,
      wanted,
    };
    if (judging.read !== undefined) {
      const id = judging.read.map((source) => source.id).join();
      const index = indexes.get(id) ?? new PeopleIndex(judging.read, company.matching.ignoreCase);
      indexes.set(id, index);
      view.index = index;
      view.complete = judging.read.some(({ complete }) => complete);
      const asOf = oldestExport(judging.read);
      if (asOf !== undefined) view.asOf = asOf;
    }
    view.accounts = matchAll(view, request);
    if (view.index) leaveRehiredAlone(view, view.index, request.confirmed ?? new Map());
    tellDirectory(view, judging.missing, judgement);
    views.push(view);
  }
  // Everybody is matched: the maps make room for the findings.
  for (const index of indexes.values()) index.forget();
  collectGarbageNow();
  for (const view of views) {
    findIn(view, exceptions, judgement);
    for (const one of view.accounts) judgement.accounts.push(one);
  }
  judgement.exceptionsUsed = exceptions.used;
  return judgement;
}

/** The sources that know the people of a directory; `read` is absent when one of them was not read. */
function judgingSources(
  { judgedBy }: DirectorySpec,
  sources: JudgeRequest['sources'],
): { read?: SourceRead[]; missing: string[] } {
  const own = judgedBy === undefined ? sources : sources.filter(({ id }) => judgedBy.includes(id));
  const read = own.filter((source) => 'people' in source);
  const missing = own.filter((source) => !('people' in source)).map(({ id }) => id);
  // A source that is named and not among them was not read either.
  for (const id of judgedBy ?? []) if (!sources.some((source) => source.id === id)) missing.push(id);
  return missing.length > 0 || read.length === 0 ? { missing } : { read, missing };
}

function oldestExport(sources: readonly SourceRead[]): string | undefined {
  return sources
    .flatMap(({ complete, asOf }) => (complete && asOf !== undefined ? asOf : []))
    .sort()
    .at(0);
}

function matchAll(view: DirectoryView, { company, confirmed }: JudgeRequest): Judged[] {
  const useOf = usesOf(view.spec, company.policies.defaultAccounts);
  const matcher = view.index && new Matcher(view.index, company.matching.by, confirmed ?? new Map());
  return view.read.accounts
    .map((account): Judged => {
      const use = useOf(account);
      const match = use === 'person' && matcher ? matcher.match(account) : notCompared;
      if (match.kind === 'person') shareTexts(account, match.person);
      return { account, use, match };
    })
    .sort(({ account: { key: a } }, { account: { key: b } }) => (a < b ? -1 : a > b ? 1 : 0));
}

/** What is written the same on both sides is held once. */
function shareTexts(account: Account, person: KnownPerson): void {
  if (account.employee === person.id) account.employee = person.id;
  if (account.mail === person.mail && person.mail !== undefined) account.mail = person.mail;
  if (account.login === person.login) account.login = person.login;
  if (account.personName === person.name && person.name !== undefined) account.personName = person.name;
}

function tellDirectory(view: DirectoryView, missing: readonly string[], { unjudged, remarks }: Judgement): void {
  const { spec, read, policies } = view;
  const directory = spec.id;
  if (missing.length > 0)
    unjudged.push({
      directory,
      text: `not compared with people: ${missing.join(', ')} could not be read`,
    });
  else if (!view.index) unjudged.push({ directory, text: 'not compared with people: no source knows its people' });
  else if (!view.complete) unjudged.push({ directory, text: 'orphans are not looked for: no source holds everybody' });
  for (const text of [...read.problems, ...(read.remarks ?? [])]) remarks.push({ directory, text });
  for (const [key, ms] of [
    ['dormantAfter', policies.dormantAfter],
    ['neverUsedAfter', policies.neverUsedAfter],
  ] as const) {
    const limit = useLimit(spec, ms);
    if (limit.ms !== ms)
      remarks.push({
        directory,
        text: `"${key}" is taken as ${limit.figure}: Active Directory writes the last login up to 14 days late`,
      });
  }
}

function findIn(view: DirectoryView, exceptions: Exceptions, { findings }: Judgement): void {
  const looks: { rule: Rule; look: Look; isWanted: boolean }[] = [];
  for (const rule of rules) {
    if (rule.needsPeople && !view.index) continue;
    const isWanted = view.wanted.has(rule.type);
    if (!isWanted && !actedOn.has(rule.type)) continue;
    const look = rule.start(view);
    if (look) looks.push({ rule, look, isWanted });
  }
  for (const one of view.accounts) {
    if (one.account.state === 'disabled') {
      const standing = looks.filter((each) => stands(each, one, exceptions)).map(({ rule }) => rule.type);
      if (standing.length > 0) one.standing = standing;
      continue;
    }
    for (const { rule, look, isWanted } of looks) {
      const found = isWanted ? look(one) : undefined;
      const left = found && exceptions.left(findingOf(rule.type, one, found), one.account);
      if (left) findings.push(left);
    }
  }
}

function stands({ rule, look }: { rule: Rule; look: Look }, one: Judged, exceptions: Exceptions): boolean {
  const found = actedOn.has(rule.type) ? look(one) : undefined;
  if (!found || found.unconfirmed) return false;
  return exceptions.left(findingOf(rule.type, one, found), one.account) !== undefined;
}

/** A class for the same reason as `AccountRow`. */
class FindingRow {
  type: FindingType;
  directory: string;
  key: string;
  account: string;
  login: string;
  evidence: string;

  constructor(type: FindingType, { directory, key, name, login }: Account, evidence: string) {
    this.type = type;
    this.directory = directory;
    this.key = key;
    this.account = name;
    this.login = login;
    this.evidence = evidence;
  }
}

function findingOf(type: FindingType, { account, match }: Judged, found: ReturnType<Look> & object): Finding {
  const finding: Finding = new FindingRow(type, account, found.evidence);
  const person = match.kind === 'person' ? match.person : undefined;
  if (person) finding.person = person.id;
  const department = person?.department ?? account.department;
  if (department !== undefined) finding.department = department;
  if (found.figure !== undefined) finding.figure = found.figure;
  if (found.rights) finding.rights = found.rights;
  if (found.unconfirmed) finding.unconfirmed = true;
  return finding;
}
