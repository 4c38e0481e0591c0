import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { withAbsoluteFile } from '../../core/sql-url.ts';
import type { ChangeName, NewAccount, OpenDirectory } from '../directory.ts';
import type { PolicyRow } from '../model.ts';
import type { AccountDoors, SqlValue } from '../ports.ts';
import type { DirectorySpecOf } from '../schema/directories.ts';
import { carryOut, changeEntry, notDeclared } from './sql/change.ts';
import { restoreEntry } from './sql/restore.ts';
import { Seen } from './sql/seen.ts';
import { asImage, attributeParameters, imageOf, isAttribute, type SqlMark } from './sql/state.ts';
import { SqlTables } from './sql/tables.ts';
import { requireColumns } from './tables/accounts.ts';
import { textOf } from './tables/cells.ts';

const units = ['characters', 'classes', 'days', 'seconds', 'passwords', 'attempts'] as const;

/**
 * The table of users of a system, read by queries and changed by statements that are declared together with their undo, on two connections that are kept.
 * @throws OaopsError as the door does; `directory-columns`, `directory-look` (exit 2), `directory-key`, `account-gone`, `account-exists` (exit 4)
 */
export async function openSql(spec: DirectorySpecOf<'sql'>, doors: AccountDoors): Promise<OpenDirectory> {
  const password = spec.password === undefined ? undefined : await doors.secret(spec.password);
  const session = (await doors.sql()).open({
    url: withAbsoluteFile(spec.url, doors.baseDir),
    timeoutMs: spec.timeout,
    ...(password !== undefined && { password }),
  });
  const tables = new SqlTables(spec, session, doors.timeZone);
  /** The account that was looked at or changed last. */
  const seen = new Seen();
  return {
    can: abilitiesOf(spec),
    read: (signal) => tables.read(signal),
    async look({ key }, signal) {
      const entry = await tables.byKey(key, signal);
      seen.note(key, entry);
      const { account } = entry;
      return account && { account, image: { ...imageOf({ ...entry, account }) } };
    },
    change: (entry, change, image, signal) =>
      changeEntry(tables, entry, change, { image: asImage(image), seen }, signal),
    restore(entry, image, marks, signal) {
      seen.forget();
      return restoreEntry(
        tables,
        entry,
        asImage(image),
        marks.map(({ change, mark }) => ({ change, mark: mark as unknown as SqlMark | null })),
        signal,
      );
    },
    create: (account, signal) => createAccount(tables, account, signal),
    policy: (signal) => policyOf(tables, signal),
    close: async () => session.close(),
  };
}

/** What can be done, and taken back. Sessions that were ended do not come back. */
function abilitiesOf(spec: DirectorySpecOf<'sql'>): ReadonlySet<ChangeName | 'create'> {
  const { create, ...statements } = spec.statements;
  const can = new Set<ChangeName | 'create'>(create ? ['create'] : []);
  if (spec.look === undefined) return can;
  for (const [name, { undo }] of Object.entries(statements) as [ChangeName, { undo?: string }][]) {
    if (undo === undefined && name !== 'sessions') continue;
    if ((name === 'strip' || name === 'grant') && spec.rights === undefined) continue;
    can.add(name);
  }
  return can;
}

async function createAccount(tables: SqlTables, account: NewAccount, signal: AbortSignal) {
  const { create } = tables.spec.statements;
  if (!create) throw notDeclared('create');
  const found = () => tables.byLogin(account.login, signal);
  if (await found()) throw exists(account.login);
  const parameters: Record<string, SqlValue> = {
    ...Object.fromEntries(Object.values(attributeParameters).map((name) => [name, null])),
    ...Object.fromEntries(
      Object.entries(account.attributes).map(([name, value]) => [
        isAttribute(name) ? attributeParameters[name] : name,
        value,
      ]),
    ),
    expires_at:
      account.expiresAt === undefined ? null : new Date(account.expiresAt).toISOString().slice(0, 19).replace('T', ' '),
    login: account.login,
    password: account.password,
  };
  try {
    await carryOut(tables, [{ text: create.do, parameters, rows: create.rows }], signal, {
      lookAgain: async (error) => {
        if (!(await found())) throw error;
      },
    });
  } catch (error) {
    // Somebody was faster.
    if (error instanceof OaopsError && error.code === 'statement-failed' && (await found()))
      throw exists(account.login);
    throw error;
  }
  const made = await found();
  if (made) return { key: made.key, name: made.name, login: made.login };
  throw usageError(
    'account-not-seen',
    `the account ${account.login} was made, and the query "accounts" does not give it`,
    {
      next: 'Look at the row, and at the condition of the query.',
    },
  );
}

async function policyOf(tables: SqlTables, signal: AbortSignal): Promise<PolicyRow[]> {
  const rows = await tables.policyRows(signal);
  if (rows[0]) requireColumns(Object.keys(rows[0]), ['rule', 'value'], 'the query "policy"');
  const { id } = tables.spec;
  return rows.map((row, index): PolicyRow => {
    const rule = textOf(row['rule']);
    if (rule === undefined) throw policyError(`row ${index + 1} of the query "policy" of ${id} has no rule`);
    const unit = textOf(row['unit']);
    const known = units.find((one) => one === unit);
    if (unit !== undefined && known === undefined)
      throw policyError(`row ${index + 1} of the query "policy" of ${id}: "${unit}" is none of ${units.join(', ')}`);
    const exceptions = (textOf(row['exceptions']) ?? '').split(/[;\n]/).map((one) => one.trim());
    const told = exceptions.filter((one) => one !== '');
    return {
      directory: id,
      scope: textOf(row['scope']) ?? id,
      rule,
      value: policyValue(row['value']),
      from: 'the query "policy"',
      ...(known !== undefined && { unit: known }),
      ...(told.length > 0 && { exceptions: told }),
    };
  });
}

function policyValue(value: unknown): PolicyRow['value'] {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const text = textOf(value);
  if (text === undefined) return null;
  if (/^-?\d{1,15}(\.\d{1,9})?$/.test(text)) return Number(text);
  return /^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : text;
}

function policyError(message: string): OaopsError {
  return usageError('directory-columns', message, { next: 'Correct the query "policy".' });
}

function exists(login: string): OaopsError {
  return new OaopsError('account-exists', `there is an account ${login} already`, {
    exitCode: ExitCode.refused,
    next: 'Choose another login.',
  });
}
