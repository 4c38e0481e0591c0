import { asNotBegun, OaopsError, usageError } from '../../../core/errors.ts';
import { ExitCode } from '../../../core/exit-codes.ts';
import { readSqlText } from '../../../core/sql-text.ts';
import type { Change, Changed, EntryRef } from '../../directory.ts';
import type { SqlStatement, SqlValue } from '../../ports.ts';
import type { StatementSpec } from '../../schema/directories.ts';
import { assertSame, type Seen } from './seen.ts';
import {
  type Attribute,
  attributeParameters,
  differing,
  isAttribute,
  isDone,
  parametersOf,
  type SqlImage,
  type SqlMark,
  statementOf,
} from './state.ts';
import type { Entry, SqlTables } from './tables.ts';

/**
 * One change of one entry; see `OpenDirectory.change`. It is decided by the entry as it was seen last, and kept only when that still stands while the rows are
 * locked: nobody can change it between look and change.
 */
export async function changeEntry(
  tables: SqlTables,
  entry: EntryRef,
  change: Change,
  { image, seen }: { image: SqlImage; seen: Seen },
  signal: AbortSignal,
): Promise<Changed> {
  const statement = statementOf(tables.spec, change.do);
  if (!statement) throw asNotBegun(notDeclared(change.do));
  const before = seen.of(entry.key) ?? (await tables.byKey(entry.key, signal));
  if (!before.account && change.do !== 'delete') throw asNotBegun(gone(entry));
  const left = change.do === 'update' ? unsettable(tables, change.attributes, statement) : [];
  const wanted: Change =
    change.do === 'update' ? { ...change, attributes: settable(tables, change.attributes, statement) } : change;
  if (isDone(wanted, before) === true) {
    assertSame(entry, before, await tables.byKey(entry.key, signal));
    seen.note(entry.key, before);
    const mark = markOf(wanted, { before: image, after: before });
    const notOurs = isDone(wanted, image) === true;
    return changed(entry, before, [], left, notOurs ? { ...mark, notOurs } : mark);
  }
  const statements = statementsFor(entry, wanted, statement, before);
  await carryOut(tables, statements, signal, {
    check: async () => assertSame(entry, before, await tables.byKey(entry.key, signal)),
    lookAgain: async (error) => {
      const now = await tables.byKey(entry.key, signal);
      if (isDone(wanted, now) === true || differing(before.row, now.row).length > 0) return;
      throw error;
    },
  }).catch(async (error: unknown) => {
    // What it was to change is not there any more.
    if (isOtherRows(error)) assertSame(entry, before, await tables.byKey(entry.key, signal));
    throw withRight(error, statements);
  });
  const after = await tables.byKey(entry.key, signal);
  seen.note(entry.key, after);
  const mark = markOf(wanted, { before, after });
  return changed(entry, after, [doneLine(wanted, before, mark)], [...left, ...notHeld(wanted, before, after)], mark);
}

/** A commit that was cut off is looked at: it counts when the row tells that it was made. */
export async function carryOut(
  tables: SqlTables,
  statements: readonly (SqlStatement & { rows: number })[],
  signal: AbortSignal,
  { check, lookAgain }: { check?: () => Promise<void>; lookAgain: (error: unknown) => Promise<void> },
): Promise<void> {
  try {
    await tables.execute(statements, signal, check);
  } catch (error) {
    if (!(error instanceof OaopsError)) throw error;
    if (error.code !== 'statement-unknown') throw error.code === 'statement-not-taken-back' ? error : asNotBegun(error);
    await lookAgain(error);
  }
}

function isOtherRows(error: unknown): error is OaopsError {
  return error instanceof OaopsError && error.code === 'statement-rows';
}

/** A role that is not there is found by its name, and not by the number of a statement. */
function withRight(error: unknown, statements: readonly { parameters: Record<string, SqlValue> }[]): unknown {
  if (!isOtherRows(error)) return error;
  const right = statements[Number(error.details['statement']) - 1]?.parameters['right'];
  if (right === undefined) return error;
  const { code, message, exitCode, details } = error;
  return asNotBegun(
    new OaopsError(code, `the right "${String(right)}": ${message}`, {
      exitCode,
      details: { ...details, right: String(right) },
      next: 'Look whether there is such a right in the system, and at the role matrix.',
      cause: error,
    }),
  );
}

function statementsFor(entry: EntryRef, change: Change, { do: text, rows }: StatementSpec, before: Entry) {
  const parameters = parametersOf(
    { key: entry.key, login: before.account?.login ?? entry.login },
    { row: before.row, account: before.account },
  );
  if (change.do === 'update') {
    for (const [name, value] of Object.entries(change.attributes))
      if (isAttribute(name)) parameters[attributeParameters[name]] = value;
  }
  if (change.do !== 'strip' && change.do !== 'grant') return [{ text, parameters, rows }];
  const rights =
    change.do === 'strip'
      ? before.rights.filter((right) => change.rights?.includes(right) ?? true)
      : [...new Set(change.rights)].filter((right) => !before.rights.includes(right));
  return rights.map((right) => ({ text, parameters: { ...parameters, right }, rows }));
}

function markOf(
  change: Change,
  { before, after }: { before: Pick<Entry, 'row' | 'rights'>; after: Pick<Entry, 'row' | 'rights'> },
): SqlMark {
  const meant = change.do === 'strip' || change.do === 'grant' ? change.rights : [];
  const isMeant = (right: string) => meant?.includes(right) ?? true;
  return {
    row: after.row ?? null,
    touched: differing(before.row, after.row),
    taken: change.do === 'strip' ? before.rights.filter((one) => isMeant(one) && !after.rights.includes(one)) : [],
    given: change.do === 'grant' ? after.rights.filter((one) => isMeant(one) && !before.rights.includes(one)) : [],
  };
}

function changed(entry: EntryRef, after: Entry, done: string[], left: string[], mark: SqlMark): Changed {
  return { done, left, mark: { ...mark }, name: after.account?.name ?? entry.name };
}

function doneLine(change: Change, before: Entry, { taken, given }: SqlMark): string {
  switch (change.do) {
    case 'disable':
      return 'disabled';
    case 'hold':
      return 'moved to the hold area';
    case 'delete':
      return 'deleted';
    case 'strip':
      return `rights taken away: ${taken.join(', ')}`;
    case 'grant':
      return `rights given: ${given.join(', ')}`;
    case 'sessions':
      return 'sessions ended';
    case 'update':
      return Object.entries(change.attributes)
        .map(([name, value]) => `${name}: "${before.account?.[name as Attribute] ?? ''}" -> "${value}"`)
        .join(', ');
  }
}

/** What the statement was to do, and what the queries do not show. */
function notHeld(change: Change, before: Entry, after: Entry): string[] {
  if (isDone(change, after) !== false) return [];
  switch (change.do) {
    case 'disable':
      return ['the statement "disable" was carried out, and the account still counts as enabled'];
    case 'hold':
      return ['the statement "hold" was carried out, and the account does not count as held'];
    case 'delete':
      return ['the statement "delete" was carried out, and the account is still there'];
    case 'strip':
      return before.rights
        .filter((right) => (change.rights?.includes(right) ?? true) && after.rights.includes(right))
        .map((right) => `it still holds the right "${right}"`);
    case 'grant':
      return change.rights
        .filter((right) => !after.rights.includes(right))
        .map((right) => `it does not hold the right "${right}"`);
    default:
      return Object.entries(change.do === 'update' ? change.attributes : {})
        .filter(([name, value]) => (after.account?.[name as Attribute] ?? '') !== value)
        .map(
          ([name]) =>
            `the statement "update" was carried out, and ${name} is "${after.account?.[name as Attribute] ?? ''}"`,
        );
  }
}

function settable(tables: SqlTables, attributes: Record<string, string>, statement: StatementSpec) {
  const { parameters } = readSqlText(statement.do, tables.dialect);
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => isAttribute(name) && parameters.includes(attributeParameters[name])),
  );
}

function unsettable(tables: SqlTables, attributes: Record<string, string>, statement: StatementSpec): string[] {
  const can = settable(tables, attributes, statement);
  return Object.keys(attributes)
    .filter((name) => !(name in can))
    .map((name) => `the statement "update" does not set ${name}`);
}

export function notDeclared(name: string): OaopsError {
  return usageError('statement-missing', `the statement "${name}" is not declared`, {
    next: 'Write it below "statements" of the directory, with its "undo".',
  });
}

export function gone(entry: EntryRef): OaopsError {
  return new OaopsError('account-gone', `the account ${entry.name} is gone`, {
    exitCode: ExitCode.refused,
    next: 'Make a new plan.',
  });
}
