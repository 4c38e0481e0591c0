import { dnKey, isWithin } from '../../../core/dn.ts';
import { OaopsError } from '../../../core/errors.ts';
import { SharedLists, SharedTexts } from '../../audit/shared-values.ts';
import type { NewAccount } from '../../directory.ts';
import type { Account, AccountUse, LastUse, PolicyRow } from '../../model.ts';
import type { LdapChange, LdapEntry, LdapSession, LdapValue } from '../../ports.ts';
import type { DirectorySpecOf } from '../../schema/directories.ts';
import { clockOff } from '../clock.ts';
import { anyTimeMs, filetimeMs, generalizedTimeMs } from '../times.ts';
import { accountOf, declaredUse, loginOf } from './account.ts';
import { createInAd } from './ad-create.ts';
import { type Domain, powerfulPrimaryGroup, privilegedMembers } from './ad-domain.ts';
import { adUntouchable, guidOf, isBuiltIn, isMachine, isSetByAd, knownUac, uac, uacOf } from './ad-flags.ts';
import { adPolicy } from './ad-policy.ts';
import { exchange, imageValues } from './changes.ts';
import { type Dialect, type LdapImage, type Membership, noCredential } from './dialect.ts';
import { holdTest } from './ldap-directory.ts';
import { fromJson, type JsonValues, textOf, textsOf, valuesOf } from './values.ts';

type Spec = DirectorySpecOf<'active-directory'>;

const neverLogged: LastUse = { never: true, from: 'lastLogonTimestamp' };
const noLogons: LastUse = {
  unknown: 'the domain keeps no lastLogonTimestamp, or does not show when the account was made',
};
const hiddenLogons: LastUse = { unknown: 'the login may not see when accounts were used (lastLogonTimestamp)' };
/** One right lets see all of them (User-Logon), and a server that somebody logged in at has all but the last. */
const logonAttributes = ['lastLogon', 'logonCount', 'badPwdCount', 'lastLogonTimestamp'] as const;
const ownAttributes = [
  'objectGUID',
  'objectSid',
  'objectClass',
  'userPrincipalName',
  'whenCreated',
  'userAccountControl',
  ...logonAttributes,
  'pwdLastSet',
  'accountExpires',
  'adminCount',
  'isCriticalSystemObject',
  'primaryGroupID',
  'memberOf',
];

/** What Active Directory does in its own way: one bit disables, groups are told by the member itself. */
export class AdDialect implements Dialect {
  readonly session: LdapSession;
  readonly spec: Spec;
  readonly fields: Readonly<Record<string, string | undefined>>;
  readonly keyAttribute = 'objectGUID';
  readonly readAttributes: readonly string[];
  readonly keptAttributes: readonly string[] = [];
  readonly followsMembers = true;
  readonly deletesOldRdn = true;
  #domain: Domain;
  #isHeld: (dn: string) => boolean;
  readonly #texts = new SharedTexts();
  readonly #lists = new SharedLists();
  #privileged = new Map<string, string[]>();
  #showsLogons = false;
  /** Why nothing can be said of last uses. */
  readonly #clockOff: string | undefined;

  constructor(session: LdapSession, spec: Spec, domain: Domain, nowMs: number) {
    this.session = session;
    this.spec = spec;
    this.#domain = domain;
    this.fields = {
      login: 'sAMAccountName',
      employee: 'employeeID',
      mail: 'mail',
      personName: 'displayName',
      department: 'department',
      post: 'title',
      owner: 'managedBy',
      ...spec.fields,
    };
    const fields = Object.values(this.fields).filter((name) => name !== undefined);
    this.readAttributes = [...new Set([...fields, ...ownAttributes])];
    this.#isHeld = holdTest(spec.holdBase);
    this.#clockOff = clockOff(domain.clockMs, nowMs);
  }

  keyOf(entry: LdapEntry): string | undefined {
    return guidOf(entry);
  }

  async find(key: string, attributes: readonly string[], signal: AbortSignal): Promise<LdapEntry | undefined> {
    const request = { base: `<GUID=${key}>`, scope: 'base' as const, filter: '(objectClass=*)' };
    try {
      for await (const [entry] of this.session.search({ ...request, attributes: [...attributes] }, signal)) {
        const bases = [this.spec.base, ...(this.spec.holdBase === undefined ? [] : [this.spec.holdBase])];
        return entry && bases.some((base) => isWithin(entry.dn, base)) ? entry : undefined;
      }
    } catch (error) {
      if (!(error instanceof OaopsError) || error.code !== 'directory-base-missing') throw error;
    }
    return undefined;
  }

  account(entry: LdapEntry, key: string): Account {
    const { spec, fields } = this;
    const login = loginOf(fields, entry);
    const flags = uacOf(entry);
    const createdAt = generalizedTimeMs(textOf(entry, 'whenCreated'));
    const { expires } = spec.fields;
    const primary = powerfulPrimaryGroup(textOf(entry, 'primaryGroupID'));
    return accountOf(
      spec,
      fields,
      entry,
      this.#texts,
      {
        key,
        use: declaredUse(spec, login, entry.dn) ?? ownUse(entry, login),
        state: flags === undefined ? 'unknown' : (flags & uac.disabled) !== 0 ? 'disabled' : 'enabled',
        held: this.#isHeld(entry.dn),
        lastUse: this.#lastUse(entry, createdAt),
        privileged: this.#lists.of([
          ...(this.#privileged.get(dnKey(entry.dn)) ?? []),
          ...(primary === undefined ? [] : [primary]),
        ]),
        rights: this.#lists.of(this.#groupsOf(entry).sort()),
      },
      {
        createdAt,
        passwordChangedAt: filetimeMs(textOf(entry, 'pwdLastSet')),
        passwordNeverExpires: flags === undefined ? undefined : (flags & uac.passwordNeverExpires) !== 0,
        expiresAt:
          expires === undefined ? filetimeMs(textOf(entry, 'accountExpires')) : anyTimeMs(textOf(entry, expires)),
        secondFactor: this.#secondFactor(entry, flags),
        untouchable: this.#isOwn(entry, login) ? 'oaops logs in with it' : adUntouchable(entry, login),
      },
    );
  }

  async prepare(signal: AbortSignal): Promise<void> {
    this.#privileged = await privilegedMembers(this.session, this.#domain, this.spec.privileged, signal);
  }

  /** Rights came with the accounts. What nobody shows is hidden, and not "never". */
  async readRights(accounts: readonly Account[]): Promise<void> {
    if (this.#showsLogons) return;
    for (const account of accounts) if ('never' in account.lastUse) account.lastUse = hiddenLogons;
  }

  lockable(entry: LdapEntry): boolean {
    return uacOf(entry) !== undefined;
  }

  problems(unlockable: number): string[] {
    const problems = this.#clockOff === undefined ? [] : [`${this.#clockOff}: last uses are not known`];
    if (unlockable > 0)
      problems.push(`${unlockable} accounts show no userAccountControl: whether they are enabled is not known`);
    return problems;
  }

  async memberships(entry: LdapEntry): Promise<Membership[]> {
    return this.#groupsOf(entry).map((group) => ({ group, attribute: 'member', value: entry.dn }));
  }

  membershipIn(group: LdapEntry, member: LdapEntry): Membership | undefined {
    const isGroup = textsOf(group, 'objectClass').some((name) => name.toLowerCase() === 'group');
    return isGroup ? { group: group.dn, attribute: 'member', value: member.dn } : undefined;
  }

  belongsToImage(attribute: string): boolean {
    return noCredential(attribute) && !isSetByAd(attribute);
  }

  locked(entry: LdapEntry): JsonValues {
    return { userAccountControl: [String(knownUac(entry) | uac.disabled)] };
  }

  /** Only the one bit: whatever else was set since stays. */
  unlock(entry: LdapEntry, image: LdapImage, mark: JsonValues, anew: boolean) {
    const now = knownUac(entry);
    const before = Number(imageValues(image, 'userAccountControl')[0]);
    const ours = Object.keys(mark).length > 0 && (before & uac.disabled) === 0 && (now & uac.disabled) !== 0;
    // Not every server refuses to enable an account that needs no password to be set first.
    if (ours && anew && filetimeMs(textOf(entry, 'pwdLastSet')) === undefined)
      return { changes: [], conflict: `${entry.dn} stays disabled until it has a password` };
    return { changes: ours ? exchange('userAccountControl', [String(now)], [String(now & ~uac.disabled)]) : [] };
  }

  async namesake(): Promise<undefined> {}

  reborn({ attributes: parts }: LdapImage) {
    const attributes = Object.fromEntries(
      Object.entries(parts).map(([name, values]): [string, LdapValue[]] => [name, values.map(fromJson)]),
    );
    const flags = Number(parts['userAccountControl']?.[0] ?? uac.normal);
    attributes['userAccountControl'] = [String(flags | uac.disabled)];
    return { attributes, afterwards: [] };
  }

  lost(entry: LdapEntry, image: LdapImage): string[] {
    const { dn } = entry;
    const lost = [`${dn} has a new SID: what was granted to the old one has to be granted anew`];
    const wasEnabled = (Number(imageValues(image, 'userAccountControl')[0] ?? 0) & uac.disabled) === 0;
    if (wasEnabled && ((uacOf(entry) ?? 0) & uac.disabled) !== 0)
      lost.push(`${dn} stays disabled until it has a password`);
    for (const name of image.withheld ?? [])
      if (valuesOf(entry, name).length === 0) lost.push(`${name} of ${dn} is in no record: set it anew`);
    return filetimeMs(textOf(entry, 'pwdLastSet')) === undefined
      ? [`${dn} has no password: set a new one`, ...lost]
      : lost;
  }

  modify(dn: string, changes: LdapChange[], signal: AbortSignal): Promise<void> {
    return this.session.modify(dn, changes, signal);
  }

  create(account: NewAccount, signal: AbortSignal): Promise<{ dn: string; key: string }> {
    return createInAd(this, this.#domain, account, signal);
  }

  policy(signal: AbortSignal): Promise<PolicyRow[]> {
    return adPolicy(this.session, this.spec, this.#domain, signal);
  }

  #groupsOf(entry: LdapEntry): string[] {
    const { groupBase } = this.spec;
    const groups = textsOf(entry, 'memberOf');
    return groupBase === undefined ? groups : groups.filter((group) => isWithin(group, groupBase));
  }

  #lastUse(entry: LdapEntry, createdAt: number | undefined): LastUse {
    this.#showsLogons ||= logonAttributes.some((name) => textOf(entry, name) !== undefined);
    if (this.#clockOff !== undefined) return { unknown: this.#clockOff };
    // This server may know more than the others, and is told so at once.
    let last: { at: number; from: string } | undefined;
    for (const from of ['lastLogonTimestamp', 'lastLogon']) {
      const text = textOf(entry, from);
      const at = filetimeMs(text);
      if (at === undefined && text !== undefined && text !== '0')
        return { unknown: this.#texts.of(`${from} is no time: ${text.slice(0, 40)}`) };
      if (at !== undefined && (last === undefined || at > last.at)) last = { at, from };
    }
    if (!this.#domain.keepsLogons || (last === undefined && createdAt === undefined)) return noLogons;
    return last ?? neverLogged;
  }

  #secondFactor(entry: LdapEntry, flags: number | undefined): boolean | undefined {
    if (flags !== undefined && (flags & uac.smartcardRequired) !== 0) return true;
    const { secondFactor } = this.spec.fields;
    return secondFactor === undefined ? undefined : valuesOf(entry, secondFactor).length > 0;
  }

  /** `bindDn` may be a DN, a user principal name, or DOMAIN\login. */
  #isOwn(entry: LdapEntry, login: string): boolean {
    const bind = (this.spec.bindDn ?? '').toLowerCase();
    if (bind.includes('=')) return dnKey(bind) === dnKey(entry.dn);
    if (bind === textOf(entry, 'userPrincipalName')?.toLowerCase()) return true;
    const name = login.toLowerCase();
    return (
      bind === name || bind.split('\\').at(-1) === name || bind === `${name}@${this.#domain.dnsName.toLowerCase()}`
    );
  }
}

function ownUse(entry: LdapEntry, login: string): AccountUse {
  if (isMachine(entry, login)) return 'service';
  return isBuiltIn(entry) ? 'default' : 'person';
}
