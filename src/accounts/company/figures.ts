import { dnKey, isWithin, rdnsOf } from '../../core/dn.ts';
import { dialectOf } from '../../core/sql-text.ts';
import { queryProblems } from '../directories/sql/problems.ts';
import type { DirectorySpec } from '../schema/directories.ts';
import type { SourceSpec } from '../schema/sources.ts';
import type { CompanyProblem, PartialCompany } from './company.ts';

type Path = (string | number)[];

/**
 * Figures and places that can be read, and with which nothing would ever be done, or something would be done to everybody. Found where they are
 * written: until a run meets them, they look like a cleanup that works.
 */
export function figureProblems(company: PartialCompany): CompanyProblem[] {
  const problems: CompanyProblem[] = [];
  for (const [index, source] of (company.sources ?? []).entries())
    problems.push(...below(['sources', index], sourceProblems(source)));
  for (const [index, directory] of (company.directories ?? []).entries())
    problems.push(...below(['directories', index], directoryProblems(directory)));
  for (const key of ['dormantAfter', 'neverUsedAfter', 'passwordMaxAge'] as const)
    if (company.policies?.[key] === 0)
      problems.push({
        rule: 'account-figure',
        path: ['policies', key],
        message: `"${key}" of no time finds every account`,
        next: 'Write a duration such as 90d.',
      });
  for (const [index, way] of (company.matching?.by ?? []).entries())
    if (company.matching!.by.indexOf(way) !== index)
      problems.push({
        rule: 'account-figure',
        path: ['matching', 'by', index],
        message: `"by" names "${way}" twice`,
        next: 'Write each way once, the surest first.',
      });
  for (const [index, { account, group, directory }] of (company.protected ?? []).entries())
    if (account !== undefined && /^\*+$/.test(account) && group === undefined && directory === undefined)
      problems.push({
        rule: 'account-figure',
        severity: 'warning',
        path: ['protected', index, 'account'],
        message: `"${account}" protects every account: nothing would ever be changed`,
        next: 'Name the accounts that are meant, or a "directory".',
      });
  const { share, refuse } = company.caps ?? {};
  if (refuse === '0%')
    problems.push({
      rule: 'account-figure',
      severity: 'warning',
      path: ['caps', 'refuse'],
      message: '"refuse" of 0% refuses every change',
      next: 'Write a share such as 50%.',
    });
  else if (share !== undefined && refuse !== undefined && Number.parseInt(refuse, 10) < Number.parseInt(share, 10))
    problems.push({
      rule: 'account-figure',
      severity: 'warning',
      path: ['caps', 'refuse'],
      message: `"refuse" (${refuse}) is below "share" (${share}): a second person is never asked for a share`,
      next: 'Write a "share" that is smaller than "refuse".',
    });
  return problems;
}

function sourceProblems(source: SourceSpec): CompanyProblem[] {
  const problems: CompanyProblem[] = [];
  const plain = (value: string) => value.normalize('NFKC').trim().toLowerCase();
  const active = new Set(source.active.map(plain));
  for (const [index, value] of source.left.entries())
    if (active.has(plain(value)))
      problems.push({
        path: ['left', index],
        rule: 'account-figure',
        message: `the status "${value}" of the source "${source.id}" is in "active" and in "left"`,
        next: 'Take it out of one of them.',
      });
  for (const key of ['left', 'active'] as const)
    if (source[key].length === 0)
      problems.push({
        rule: 'account-figure',
        severity: 'warning',
        path: [key],
        message: `no status of the source "${source.id}" would mean "${key}"`,
        next: `Leave "${key}" out for the usual words, or write those that the source has.`,
      });
  if ('maxAge' in source) problems.push(...ageProblems(source.maxAge));
  if (source.type === 'ldap') problems.push(...ldapProblems(source));
  if (source.type === 'sql') {
    problems.push(...sqlAddressProblems(source.url));
    problems.push(...queryProblems(source.query, source.url, ['query']));
  }
  return problems;
}

function directoryProblems(directory: DirectorySpec): CompanyProblem[] {
  switch (directory.type) {
    case 'csv':
      return ageProblems(directory.maxAge);
    case 'sql':
      return sqlAddressProblems(directory.url);
    case 'linux':
      return directory.minUid <= directory.maxUid
        ? []
        : [
            {
              rule: 'account-figure',
              path: ['maxUid'],
              message: `"maxUid" (${directory.maxUid}) is below "minUid" (${directory.minUid}): no account is between them`,
              next: 'Write a "maxUid" that is larger.',
            },
          ];
    default:
      return [...ldapProblems(directory), ...placeProblems(directory)];
  }
}

function ageProblems(maxAge: number | undefined): CompanyProblem[] {
  if (maxAge !== 0) return [];
  const message = '"maxAge" of no time is kept by no file';
  return [{ rule: 'account-figure', path: ['maxAge'], message, next: 'Write a duration such as 3d.' }];
}

function ldapProblems(login: Extract<SourceSpec, { type: 'ldap' }> | LdapDirectory): CompanyProblem[] {
  const problems: CompanyProblem[] = [];
  const found = (path: Path, message: string, next: string) =>
    problems.push({ rule: 'account-address', path, message, next });
  if (isText(login.url) && !/^ldaps?:\/\/[^/?#@]+\/?$/i.test(login.url))
    found(
      ['url'],
      'the address of the directory is not an ldap:// or ldaps:// URL',
      'Write it as ldaps://HOST or ldaps://HOST:PORT; base, filter and login stand in keys of their own.',
    );
  if ((login.bindDn === undefined) !== (login.password === undefined))
    found(
      [login.bindDn === undefined ? 'password' : 'bindDn'],
      'a login at the directory needs "bindDn" and "password"',
      'Give both, or neither to search without a login.',
    );
  for (const key of ['filter', 'groupFilter'] as const) {
    const filter = key in login ? (login as { groupFilter?: string; filter: string })[key] : undefined;
    if (filter !== undefined && isText(filter) && !isClosed(filter))
      found([key], `the filter ${filter} has a ( or ) too few or too many`, 'Write it as (attribute=value).');
  }
  if (isText(login.base) && !isDn(login.base)) found(['base'], ...noDn(login.base));
  return problems;
}

type LdapDirectory = Extract<DirectorySpec, { type: 'openldap' | 'active-directory' }>;

function placeProblems(directory: LdapDirectory): CompanyProblem[] {
  const problems: CompanyProblem[] = [];
  for (const key of ['groupBase', 'holdBase', 'createBase'] as const) {
    const dn = directory[key];
    if (dn === undefined || !isText(dn) || isDn(dn)) continue;
    const [message, next] = noDn(dn);
    problems.push({ rule: 'account-address', path: [key], message, next });
  }
  const { base, holdBase } = directory;
  if (holdBase !== undefined && isText(base) && isText(holdBase) && isDn(base) && isWithin(base, holdBase))
    problems.push({
      rule: 'account-address',
      path: ['holdBase'],
      message:
        dnKey(base) === dnKey(holdBase)
          ? '"holdBase" is "base": every account would count as held'
          : '"base" lies below "holdBase": every account would count as held',
      next: 'Name a place of its own, such as ou=hold beside "base".',
    });
  return problems;
}

function sqlAddressProblems(url: string): CompanyProblem[] {
  if (!isText(url)) return [];
  const found = (message: string, next: string) => [{ rule: 'account-address' as const, path: ['url'], message, next }];
  if (dialectOf(url) === undefined)
    return found(
      'the address of the database is not a postgres://, mysql:// or sqlite: URL',
      'Write it as postgres://USER@HOST:PORT/DATABASE, mysql://USER@HOST:PORT/DATABASE or sqlite:FILE.',
    );
  if (/^[a-z]+:\/\/[^/@]*:[^/]*@/i.test(url))
    return found(
      'the address of the database holds a password',
      'Take it out, and name it with "password": env:NAME, file:/path or cred:NAME.',
    );
  return [];
}

/** An expression is known when the run is planned. */
function isText(value: string): boolean {
  return !value.includes('${{');
}

function isDn(dn: string): boolean {
  const rdns = rdnsOf(dn);
  return rdns.length > 0 && rdns.every((rdn) => /^[\w.-]+\s*=\s*\S/.test(rdn));
}

function noDn(text: string): [message: string, next: string] {
  return [`"${text}" is no name of an entry (DN)`, 'Write one such as ou=people,dc=example,dc=com.'];
}

/** Parentheses in values are written as \28 and \29. */
function isClosed(filter: string): boolean {
  let depth = 0;
  for (const [index, sign] of [...filter].entries()) {
    if (sign === '(') depth++;
    if (sign === ')') depth--;
    if (depth < 0 || (depth === 0 && index < filter.length - 1)) return false;
  }
  return depth === 0 && filter.startsWith('(');
}

function below(path: Path, problems: readonly CompanyProblem[]): CompanyProblem[] {
  return problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}
