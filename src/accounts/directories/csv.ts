import { isAbsolute, resolve } from 'node:path';
import { isoTime } from '../../core/clock.ts';
import { csvRecords, decodeCsv, requireWidth } from '../../core/csv.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { formatDuration } from '../../core/units.ts';
import type { OpenDirectory } from '../directory.ts';
import type { Account, DirectoryRead } from '../model.ts';
import { saysNothing } from '../nothing.ts';
import type { AccountDoors } from '../ports.ts';
import type { DirectorySpecOf } from '../schema/directories.ts';
import { textOf } from '../sources/cells.ts';
import { AccountTable, accountColumns, requireColumns } from './tables/accounts.ts';

const largestBytes = 256 * 1024 * 1024;

/**
 * A list of the accounts of some system. It can only be read.
 * @throws OaopsError `directory-too-old`, `directory-key` (exit 4), `directory-columns`, `csv-encoding`, `csv-invalid`, `file-unreadable` (exit 2)
 */
export async function openCsv(spec: DirectorySpecOf<'csv'>, doors: AccountDoors): Promise<OpenDirectory> {
  const read = () => readList(spec, doors);
  const first = await read();
  return {
    can: new Set(),
    // It was read just now.
    read: async () => first,
    async look({ key }) {
      const account = (await read()).accounts.find((one) => one.key === key);
      return account && { account, image: {} };
    },
    change: async () => readOnly(spec.id),
    restore: async () => readOnly(spec.id),
    create: async () => readOnly(spec.id),
    policy: async () => [],
    close: async () => {},
  };
}

async function readList(spec: DirectorySpecOf<'csv'>, doors: AccountDoors): Promise<DirectoryRead> {
  const file = isAbsolute(spec.file) ? spec.file : resolve(doors.baseDir, spec.file);
  const { bytes, modifiedMs } = await doors.readFile(file, largestBytes);
  const ageMs = doors.nowMs() - modifiedMs;
  if (spec.maxAge !== undefined && ageMs > spec.maxAge) {
    throw new OaopsError(
      'directory-too-old',
      `the list ${file} is from ${isoTime(modifiedMs)}, and may not be older than ${formatDuration(spec.maxAge)}`,
      { exitCode: ExitCode.refused, next: 'Export the accounts again.' },
    );
  }
  const records = csvRecords(file, decodeCsv(file, bytes, spec.encoding), spec.separator)[Symbol.iterator]();
  const header = records.next();
  if (header.done) throw headerError(file, 'the list is empty', 'The first line names the columns.');
  const names = header.value.cells.map((name) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw headerError(file, `the column "${twice}" is named twice`, 'Name each column differently.');
  const at = columnsOf(spec, names, file);
  const table = new AccountTable(spec, {
    columns: [...at.keys()],
    what: `the list ${file}`,
    timeZone: doors.timeZone,
    where: (line) => `${file}:${line}`,
  });
  const accounts: Account[] = [];
  for (let next = records.next(); !next.done; next = records.next()) {
    const { line, cells } = next.value;
    requireWidth(file, next.value, names.length, spec.separator);
    const cell = (column: string) => {
      const index = at.get(column);
      return index === undefined ? undefined : textOf(cells[index] ?? '');
    };
    const account = table.account(cell, rightsIn(cell('rights'), spec.rightSeparator), line);
    if (account) accounts.push(account);
  }
  if (accounts.length === 0) {
    throw new OaopsError('directory-empty', `the list ${file} names no account`, {
      exitCode: ExitCode.refused,
      next: 'Export the accounts again.',
    });
  }
  return { accounts, problems: table.problems };
}

/** Where each column stands: by its name in `fields`, else by its own. */
function columnsOf(spec: DirectorySpecOf<'csv'>, names: readonly string[], file: string): Map<string, number> {
  const known: readonly string[] = [...accountColumns, 'rights'];
  for (const [column, name] of Object.entries(spec.fields)) {
    requireColumns(names, [name], `the list ${file}`);
    if (known.includes(column)) continue;
    throw usageError('directory-columns', `"fields" names "${column}", which is no column of accounts`, {
      next: `Write one of: ${known.join(', ')}.`,
    });
  }
  return new Map(
    known.flatMap((column) => {
      const index = names.indexOf(spec.fields[column] ?? column);
      return index === -1 ? [] : [[column, index] as const];
    }),
  );
}

function rightsIn(cell: string | undefined, separator: string): string[] {
  const rights = (cell ?? '').split(separator).map((right) => right.trim());
  return [...new Set(rights.filter((right) => right !== '' && !saysNothing(right)))].sort();
}

function headerError(file: string, message: string, next: string): OaopsError {
  return usageError('csv-invalid', message, { next, position: { file, line: 1, col: 1 } });
}

function readOnly(id: string): never {
  throw usageError('directory-read-only', `the directory "${id}" is a list, and can only be read`, {
    next: 'Change the accounts in their own system.',
  });
}
