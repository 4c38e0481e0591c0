import type { Change, ChangeName, Image } from '../../directory.ts';
import type { Account } from '../../model.ts';
import type { SqlValue } from '../../ports.ts';
import type { DirectorySpecOf, StatementSpec } from '../../schema/directories.ts';
import type { Entry, Row } from './tables.ts';

/** An entry before the first change of a run, as it lies in the record. */
export interface SqlImage {
  row: Row;
  rights: string[];
  account: Account;
}

/** What a change has left. */
export interface SqlMark {
  /** The row after it; null: there was none any more. */
  row: Row | null;
  /** Columns that it changed. */
  touched: string[];
  /** Rights that it took away, or gave. */
  taken: string[];
  given: string[];
  /** It was so before the run: there is nothing to take back. */
  notOurs?: true;
}

export function imageOf({ row = {}, rights, account }: Entry & { account: Account }): SqlImage {
  return { row, rights, account };
}

export function asImage(image: Image): SqlImage {
  return image as unknown as SqlImage;
}

/** Attributes of an account, and the parameters of statements that hold them. */
export const attributeParameters = {
  personName: 'name',
  mail: 'mail',
  employee: 'employee',
  department: 'department',
  post: 'post',
} as const;
export type Attribute = keyof typeof attributeParameters;

export function isAttribute(name: string): name is Attribute {
  return Object.hasOwn(attributeParameters, name);
}

/** Whether a change has been made already; undefined: the database does not tell. */
export function isDone(change: Change, entry: Pick<Entry, 'account' | 'rights'>): boolean | undefined {
  const { account, rights } = entry;
  if (change.do === 'delete') return account === undefined;
  if (!account) return undefined;
  switch (change.do) {
    case 'disable':
      return account.state === 'unknown' ? undefined : account.state === 'disabled';
    case 'hold':
      return account.held;
    case 'strip':
      return (change.rights ?? rights).every((right) => !rights.includes(right));
    case 'grant':
      return change.rights.every((right) => rights.includes(right));
    case 'update':
      return Object.entries(change.attributes).every(
        ([name, value]) => isAttribute(name) && (account[name] ?? '') === value,
      );
    case 'sessions':
      return undefined;
  }
}

/** Columns in which two rows differ. */
export function differing(before: Row | undefined, after: Row | undefined): string[] {
  if (!before || !after) return [];
  return Object.keys(before).filter((column) => column in after && before[column] !== after[column]);
}

export function statementOf(spec: DirectorySpecOf<'sql'>, name: ChangeName): StatementSpec | undefined {
  const declared = spec.statements[name];
  if (declared || name !== 'delete') return declared;
  // What takes back the making of an account removes it.
  const { create } = spec.statements;
  return create?.undo === undefined ? undefined : { do: create.undo, rows: create.rows };
}

/** Values of the parameters of a statement: `row` gives `:old_<column>`. */
export function parametersOf(
  entry: { key: string; login: string },
  { row, account }: { row: Row | undefined; account: Account | undefined },
): Record<string, SqlValue> {
  const old = Object.entries(row ?? {}).map(([column, value]) => [`old_${column}`, value] as const);
  const attributes = Object.entries(attributeParameters).map(
    ([name, parameter]) => [parameter, account?.[name as Attribute] ?? null] as const,
  );
  return { ...Object.fromEntries([...old, ...attributes]), key: entry.key, login: entry.login };
}
