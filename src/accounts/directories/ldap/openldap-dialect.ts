import { dnKey, isWithin } from '../../../core/dn.ts';
import { OaopsError } from '../../../core/errors.ts';
import { filterValue } from '../../../core/ldap-filter.ts';
import { SharedTexts } from '../../audit/shared-values.ts';
import type { NewAccount } from '../../directory.ts';
import type { Account, AccountState, LastUse, PolicyRow } from '../../model.ts';
import type { LdapChange, LdapEntry, LdapSession, LdapValue } from '../../ports.ts';
import type { DirectorySpecOf } from '../../schema/directories.ts';
import { anyTimeMs, generalizedTimeMs } from '../times.ts';
import { accountOf, declaredUse, loginOf } from './account.ts';
import { exchange, imageValues } from './changes.ts';
import { type Dialect, type LdapImage, type Membership, noCredential } from './dialect.ts';
import { type GroupPlace, groupsOf, readGroupRights } from './group-rights.ts';
import { holdTest } from './ldap-directory.ts';
import { statusOf } from './members.ts';
import { createInOpenLdap } from './openldap-create.ts';
import type { Policy, Ppolicy } from './ppolicy.ts';
import { policyReport } from './ppolicy-rows.ts';
import { bytesOf, fromJson, type JsonValues, sameValues, textOf, textsOf, toJson, valuesOf } from './values.ts';

type Spec = DirectorySpecOf<'openldap'>;

/** Of pwdAccountLockedTime: locked for good (draft-behera-ldap-password-policy section 5.3.3). */
const lockedForGood = '000001010000Z';
/** An end of an account long ago: it holds by policies without locks too. */
const endedLongAgo = '19700101000000Z';
/** What hangs on a password, and is told of no account that has none. */
const kept = ['pwdAccountLockedTime', 'pwdEndTime', 'pwdStartTime', 'pwdPolicySubentry'];
const operational = ['entryUUID', 'createTimestamp', 'pwdLastSuccess', 'authTimestamp', 'pwdChangedTime', ...kept];
/** A hash that no password has. */
const noPassword = '{CRYPT}!';
const noPower: readonly string[] = [];
const noLogin: LastUse = {
  unknown:
    'the directory has no time of a login: it keeps none, or there was none since it does (pwdLastSuccess, authTimestamp)',
};

/** What OpenLDAP does in its own way: locks of overlay ppolicy, groups by their members. */
export class OpenLdapDialect implements Dialect {
  readonly session: LdapSession;
  readonly spec: Spec;
  readonly fields: Readonly<Record<string, string | undefined>>;
  readonly keyAttribute = 'entryUUID';
  readonly readAttributes: readonly string[];
  readonly keptAttributes: readonly string[];
  readonly followsMembers = false;
  readonly deletesOldRdn = false;
  #ppolicy: Ppolicy;
  #groups: GroupPlace;
  #isHeld: (dn: string) => boolean;
  #ownKey: string;
  #nowMs: () => number;
  readonly #texts = new SharedTexts();
  /** Key of an account -> by what posixGroup names it, where that is not its login alone. */
  readonly #uids = new Map<string, readonly string[]>();

  constructor(session: LdapSession, spec: Spec, ppolicy: Ppolicy, nowMs: () => number) {
    this.session = session;
    this.spec = spec;
    this.#ppolicy = ppolicy;
    this.#nowMs = nowMs;
    this.fields = {
      login: 'uid',
      employee: 'employeeNumber',
      mail: 'mail',
      personName: 'cn',
      department: 'departmentNumber',
      post: 'title',
      ...spec.fields,
    };
    const fields = Object.values(this.fields).filter((name) => name !== undefined);
    this.keptAttributes = kept.filter((name) => ppolicy.knows(name));
    this.readAttributes = [...new Set(['uid', 'shadowExpire', 'shadowLastChange', ...fields, ...operational])];
    this.#groups = { session, base: spec.groupBase ?? spec.base, filter: spec.groupFilter };
    this.#isHeld = holdTest(spec.holdBase);
    this.#ownKey = dnKey(spec.bindDn ?? '');
  }

  /** Whether there is a policy by which an account can be locked. */
  get locksWork(): boolean {
    const { default: standard, policies, knows } = this.#ppolicy;
    return (
      knows('pwdAccountLockedTime') && (standard === 'none' || standard === 'unknown' ? policies.length > 0 : true)
    );
  }

  keyOf(entry: LdapEntry): string | undefined {
    return textOf(entry, 'entryUUID');
  }

  async find(key: string, attributes: readonly string[], signal: AbortSignal): Promise<LdapEntry | undefined> {
    for (const each of this.#bases) {
      const request = { base: each, scope: 'sub' as const, filter: `(entryUUID=${filterValue(key)})` };
      for await (const [entry] of this.session.search({ ...request, attributes: [...attributes] }, signal))
        return entry;
    }
    return undefined;
  }

  account(entry: LdapEntry, key: string, rights: readonly string[]): Account {
    const { spec, fields } = this;
    const policy = this.#ppolicy.of(textOf(entry, 'pwdPolicySubentry'));
    const state = this.#stateOf(entry, policy);
    const { secondFactor } = spec.fields;
    const uids = textsOf(entry, 'uid');
    if (uids.length !== 1 || uids[0] !== loginOf(fields, entry)) this.#uids.set(key, uids);
    return accountOf(
      spec,
      fields,
      entry,
      this.#texts,
      {
        key,
        use: declaredUse(spec, loginOf(fields, entry), entry.dn) ?? 'person',
        state,
        held: this.#isHeld(entry.dn),
        lastUse: lastUseOf(entry),
        privileged: noPower,
        rights,
      },
      {
        createdAt: generalizedTimeMs(textOf(entry, 'createTimestamp')),
        passwordChangedAt: generalizedTimeMs(textOf(entry, 'pwdChangedTime')) ?? shadowTime(entry, 'shadowLastChange'),
        passwordNeverExpires: typeof policy === 'object' ? policy.maxAgeSeconds === 0 : undefined,
        expiresAt: this.#endOf(entry, state),
        secondFactor: secondFactor === undefined ? undefined : valuesOf(entry, secondFactor).length > 0,
        untouchable: dnKey(entry.dn) === this.#ownKey ? 'oaops logs in with it' : undefined,
      },
    );
  }

  async prepare(): Promise<void> {}

  async readRights(accounts: readonly Account[], signal: AbortSignal): Promise<void> {
    await readGroupRights(this.#groups, accounts, ({ key, login }) => this.#uids.get(key) ?? [login], signal);
  }

  lockable(entry: LdapEntry): boolean {
    return typeof this.#ppolicy.of(textOf(entry, 'pwdPolicySubentry')) === 'object';
  }

  problems(unlockable: number): string[] {
    if (!this.locksWork)
      return ['the directory has no password policy (overlay ppolicy): its accounts cannot be disabled'];
    if (unlockable === 0) return [];
    return [
      `${unlockable} accounts have no known policy that makes a lock work, and cannot be disabled: name the default policy as "defaultPolicy"`,
    ];
  }

  async memberships(entry: LdapEntry, signal: AbortSignal): Promise<Membership[]> {
    const uids: string[] = [];
    const isHeld = this.#isHeld(entry.dn);
    for (const uid of textsOf(entry, 'uid'))
      if (!isHeld || (await this.#named(uid, entry.dn, this.#bases, signal)) === undefined) uids.push(uid);
    return groupsOf(this.#groups, { dn: entry.dn, uids }, signal);
  }

  async namesake({ attribute, value }: Membership, { dn }: LdapEntry, signal: AbortSignal) {
    return attribute === 'memberUid' ? this.#named(value, dn, [this.#ppolicy.context], signal) : undefined;
  }

  get #bases(): string[] {
    const { base, holdBase } = this.spec;
    return holdBase === undefined || isWithin(holdBase, base) ? [base] : [base, holdBase];
  }

  /** An entry of this uid that is not `dn`, and not held: who is held has given the uid away. */
  async #named(uid: string, dn: string, bases: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    const [key, filter] = [dnKey(dn), `(uid=${filterValue(uid)})`];
    // Groups tell upper from lower case, names of entries do not.
    for (const base of bases)
      for await (const page of this.session.search({ base, scope: 'sub', filter, attributes: ['uid'] }, signal))
        for (const entry of page)
          if (dnKey(entry.dn) !== key && !this.#isHeld(entry.dn) && textsOf(entry, 'uid').includes(uid))
            return entry.dn;
    return undefined;
  }

  membershipIn(group: LdapEntry, member: LdapEntry): Membership | undefined {
    const classes = new Set(textsOf(group, 'objectClass').map((name) => name.toLowerCase()));
    const uid = textOf(member, 'uid');
    if (classes.has('groupofnames')) return { group: group.dn, attribute: 'member', value: member.dn };
    if (classes.has('groupofuniquenames')) return { group: group.dn, attribute: 'uniqueMember', value: member.dn };
    if (classes.has('posixgroup') && uid !== undefined) return { group: group.dn, attribute: 'memberUid', value: uid };
    return undefined;
  }

  belongsToImage(attribute: string): boolean {
    return noCredential(attribute) && !operational.includes(attribute) && attribute.toLowerCase() !== 'memberof';
  }

  locked(entry: LdapEntry): JsonValues {
    const policy = this.#ppolicy.of(textOf(entry, 'pwdPolicySubentry'));
    const lock = { pwdAccountLockedTime: [lockedForGood] };
    if (typeof policy === 'object' && policy.lockout) return lock;
    if (typeof policy === 'object' && this.#ppolicy.knows('pwdEndTime')) return { ...lock, pwdEndTime: [endedLongAgo] };
    throw new OaopsError('account-lock-useless', `no password policy is known that makes a lock of ${entry.dn} work`, {
      exitCode: 4,
      next: 'Name the default policy as "defaultPolicy", or give the entry one that has pwdLockout (pwdPolicySubentry).',
    });
  }

  unlock(entry: LdapEntry, image: LdapImage, mark: JsonValues): { changes: LdapChange[]; conflict?: string } {
    const changes: LdapChange[] = [];
    for (const [attribute, values] of Object.entries(mark)) {
      const current = valuesOf(entry, attribute).map(toJson);
      const old = imageValues(image, attribute);
      if (sameValues(current, old)) continue;
      if (!sameValues(current, values))
        return { changes: [], conflict: `${attribute} of ${entry.dn} was changed by somebody else, and stays so` };
      changes.push(...exchange(attribute, current, old));
    }
    return { changes };
  }

  reborn({ attributes, kept: locks }: LdapImage) {
    const values = (parts: JsonValues) =>
      Object.fromEntries(
        Object.entries(parts).map(([name, each]): [string, LdapValue[]] => [name, each.map(fromJson)]),
      );
    const afterwards = Object.entries(values(locks)).map(
      ([attribute, each]): LdapChange => ({ operation: 'replace', attribute, values: each }),
    );
    const anew = values(attributes);
    // This class has to have a password; by this one nobody gets in.
    if (attributes['objectClass']?.some((name) => String(name).toLowerCase() === 'simplesecurityobject'))
      anew['userPassword'] = [noPassword];
    return { attributes: anew, afterwards };
  }

  lost(entry: LdapEntry, { withheld = [] }: LdapImage): string[] {
    const lost = withheld
      .filter((name) => valuesOf(entry, name).length === 0)
      .map((name) => `${name} of ${entry.dn} is in no record: set it anew`);
    const passwords = valuesOf(entry, 'userPassword').map((value) => bytesOf(value).toString());
    const isSet =
      passwords.length > 0
        ? passwords.some((password) => password !== noPassword)
        : valuesOf(entry, 'pwdChangedTime').length > 0;
    return isSet ? lost : [`${entry.dn} has no password: set a new one`, ...lost];
  }

  async modify(dn: string, changes: LdapChange[], signal: AbortSignal): Promise<void> {
    try {
      await this.session.modify(dn, changes, signal);
    } catch (error) {
      // OpenLDAP 2.5.0 to 2.5.5 keep the attributes of locks for themselves, but for whoever may manage the entry.
      if (statusOf(error) !== 19 || !/no user modification/i.test((error as OaopsError).message)) throw error;
      await this.session.modify(dn, changes, signal, { relax: true });
    }
  }

  create(account: NewAccount, signal: AbortSignal): Promise<{ dn: string; key: string }> {
    return createInOpenLdap(this, this.#ppolicy, account, signal);
  }

  policy(signal: AbortSignal): Promise<PolicyRow[]> {
    return policyReport(this.session, this.spec, this.#ppolicy, signal);
  }

  #stateOf(entry: LdapEntry, policy: Policy | 'none' | 'unknown'): AccountState {
    const locked = textOf(entry, 'pwdAccountLockedTime') === lockedForGood;
    const end = generalizedTimeMs(textOf(entry, 'pwdEndTime'));
    const ended = end !== undefined && end <= this.#nowMs();
    if (policy === 'unknown') return locked || ended ? 'unknown' : 'enabled';
    if (policy === 'none') return 'enabled';
    return (locked && policy.lockout) || ended ? 'disabled' : 'enabled';
  }

  #endOf(entry: LdapEntry, state: AccountState): number | undefined {
    const { expires } = this.spec.fields;
    if (expires !== undefined) return anyTimeMs(textOf(entry, expires));
    const end = textOf(entry, 'pwdEndTime');
    const ownEnd = state === 'enabled' || end !== endedLongAgo ? generalizedTimeMs(end) : undefined;
    return ownEnd ?? shadowTime(entry, 'shadowExpire');
  }
}

/** Days since 1970; 0 and -1 mean something else (shadow(5)). */
function shadowTime(entry: LdapEntry, attribute: string): number | undefined {
  const text = textOf(entry, attribute);
  return text === '0' ? undefined : anyTimeMs(text);
}

function lastUseOf(entry: LdapEntry): LastUse {
  const times = ['pwdLastSuccess', 'authTimestamp'].flatMap((from) => {
    const at = generalizedTimeMs(textOf(entry, from));
    return at === undefined ? [] : [{ at, from }];
  });
  const last = times.sort((one, other) => other.at - one.at)[0];
  return last ?? noLogin;
}
