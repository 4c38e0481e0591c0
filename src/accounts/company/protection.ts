import { comparable } from '../matching/comparable.ts';
import { type Account, type AccountUse, everyOne, type FindingType } from '../model.ts';
import type { Company } from '../schema/spec.ts';
import { NameList } from './names.ts';

/** Accounts that a system cannot be without, by login. */
const builtIn = new Set(['root', 'administrator', 'krbtgt', 'guest', 'defaultaccount', 'wdagutilityaccount']);

/** Who has asked for the change: whoever locks out themselves cannot take it back. */
export interface Requester {
  /** Logins, mail addresses and the employee number of the requester, as far as they are known. */
  names: readonly string[];
}

/** What is asked about. */
export interface ProtectedQuestion {
  account: Account;
  use: AccountUse;
  /** Employee number of its person. */
  person?: string;
  /** Why it is to be changed. Empty: somebody has asked for this account by name. */
  findings: readonly FindingType[];
}

type Rule = Company['protected'][number];

/** What is never touched. It is asked last of all when a plan is made, and stands over everything that was found or signed. */
export class Protection {
  readonly #accounts: NameList<Rule>;
  readonly #groups: NameList<Rule>;
  readonly #requester: ReadonlySet<string>;

  constructor(rules: Company['protected'], requester: Requester) {
    const having = (key: 'account' | 'group') =>
      new NameList(rules.flatMap((rule) => (rule[key] === undefined ? [] : [[rule[key], rule] as const])));
    this.#accounts = having('account');
    this.#groups = having('group');
    this.#requester = new Set(requester.names.map((name) => comparable(name, true)).filter((name) => name !== ''));
  }

  /** Why an account is left as it is, for people; undefined: it may be changed. */
  reason({ account, use, person, findings }: ProtectedQuestion): string | undefined {
    const { name, directory, untouchable } = account;
    const logins = everyOne(account, 'login');
    if (untouchable !== undefined) return untouchable;
    if (logins.some((login) => builtIn.has(comparable(login, true)))) return 'the system cannot be without it';
    if (this.#isRequester(account, person)) return 'it is the account of whoever has asked for the change';
    const listed =
      this.#accounts.all(...logins, name).find((rule) => isFor(rule, directory)) ??
      this.#groups.all(...account.rights, ...account.privileged).find((rule) => isFor(rule, directory));
    if (listed) return `protected: ${listed.reason}`;
    if (use === 'service') return 'a program uses it';
    if (use === 'shared') return 'several people use it';
    // Whoever writes a rule for accounts that systems come with means them; nothing else does.
    if (use === 'default' && !findings.includes('default-account')) return 'a system came with it';
    return undefined;
  }

  #isRequester(account: Account, person: string | undefined): boolean {
    if (this.#requester.size === 0) return false;
    const names = (['login', 'mail', 'employee'] as const).flatMap((field) => everyOne(account, field));
    return [...names, person].some((name) => name !== undefined && this.#requester.has(comparable(name, true)));
  }
}

function isFor(rule: Rule, directory: string): boolean {
  return rule.directory === undefined || rule.directory === directory;
}
