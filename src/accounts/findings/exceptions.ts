import { NameList } from '../company/names.ts';
import { rightKey } from '../company/roles.ts';
import { type Account, everyOne, type Finding } from '../model.ts';
import type { Policies } from '../schema/rules.ts';

export type Exception = Policies['exceptions'][number];

/** What is known and accepted until a date. */
export class Exceptions {
  readonly #byType = new Map<string, NameList<Exception>>();
  readonly #used = new Map<Exception, number>();
  readonly expired: readonly Exception[];

  /** `today`: the last day of an exception still counts. */
  constructor(exceptions: readonly Exception[], today: string) {
    this.expired = exceptions.filter(({ until }) => until < today);
    const valid = exceptions.filter(({ until }) => until >= today);
    for (const [type, own] of Map.groupBy(valid, ({ finding }) => finding))
      this.#byType.set(type, new NameList(own.map((one) => [one.account, one] as const)));
  }

  /** Exceptions that accepted something, and how often. */
  get used(): { exception: Exception; findings: number }[] {
    return [...this.#used].map(([exception, findings]) => ({ exception, findings }));
  }

  /** What is left of a finding; undefined: all of it is accepted. */
  left(finding: Finding, account: Account): Finding | undefined {
    const list = this.#byType.get(finding.type);
    if (!list) return finding;
    let rights = finding.rights;
    for (const exception of list.all(...everyOne(account, 'login'), account.name)) {
      if (exception.directory !== undefined && exception.directory !== account.directory) continue;
      if (exception.right === undefined) {
        this.#use(exception);
        return undefined;
      }
      const key = rightKey(exception.right);
      const others = rights?.filter((right) => rightKey(right) !== key);
      if (!rights || others?.length === rights.length) continue;
      this.#use(exception);
      rights = others!;
      if (rights.length === 0) return undefined;
    }
    return rights === finding.rights ? finding : { ...finding, rights: rights! };
  }

  #use(exception: Exception): void {
    this.#used.set(exception, (this.#used.get(exception) ?? 0) + 1);
  }
}
