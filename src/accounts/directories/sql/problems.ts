import { messageOf, OaopsError } from '../../../core/errors.ts';
import { nearest } from '../../../core/nearest.ts';
import { dialectOf, readSqlText, type SqlDialect, type SqlText } from '../../../core/sql-text.ts';
import type { CompanyProblem } from '../../company/company.ts';
import type { DirectorySpecOf, StatementSpec } from '../../schema/directories.ts';
import { columnsAsWritten } from './look-columns.ts';
import { attributeParameters } from './state.ts';
import { isSecretColumn } from './tables.ts';

type Spec = DirectorySpecOf<'sql'>;
type Path = (string | number)[];

const attributes: readonly string[] = Object.values(attributeParameters);
const ofCreate = ['login', 'password', ...attributes, 'expires_at'];

/**
 * What is wrong with the queries and statements of a SQL directory as they are written; paths start at the directory (`statements`, `disable`, `undo`).
 * Columns are not known here: those are looked at when the directory is read.
 */
export function sqlDirectoryProblems(spec: Spec): CompanyProblem[] {
  const dialect = dialectOf(spec.url);
  // The address is refused by what opens it.
  if (dialect === undefined) return [];
  const problems: CompanyProblem[] = [];
  for (const name of ['accounts', 'rights', 'policy'] as const) {
    const text = spec[name];
    if (text === undefined) continue;
    const read = readOne(text, dialect, [name], problems);
    if (!read) continue;
    checkNames(read, [], [name], problems);
    if (!read.isCut || name === 'policy') continue;
    problems.push({
      path: [name],
      message: `"${name}" is cut off by LIMIT or FETCH: a part would look like the whole`,
      next: 'Leave it out, or write it inside of a subquery.',
    });
  }
  checkLook(spec, dialect, problems);
  for (const [name, statement] of Object.entries(spec.statements) as [keyof Spec['statements'], StatementSpec][])
    checkStatement(spec, name, statement, dialect, problems);
  return problems;
}

/** What is wrong with a query that reads, such as that of a source; without parameters. */
export function queryProblems(text: string, url: string, path: Path): CompanyProblem[] {
  const dialect = dialectOf(url);
  if (dialect === undefined || text.includes('${{')) return [];
  const problems: CompanyProblem[] = [];
  const read = readOne(text, dialect, path, problems);
  if (read) checkNames(read, [], path, problems);
  return problems.map((problem) => ({ ...problem, rule: 'account-statement' as const }));
}

function checkLook({ look, statements }: Spec, dialect: SqlDialect, problems: CompanyProblem[]): void {
  const changes = Object.keys(statements).find((name) => name !== 'create');
  if (look === undefined) {
    if (changes === undefined) return;
    problems.push({
      path: ['statements', changes],
      message: `"${changes}" needs "look": nothing else says what undo has to put back`,
      next: 'Write "look": a query that reads the row of one account by :key.',
    });
    return;
  }
  const read = readOne(look, dialect, ['look'], problems);
  if (!read) return;
  checkNames(read, ['key'], ['look'], problems);
  if (!read.parameters.includes('key')) {
    problems.push({
      path: ['look'],
      message: '"look" does not ask for one account',
      next: 'Write a condition with :key.',
    });
  }
}

function checkStatement(
  spec: Spec,
  name: keyof Spec['statements'],
  statement: StatementSpec,
  dialect: SqlDialect,
  problems: CompanyProblem[],
): void {
  const isOfRights = name === 'strip' || name === 'grant';
  if (statement.undo === undefined && name !== 'create' && name !== 'sessions') {
    problems.push({
      path: ['statements', name],
      message: `"${name}" has no "undo": such a change is never planned`,
      next: 'Write the statement that takes it back, or leave it out.',
    });
  }
  if (isOfRights && spec.rights === undefined) {
    problems.push({
      path: ['statements', name],
      message: `"${name}" needs "rights": nothing else says which rights an account holds`,
      next: 'Write "rights": a query with the columns key and right.',
    });
  }
  for (const part of ['do', 'undo'] as const) {
    const text = statement[part];
    if (text === undefined) continue;
    const path = ['statements', name, part];
    const read = readOne(text, dialect, path, problems);
    if (!read) continue;
    const creates = name === 'create' && part === 'do';
    const known = creates ? ofCreate : ['key', 'login', ...attributes, ...(isOfRights ? ['right'] : [])];
    const reads = creates || spec.look === undefined ? undefined : spec.look;
    checkNames(read, known, path, problems, reads);
    // What is inserted has no condition.
    const adds = read.verb === 'INSERT' || read.verb === 'REPLACE';
    const needed = creates ? [['login']] : [...(adds ? [] : [['key', 'login']]), ...(isOfRights ? [['right']] : [])];
    for (const names of needed) {
      if (names.some((one) => read.parameters.includes(one))) continue;
      const listed = names.map((one) => `:${one}`).join(' or ');
      problems.push({
        path,
        message: `the statement names no ${listed}: it would mean other rows as well`,
        next: `Write a condition with ${listed}.`,
      });
    }
  }
}

function checkNames(
  { parameters }: SqlText,
  known: readonly string[],
  path: Path,
  problems: CompanyProblem[],
  look?: string,
): void {
  const old = look !== undefined;
  const columns = old ? columnsAsWritten(look) : undefined;
  for (const name of parameters) {
    if (known.includes(name)) continue;
    if (old && name.startsWith('old_')) {
      if (isSecretColumn(name.slice(4))) {
        problems.push({
          path,
          message: `":${name}" may hold a password, and is never read`,
          next: 'Leave it out; a column that holds none can have another name in "look".',
        });
      } else if (columns) problems.push(...missingColumn(name, columns, path));
      continue;
    }
    const close = nearest(name, known);
    problems.push({
      path,
      message: `the parameter ":${name}" is not known here`,
      next:
        close === undefined
          ? `Known parameters: ${[...known.map((one) => `:${one}`), ...(old ? [':old_<column of "look">'] : [])].join(', ')}.`
          : `Did you mean ":${close}"?`,
    });
  }
}

/** What the text of "look" says already; the rest is found when the directory is read. */
function missingColumn(parameter: string, columns: readonly string[], path: Path): CompanyProblem[] {
  const column = parameter.slice('old_'.length);
  if (columns.some((one) => one.toLowerCase() === column.toLowerCase())) return [];
  const close = nearest(column, columns);
  return [
    {
      path,
      message: `":${parameter}" is no column of "look"`,
      next: close === undefined ? `Known columns: ${columns.join(', ')}.` : `Did you mean ":old_${close}"?`,
    },
  ];
}

function readOne(text: string, dialect: SqlDialect, path: Path, problems: CompanyProblem[]): SqlText | undefined {
  const isQuery = path[0] !== 'statements';
  try {
    const read = readSqlText(text, dialect);
    const verbs = isQuery
      ? ['SELECT', 'WITH', 'VALUES', 'TABLE']
      : ['INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'MERGE', 'WITH'];
    if (verbs.includes(read.verb)) return read;
    problems.push({
      path,
      message: `a statement that begins with ${read.verb} is not carried out`,
      next: `Write one that begins with ${verbs.join(', ')}.`,
    });
  } catch (error) {
    problems.push({ path, message: messageOf(error), next: (error instanceof OaopsError && error.next) || '' });
  }
  return undefined;
}
