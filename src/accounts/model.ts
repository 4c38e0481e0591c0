/** What the accounts room speaks of. Times are milliseconds since 1970 UTC; dates are `YYYY-MM-DD` texts of the company's time zone. */

/** A person as a source of truth knows them (HR roster). */
export interface Person {
  /** Id of the source. */
  source: string;
  /** Employee number; unique in its source. */
  id: string;
  name?: string;
  login?: string;
  mail?: string;
  /** Further addresses; absent: `mail` is the only one. */
  otherMails?: readonly string[];
  department?: string;
  post?: string;
  /** Employee number of the head. */
  manager?: string;
  /** As the source says it; see `employment`. */
  status?: string;
  /** First and last day of employment. */
  startsOn?: string;
  endsOn?: string;
  /** Where it stands, for people: `roster.csv:12`. */
  where: string;
}

/** `unclear`: the source says two things at once, such as two rows with different states; such a person is never judged. */
export type Employment = 'active' | 'future' | 'left' | 'unclear';

/** Since when an account was not used. `unknown` is no age: it never makes an account dormant. */
export type LastUse =
  /** `orBefore`: the log that tells does not know it, and begins then: it was used at this time or before, or never. */
  | { at: number; from: string; orBefore?: true }
  /** The directory keeps it and has nothing: it was never used. */
  | { never: true; from: string }
  | { unknown: string };

export type AccountState = 'enabled' | 'disabled' | 'unknown';

/** What an account is for. Only accounts of persons are compared with the roster. */
export type AccountUse = 'person' | 'service' | 'shared' | 'default';

/** What an account is found by: a directory may hold several of each. */
export const identifyingFields = ['login', 'employee', 'mail', 'personName', 'department'] as const;
export type IdentifyingField = (typeof identifyingFields)[number];

/** One entry of a directory, as read. Small: 100,000 of them are held at once. */
export interface Account {
  /** Id of the directory. */
  directory: string;
  /** What does not change when it is renamed or moved (entryUUID, objectGUID, `host:login`, primary key). */
  key: string;
  /** Where it is, for people: a DN, `host:login`, a login. */
  name: string;
  login: string;
  employee?: string;
  mail?: string;
  personName?: string;
  department?: string;
  /** What a directory has beside those five where an attribute has several values; without the one that is shown. */
  also?: Partial<Record<IdentifyingField, readonly string[]>>;
  post?: string;
  use: AccountUse;
  state: AccountState;
  /** In the hold area, where the directory has one. */
  held: boolean;
  createdAt?: number;
  lastUse: LastUse;
  passwordChangedAt?: number;
  passwordNeverExpires?: boolean;
  /** Absent: never. */
  expiresAt?: number;
  /** Absent: the directory does not tell. */
  secondFactor?: boolean;
  /** Why it has special power: a group, uid 0, a rule of sudoers. Empty: it has none. */
  privileged: readonly string[];
  /** Names of the rights it holds in this directory: DNs of groups, roles. Sorted. Accounts with the same rights share one list. */
  rights: readonly string[];
  /** Who answers for an account that is no person's: as the directory says. */
  owner?: string;
  /** Why the directory itself forbids to touch it (adminCount=1, krbtgt, uid 0, the account that oaops logs in as). */
  untouchable?: string;
}

/** Every value of a field, the one that is shown first. */
export function everyOne(
  account: Partial<Pick<Account, IdentifyingField | 'also'>>,
  field: IdentifyingField,
): string[] {
  const shown = account[field];
  return [...(shown === undefined ? [] : [shown]), ...(account.also?.[field] ?? [])];
}

/** How the directory enforces passwords and second factors, one rule a row (AC-06). */
export interface PolicyRow {
  directory: string;
  /** What it holds for: `domain`, a host, DN of a policy. */
  scope: string;
  /** `min-length`, `classes`, `max-age`, `history`, `lockout`, `lockout-duration`, `quality-check`, `second-factor`, `min-age`, ... */
  rule: string;
  /** As enforced; null: it is not set. Ages and durations in days or seconds, as `unit` says. */
  value: number | boolean | string | null;
  unit?: 'characters' | 'classes' | 'days' | 'seconds' | 'passwords' | 'attempts';
  /** Where it was read. */
  from: string;
  /** Accounts for which it does not hold, with the reason. */
  exceptions?: string[];
}

/** Everything that was read of a directory. */
export interface DirectoryRead {
  accounts: Account[];
  /** Parts that could not be read, one line each: a host of many, an attribute. Accounts of such a part are not in `accounts`. */
  problems: string[];
  /** What people should know although everything was read, one line each: nothing is left open by it. */
  remarks?: string[];
}

export const findingTypes = [
  'leaver',
  'dormant',
  'never-used',
  'orphan',
  'duplicate',
  'shared',
  'default-account',
  'privileged-without-owner',
  'password-too-old',
  'password-never-expires',
  'no-second-factor',
  'rights-beyond-role',
  'rights-missing',
  'expired-temporary',
  'unknown',
] as const;
export type FindingType = (typeof findingTypes)[number];

/** What findings are called, by reports, lists and notices alike. */
export const findingNames: Readonly<Record<FindingType, { en: string; 'zh-CN': string }>> = {
  leaver: { en: 'account of a leaver', 'zh-CN': '离职账号' },
  dormant: { en: 'dormant account', 'zh-CN': '休眠账号' },
  'never-used': { en: 'account never used', 'zh-CN': '从未使用' },
  orphan: { en: 'orphan account', 'zh-CN': '无主账号' },
  duplicate: { en: 'duplicate account', 'zh-CN': '重复账号' },
  shared: { en: 'shared account', 'zh-CN': '共享账号' },
  'default-account': { en: 'default account', 'zh-CN': '默认账号' },
  'privileged-without-owner': { en: 'privileged account without an owner', 'zh-CN': '无主特权账号' },
  'password-too-old': { en: 'password too old', 'zh-CN': '密码过旧' },
  'password-never-expires': { en: 'password never expires', 'zh-CN': '密码永不过期' },
  'no-second-factor': { en: 'no second factor', 'zh-CN': '未绑定双因素' },
  'rights-beyond-role': { en: 'rights beyond the role', 'zh-CN': '超出岗位权限' },
  'rights-missing': { en: 'rights missing', 'zh-CN': '缺少岗位权限' },
  'expired-temporary': { en: 'expired temporary account', 'zh-CN': '过期临时账号' },
  unknown: { en: 'cannot be judged', 'zh-CN': '无法判定' },
};

/** Found by comparing with the role: it holds as long as the person has the same departments and posts. */
export function isOfRights(type: FindingType): boolean {
  return type === 'rights-beyond-role' || type === 'rights-missing';
}

/** One thing that was found about one account. */
export interface Finding {
  type: FindingType;
  directory: string;
  key: string;
  /** `name` and `login` of the account. */
  account: string;
  login: string;
  /** Employee number of the person it was matched with. */
  person?: string;
  department?: string;
  /** What was seen, one fact, for people: `left on 2026-10-31 (roster.csv:12)`. */
  evidence: string;
  /** The policy's figure that it was measured against: `90d`, `grace 0d`. */
  figure?: string;
  /** Rights concerned, of findings about rights. */
  rights?: string[];
  /** Somebody has to confirm it before anything is done: the person was found by name and department only. */
  unconfirmed?: true;
}
