import { OaopsError, usageError } from '../../../core/errors.ts';
import { ExitCode } from '../../../core/exit-codes.ts';
import { mailsIn } from '../../mails.ts';
import type { Account, AccountUse, LastUse } from '../../model.ts';
import { saidOf } from '../../nothing.ts';
import { AccountRow } from '../account-row.ts';
import { textOf, timeOf, truthOf, wrong } from './cells.ts';

/** Columns of a table of accounts; others are left out. */
export const accountColumns = [
  'key',
  'login',
  'employee',
  'mail',
  'person_name',
  'department',
  'post',
  'use',
  'enabled',
  'held',
  'created_at',
  'last_used_at',
  'password_changed_at',
  'password_never_expires',
  'expires_at',
  'second_factor',
  'privileged',
  'owner',
] as const;
export type AccountColumn = (typeof accountColumns)[number];

/** A row: what stands in a column, and undefined where the table has none of that name. */
export type Cells = (column: AccountColumn) => unknown;

const uses: readonly string[] = ['person', 'service', 'shared', 'default'] satisfies AccountUse[];
/** So many wrong cells of a column are told one by one. */
const toldOfColumn = 20;

/**
 * Makes accounts of rows. A wrong cell is told with its place and counts as not known; a row without a login is told and left out.
 * @throws OaopsError `directory-columns` (exit 2), `directory-key` (exit 4)
 */
export class AccountTable {
  readonly #directory: string;
  readonly #columns: ReadonlySet<string>;
  readonly #timeZone: string;
  readonly #neverUsed: boolean;
  readonly #rows = new Map<string, number>();
  readonly #where: (row: number) => string;
  readonly #texts = new Map<string, string>();
  readonly #wrong = new Map<string, { told: string[]; more: number }>();

  constructor(
    spec: { id: string; neverUsed: boolean },
    table: { columns: readonly string[]; what: string; timeZone: string; where: (row: number) => string },
  ) {
    this.#directory = spec.id;
    this.#neverUsed = spec.neverUsed;
    this.#columns = new Set(table.columns);
    this.#timeZone = table.timeZone;
    this.#where = table.where;
    requireColumns(table.columns, ['key', 'login'], table.what);
  }

  /** `rights`: sorted, each once. `row`: its number, as `where` takes it. */
  account(cells: Cells, rights: readonly string[], row: number): Account | undefined {
    const key = textOf(cells('key'));
    if (key === undefined) throw keyError(`${this.#where(row)} has no key`);
    const other = this.#rows.get(key);
    if (other !== undefined)
      throw keyError(`two rows have the key "${key}": ${this.#where(other)} and ${this.#where(row)}`);
    this.#rows.set(key, row);
    const login = textOf(cells('login'));
    if (login === undefined) {
      this.#tell('login', `${this.#where(row)} has no login, and is left out`);
      return undefined;
    }
    const truth = (column: AccountColumn) =>
      this.#checked(truthOf(cells(column)), column, cells, row, 'is neither yes nor no');
    const time = (column: AccountColumn, endOfDay = false) =>
      this.#checked(timeOf(cells(column), this.#timeZone, endOfDay), column, cells, row, 'is no time');
    const enabled = truth('enabled');
    const mail = saidOf(textOf(cells('mail')));
    const [firstMail, ...otherMails] = mail === undefined ? [] : mailsIn(mail);
    const optional: Partial<Account> = {
      employee: saidOf(textOf(cells('employee'))),
      mail: firstMail,
      also: otherMails.length > 0 ? { mail: otherMails } : undefined,
      personName: saidOf(textOf(cells('person_name'))),
      department: this.#shared(saidOf(textOf(cells('department')))),
      post: this.#shared(saidOf(textOf(cells('post')))),
      createdAt: time('created_at'),
      passwordChangedAt: time('password_changed_at'),
      passwordNeverExpires: truth('password_never_expires'),
      expiresAt: time('expires_at', true),
      secondFactor: truth('second_factor'),
      owner: saidOf(textOf(cells('owner'))),
    } as Partial<Account>;
    const account: Account = new AccountRow({
      directory: this.#directory,
      key,
      name: login,
      login,
      use: this.#use(cells, row),
      state: enabled === undefined ? 'unknown' : enabled ? 'enabled' : 'disabled',
      held: truth('held') ?? false,
      lastUse: this.#lastUse(time('last_used_at', true), cells),
      privileged: privilegedOf(cells('privileged')),
      rights: rights.map((right) => this.#shared(right)!),
    });
    for (const [name, value] of Object.entries(optional))
      if (value !== undefined) (account as unknown as Record<string, unknown>)[name] = value;
    return account;
  }

  /** Cells that were wrong, one line each; of many of one column the first. */
  get problems(): string[] {
    return [...this.#wrong].flatMap(([column, { told, more }]) =>
      more === 0 ? told : [...told, `${more} more rows are like that in the column "${column}"`],
    );
  }

  #lastUse(at: number | undefined, cells: Cells): LastUse {
    if (at !== undefined) return { at, from: 'last_used_at' };
    if (!this.#columns.has('last_used_at')) return noColumn;
    if (textOf(cells('last_used_at')) !== undefined && timeOf(cells('last_used_at'), this.#timeZone, true) === wrong)
      return noTime;
    return this.#neverUsed ? never : emptyCell;
  }

  #use(cells: Cells, row: number): AccountUse {
    const use = textOf(cells('use'));
    if (use === undefined) return 'person';
    if (uses.includes(use)) return use as AccountUse;
    this.#tell('use', `${this.#where(row)}: "use" holds "${shown(use)}", which is none of ${uses.join(', ')}`);
    return 'person';
  }

  #checked<T>(value: T | typeof wrong, column: string, cells: Cells, row: number, why: string): T | undefined {
    if (value !== wrong) return value as T;
    this.#tell(
      column,
      `${this.#where(row)}: "${column}" holds "${shown(cells(column as AccountColumn))}", which ${why}`,
    );
    return undefined;
  }

  #tell(column: string, line: string): void {
    const wrongOnes = this.#wrong.get(column) ?? { told: [], more: 0 };
    if (wrongOnes.told.length < toldOfColumn) wrongOnes.told.push(line);
    else wrongOnes.more++;
    this.#wrong.set(column, wrongOnes);
  }

  /** One text for all rows that hold the same. */
  #shared(value: unknown): string | undefined {
    const text = textOf(value);
    if (text === undefined) return undefined;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}

const never: LastUse = { never: true, from: 'last_used_at' };
const noColumn: LastUse = { unknown: 'the table has no column "last_used_at"' };
const noTime: LastUse = { unknown: 'what "last_used_at" holds is no time' };
const emptyCell: LastUse = { unknown: '"last_used_at" is empty' };

/** @throws OaopsError `directory-columns` (exit 2) */
export function requireColumns(columns: readonly string[], needed: readonly string[], what: string): void {
  const missing = needed.find((name) => !columns.includes(name));
  if (missing === undefined) return;
  throw usageError('directory-columns', `${what} has no column "${missing}"`, {
    next: `Known columns: ${columns.slice(0, 30).join(', ')}.`,
  });
}

export function keyError(message: string): OaopsError {
  return new OaopsError('directory-key', message, {
    exitCode: ExitCode.refused,
    next: 'Choose a key that every account has and no two share, such as the primary key.',
  });
}

/** Truth values say that it is; any other text says why. */
function privilegedOf(value: unknown): string[] {
  const truth = truthOf(value);
  if (truth === wrong) return [saidOf(textOf(value))].filter((power) => power !== undefined);
  return truth === true ? ['privileged'] : [];
}

function shown(value: unknown): string {
  const text = (textOf(value) ?? '').replace(/\p{Cc}/gu, ' ');
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
