import { dnKey, isWithin } from '../../../core/dn.ts';
import { OaopsError } from '../../../core/errors.ts';
import type {
  Change,
  Changed,
  ChangeName,
  EntryRef,
  Image,
  Looked,
  NewAccount,
  OpenDirectory,
  Restored,
} from '../../directory.ts';
import type { Account, DirectoryRead, PolicyRow } from '../../model.ts';
import type { LdapEntry } from '../../ports.ts';
import { makeChange } from './changes.ts';
import { type Dialect, isPassword, type LdapImage, noCredential } from './dialect.ts';
import { restoreEntry } from './restore.ts';
import { type JsonValues, toJson } from './values.ts';

/** One list for all that hold none, and for those who have yet to get theirs. */
const noRights: readonly string[] = [];

/** A directory that speaks LDAP; what each type does in its own way is its dialect. */
export class LdapDirectory implements OpenDirectory {
  readonly can: ReadonlySet<ChangeName | 'create'>;
  #dialect: Dialect;

  constructor(dialect: Dialect, can: ReadonlySet<ChangeName | 'create'>) {
    this.#dialect = dialect;
    this.can = can;
  }

  async read(signal: AbortSignal): Promise<DirectoryRead> {
    const { session, spec, readAttributes: attributes } = this.#dialect;
    const accounts: Account[] = [];
    const keys = new Set<string>();
    let unlockable = 0;
    await this.#dialect.prepare(signal);
    const filter = spec.filter;
    const places = [{ base: spec.base, scope: spec.scope }];
    if (spec.holdBase !== undefined && !(spec.scope === 'sub' && isWithin(spec.holdBase, spec.base)))
      places.push({ base: spec.holdBase, scope: 'sub' });
    for (const place of places) {
      for await (const page of session.search({ ...place, filter, attributes: [...attributes] }, signal))
        for (const entry of page) {
          const key = this.#keyOf(entry);
          // A change could hit either of them.
          if (keys.has(key)) throw keyTwice(entry.dn, this.#dialect.keyAttribute);
          keys.add(key);
          accounts.push(this.#dialect.account(entry, key, noRights));
          if (!this.#dialect.lockable(entry)) unlockable++;
        }
    }
    await this.#dialect.readRights(accounts, signal);
    const sorted = new Map<readonly string[], readonly string[]>();
    for (const account of accounts) {
      const rights = sorted.get(account.rights) ?? account.rights.toSorted();
      sorted.set(account.rights, rights);
      account.rights = rights;
    }
    const problems = this.#dialect.problems(unlockable);
    // Rights that do not reach, and a filter that fits nothing, are answered with success and nobody.
    if (accounts.length === 0) problems.push(`no entry below ${spec.base} that the login may see fits ${spec.filter}`);
    return { accounts, problems };
  }

  async look({ key }: EntryRef, signal: AbortSignal): Promise<Looked | undefined> {
    const dialect = this.#dialect;
    const attributes = ['*', ...new Set([...dialect.readAttributes, ...dialect.keptAttributes])];
    const entry = await dialect.find(key, attributes, signal);
    if (!entry) return undefined;
    const groups = await dialect.memberships(entry, signal);
    const rights = [...new Set(groups.map(({ group }) => group))].sort();
    const withheld = Object.keys(entry.attributes).filter(
      (name) => entry.attributes[name]!.length > 0 && !noCredential(name) && !isPassword(name),
    );
    const image: LdapImage = {
      dn: entry.dn,
      ...this.#parts(entry),
      groups,
      ...(withheld.length > 0 ? { withheld: withheld.sort() } : {}),
    };
    return { account: dialect.account(entry, key, rights), image: { ...image } };
  }

  change(entry: EntryRef, change: Change, image: Image, signal: AbortSignal): Promise<Changed> {
    return makeChange(this.#dialect, entry, change, image as unknown as LdapImage, signal);
  }

  restore(
    entry: EntryRef,
    image: Image,
    marks: readonly { change: Change; mark: Image | null }[],
    signal: AbortSignal,
  ): Promise<Restored> {
    return restoreEntry(this.#dialect, entry, image as unknown as LdapImage, marks, signal);
  }

  async create(account: NewAccount, signal: AbortSignal): Promise<EntryRef> {
    const { dn, key } = await this.#dialect.create(account, signal);
    return { key, name: dn, login: account.login };
  }

  policy(signal: AbortSignal): Promise<PolicyRow[]> {
    return this.#dialect.policy(signal);
  }

  async close(): Promise<void> {
    this.#dialect.session.close();
  }

  #keyOf(entry: LdapEntry): string {
    const key = this.#dialect.keyOf(entry);
    if (key !== undefined) return key;
    throw new OaopsError('account-key-missing', `${entry.dn} shows no ${this.#dialect.keyAttribute}`, {
      exitCode: 4,
      next: 'Give the account of "bindDn" the right to read it: without it an entry cannot be found again.',
    });
  }

  /** What of an entry is kept before it is changed. */
  #parts(entry: LdapEntry): { attributes: JsonValues; kept: JsonValues } {
    const kept = new Set(this.#dialect.keptAttributes.map((name) => name.toLowerCase()));
    const parts: { attributes: JsonValues; kept: JsonValues } = { attributes: {}, kept: {} };
    for (const [name, values] of Object.entries(entry.attributes)) {
      if (values.length === 0) continue;
      if (kept.has(name.toLowerCase())) parts.kept[name] = values.map(toJson);
      else if (this.#dialect.belongsToImage(name)) parts.attributes[name] = values.map(toJson);
    }
    return parts;
  }
}

function keyTwice(dn: string, keyAttribute: string): OaopsError {
  return new OaopsError('directory-key', `${dn} has the same ${keyAttribute} as another entry`, {
    exitCode: 4,
    next: 'Read it again, in case it was moved meanwhile; else correct the directory.',
  });
}

/** Whether an entry lies in the hold area. */
export function holdTest(holdBase: string | undefined): (dn: string) => boolean {
  if (holdBase === undefined) return () => false;
  const end = `,${dnKey(holdBase)}`;
  return (dn) => dnKey(dn).endsWith(end);
}
