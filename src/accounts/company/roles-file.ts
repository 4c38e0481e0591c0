import { usageError } from '../../core/errors.ts';
import { comparable } from '../matching/comparable.ts';
import type { RoleRow } from './roles.ts';

/** Names of the columns, English and Chinese. */
const columns = {
  department: ['department', 'dept', '部门', '所属部门'],
  post: ['post', 'position', 'title', '岗位', '职位', '职务'],
  directory: ['directory', 'system', '系统', '目录'],
  right: ['right', 'rights', 'permission', '权限'],
} as const;
type Column = keyof typeof columns;

/**
 * Rows of the role matrix from a list with the columns department, post, directory and right; one right a row. An empty department or post
 * stands for all. Empty rows are left out.
 * `directories`: those that there are; another name is an error, because nobody would notice that its rights are never looked at.
 * @throws OaopsError `roles-file-column`, `roles-file-row`, `roles-file-empty` (exit 2), with the place
 */
export function roleRowsOf(
  file: string,
  table: { columns: readonly string[]; rows: readonly { line: number; cells: readonly string[] }[] },
  directories: readonly string[],
): RoleRow[] {
  const at = Object.fromEntries(
    Object.entries(columns).map(([column, names]) => [column, columnOf(file, table.columns, column as Column, names)]),
  ) as Record<Column, number>;
  const rows: RoleRow[] = [];
  for (const { line, cells } of table.rows) {
    const cell = (column: Column) => (cells[at[column]] ?? '').trim();
    if (cells.every((text) => text.trim() === '')) continue;
    const [directory, right] = [cell('directory'), cell('right')];
    const refuse = (message: string, next: string) =>
      usageError('roles-file-row', message, { next, position: { file, line, col: 1 } });
    if (directory === '') throw refuse('the row names no directory', 'Write the id of a directory.');
    if (right === '') throw refuse('the row names no right', 'Write a right, one a row.');
    if (!directories.includes(directory))
      throw refuse(`there is no directory "${directory}"`, `Write one of: ${directories.join(', ')}.`);
    const where = `${file}:${line}`;
    rows.push({
      department: cell('department') || '*',
      post: cell('post') || '*',
      rights: { [directory]: [right] },
      where,
    });
  }
  if (rows.length === 0)
    throw usageError('roles-file-empty', `${file} has no role in it`, {
      next: 'Without any role every right would be one too many; leave "file" out where there are none.',
    });
  return rows;
}

function columnOf(file: string, header: readonly string[], column: Column, names: readonly string[]): number {
  const found = header.flatMap((name, index) => (names.includes(comparable(name, true)) ? [index] : []));
  if (found.length === 1) return found[0]!;
  const problem = found.length === 0 ? `${file} has no column "${column}"` : `${file} has several columns "${column}"`;
  throw usageError('roles-file-column', problem, {
    next: 'Its first line has to name the columns department, post, directory and right.',
    position: { file, line: 1, col: 1 },
  });
}
