import type { NewAccount } from '../../directory.ts';
import type { Account, PolicyRow } from '../../model.ts';
import type { LdapChange, LdapEntry, LdapSession, LdapValue } from '../../ports.ts';
import type { LdapSpec } from './login.ts';
import type { JsonValues } from './values.ts';

/** That an entry belongs to a group. */
export interface Membership {
  group: string;
  attribute: string;
  /** As it is stored. */
  value: string;
}

/** An entry as it was before a run touched it. */
export interface LdapImage {
  dn: string;
  /** What an entry consists of, without passwords. */
  attributes: JsonValues;
  /** What the server keeps beside it and can be set: locks, ends. */
  kept: JsonValues;
  groups: Membership[];
  /** Attributes with secrets other than its password, which are in no record. */
  withheld?: string[];
}

/** What a change has set. Each part is absent where the change has none. */
export interface LdapMark {
  /** Attributes that were not so in the image, as the change left them. */
  set?: JsonValues;
  /** Groups that it was taken out of, or put into. */
  groups?: Membership[];
  /** Where it was moved to. */
  movedTo?: string;
}

/** What a type of directory does in its own way. */
export interface Dialect {
  readonly session: LdapSession;
  readonly spec: LdapSpec;
  /** Field of `Account` -> its attribute. */
  readonly fields: Readonly<Record<string, string | undefined>>;
  /** The attribute that does not change. */
  readonly keyAttribute: string;
  readonly readAttributes: readonly string[];
  /** Attributes of an image that the server keeps beside the entry. */
  readonly keptAttributes: readonly string[];
  /** Whether the server itself follows names of members when they change. */
  readonly followsMembers: boolean;
  /** Whether a move has to delete the old name, even where the new one is the same. */
  readonly deletesOldRdn: boolean;
  keyOf(entry: LdapEntry): string | undefined;
  find(key: string, attributes: readonly string[], signal: AbortSignal): Promise<LdapEntry | undefined>;
  account(entry: LdapEntry, key: string, rights: readonly string[]): Account;
  /** What has to be known before accounts are read. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Adds the rights of all accounts that were read. */
  readRights(accounts: readonly Account[], signal: AbortSignal): Promise<void>;
  /** Whether `disable` works for it. */
  lockable(entry: LdapEntry): boolean;
  /** What is wrong with the directory, for people. `unlockable`: how many accounts cannot be disabled. */
  problems(unlockable: number): string[];
  memberships(entry: LdapEntry, signal: AbortSignal): Promise<Membership[]>;
  /** Another entry that a member's value means as well: a login stands for whoever has it. Whoever is held has given it away. */
  namesake(member: Membership, entry: LdapEntry, signal: AbortSignal): Promise<string | undefined>;
  /** How somebody becomes a member of a group with these object classes. */
  membershipIn(group: LdapEntry, member: LdapEntry): Membership | undefined;
  /** Whether an attribute belongs to an image: no password, nothing that only the server sets. */
  belongsToImage(attribute: string): boolean;
  /** What the attributes are once nobody can log in. @throws OaopsError where that cannot be had */
  locked(entry: LdapEntry): JsonValues;
  /** The changes that open it again; `conflict`: somebody else has changed it, or it was made anew and has no password. */
  unlock(
    entry: LdapEntry,
    image: LdapImage,
    mark: JsonValues,
    anew: boolean,
  ): { changes: LdapChange[]; conflict?: string };
  /** A deleted entry anew; `afterwards`: what has to be set in a request of its own. */
  reborn(image: LdapImage): {
    attributes: Record<string, LdapValue[]>;
    afterwards: LdapChange[];
  };
  /** What an entry that was made anew does not have as it was, for people. */
  lost(entry: LdapEntry, image: LdapImage): string[];
  modify(dn: string, changes: LdapChange[], signal: AbortSignal): Promise<void>;
  /** @returns its name and key */
  create(account: NewAccount, signal: AbortSignal): Promise<{ dn: string; key: string }>;
  policy(signal: AbortSignal): Promise<PolicyRow[]>;
}

export const noCredential = (attribute: string): boolean =>
  !/^(userPassword|authPassword|unicodePwd|dBCSPwd|ntPwdHistory|lmPwdHistory|supplementalCredentials|krbPrincipalKey|krb5Key|userPKCS12|pwdHistory)(;|$)/i.test(
    attribute,
  ) &&
  !/passw(or)?d|passwd|secret(?!ary)|privatekey|oath.*key|otp/i.test(attribute.replace(/PasswordSet|PwdLastSet/gi, ''));

/** What "it has no password" says already. */
export const isPassword = (attribute: string): boolean =>
  /^(userPassword|unicodePwd|pwdHistory|ntPwdHistory|lmPwdHistory)(;|$)/i.test(attribute);
