import { type Judgement, type JudgeRequest, judge } from '../../src/accounts/audit/judge.ts';
import { RoleMatrix, type RoleRow } from '../../src/accounts/company/roles.ts';
import type { Account, FindingType } from '../../src/accounts/model.ts';
import { type DirectorySpec, directorySchema } from '../../src/accounts/schema/directories.ts';
import { matchingSchema, policiesSchema } from '../../src/accounts/schema/rules.ts';
import type { SourceRead } from '../../src/accounts/source.ts';

export const nowMs = Date.parse('2026-11-30T04:00:00Z');
export const todayDate = '2026-11-30';
export const dayMs = 86_400_000;

export function directory(over: Record<string, unknown> = {}): DirectorySpec {
  const type = (over.type as string) ?? 'openldap';
  const needed =
    type === 'linux'
      ? { targets: 'all' }
      : type === 'csv'
        ? { file: 'a.csv' }
        : { url: 'ldap://127.0.0.1', base: 'dc=oa' };
  return directorySchema.parse({ id: 'ldap', type, ...needed, ...over });
}

export function account(login: string, over: Partial<Account> = {}): Account {
  return {
    directory: 'ldap',
    key: `key-${login}`,
    name: `uid=${login},dc=oa`,
    login,
    use: 'person',
    state: 'enabled',
    held: false,
    lastUse: { at: nowMs - dayMs, from: 'authTimestamp' },
    privileged: [],
    rights: [],
    ...over,
  };
}

type SourcePerson = SourceRead['people'][number];

export function person(id: string, over: Partial<SourcePerson> = {}): SourcePerson {
  return { source: 'hr', id, employment: 'active', where: `roster.csv:${id}`, ...over };
}

export function source(people: SourcePerson[], over: Partial<SourceRead> = {}): SourceRead {
  return {
    id: 'hr',
    address: '/srv/hr/roster.csv',
    complete: true,
    people,
    rows: people.length,
    problems: [],
    ...over,
  };
}

export interface World extends Partial<Omit<JudgeRequest, 'roles' | 'company' | 'directories'>> {
  people?: SourcePerson[];
  accounts?: Account[];
  spec?: DirectorySpec;
  directories?: JudgeRequest['directories'];
  policies?: Record<string, unknown>;
  matching?: Record<string, unknown>;
  roles?: RoleRow[];
}

export function judgeWorld({
  people = [],
  accounts = [],
  spec = directory(),
  policies,
  matching,
  roles,
  ...rest
}: World): Judgement {
  return judge({
    company: { policies: policiesSchema.parse(policies ?? {}), matching: matchingSchema.parse(matching ?? {}) },
    sources: [source(people)],
    directories: [{ spec, read: { accounts: accounts.map((one) => ({ ...one, directory: spec.id })), problems: [] } }],
    roles: new RoleMatrix(roles ?? []),
    todayDate,
    nowMs,
    timeZone: 'Asia/Shanghai',
    ...rest,
  });
}

/** `leaver zhang`, one a finding. */
export function told({ findings }: Judgement): string[] {
  return findings.map(({ type, login, unconfirmed }) => `${type} ${login}${unconfirmed ? ' ?' : ''}`);
}

export function evidence(judgement: Judgement, type: FindingType, login: string): string | undefined {
  return judgement.findings.find((one) => one.type === type && one.login === login)?.evidence;
}
