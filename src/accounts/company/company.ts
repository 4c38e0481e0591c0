import { isAbsolute, join } from 'node:path';
import { sqlDirectoryProblems } from '../directories/sql/problems.ts';
import type { Company } from '../schema/spec.ts';
import { type AccountSpec, companyKeys, companySchema } from '../schema/spec.ts';
import { figureProblems } from './figures.ts';

/** Keys of a company that a runbook can write, too. */
export const companyKeyNames = Object.keys(companyKeys) as (keyof Company)[];

/** What one place says of a company: the rest stands elsewhere. */
export type PartialCompany = { [K in keyof Company]?: Company[K] | undefined };

/** Something that does not fit together; `path` starts at the company (`directories`, 0, `judgedBy`). */
export interface CompanyProblem {
  /** Default `account-id`. */
  rule?: 'account-statement' | 'account-figure' | 'account-address';
  /** Default: error. */
  severity?: 'warning';
  path: (string | number)[];
  message: string;
  next: string;
}

/** Figures that a runbook may write by the key; what it does not write is as the file says. */
const mappings = ['matching', 'policies', 'caps', 'opening', 'notice'] as const;

/**
 * What the runbook says stands over what the file says, key by key, also inside of mappings; what neither says is as the schema has it. Who is
 * protected or excepted by the file stays so: a runbook only adds to that.
 * @param written `spec` as it stands in the runbook, without what the schema has filled in
 */
export function mergeCompany(spec: AccountSpec, file: Partial<Company>, written: unknown): Partial<Company> {
  const own = Object.fromEntries(
    companyKeyNames.flatMap((key) => (spec[key] === undefined ? [] : [[key, spec[key]]])),
  ) as Partial<Company>;
  const bare = companySchema.omit({ sources: true, directories: true }).parse({});
  const merged: Partial<Company> = { ...bare, ...file, ...own };
  const put = <K extends keyof Company>(key: K, value: Company[K]): void => {
    merged[key] = value;
  };
  for (const key of mappings) {
    const [below, above] = [file[key], own[key]];
    const keys = Object.keys((written as Record<string, object> | undefined)?.[key] ?? {});
    if (below && above) put(key, { ...below, ...only(above, keys) } as Company[typeof key]);
  }
  // Where the runbook has directories of its own, what the file says of others is no business of it.
  const known = own.directories?.map(({ id }) => id);
  const applies = ({ directory }: { directory?: string | undefined }) =>
    directory === undefined || known === undefined || known.includes(directory);
  put('protected', [...(file.protected ?? []).filter(applies), ...(own.protected ?? [])]);
  if (merged.policies) {
    const exceptions = [...(file.policies?.exceptions ?? []).filter(applies), ...(own.policies?.exceptions ?? [])];
    put('policies', { ...merged.policies, exceptions });
  }
  return merged;
}

function only(mapping: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(mapping).filter(([key]) => keys.includes(key)));
}

/** Paths are written relative to the file in which they stand. */
export function withAbsolutePaths(company: Partial<Company>, folder: string): Partial<Company> {
  const absolute = (path: string) => (isAbsolute(path) || path.includes('${{') ? path : join(folder, path));
  const at = <T extends object>(value: T): T =>
    Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        key,
        (key === 'file' || key === 'caFile') && typeof member === 'string' ? absolute(member) : member,
      ]),
    ) as T;
  return {
    ...company,
    ...(company.sources ? { sources: company.sources.map(at) } : {}),
    ...(company.directories ? { directories: company.directories.map(at) } : {}),
    ...(company.roles ? { roles: at(company.roles) } : {}),
  };
}

/** Names that are there twice, or that name nothing; statements, figures and places that cannot be meant. */
export function companyProblems(company: PartialCompany): CompanyProblem[] {
  const problems: CompanyProblem[] = [];
  const sources = company.sources ?? [];
  const directories = company.directories ?? [];
  for (const key of ['sources', 'directories'] as const) {
    const list: readonly { id: string }[] = company[key] ?? [];
    for (const [index, { id }] of list.entries())
      if (list.findIndex((one) => one.id === id) !== index)
        problems.push({
          path: [key, index, 'id'],
          message: `the id "${id}" is there twice`,
          next: 'Give each an id of its own.',
        });
  }
  problems.push(...figureProblems(company));
  for (const [index, directory] of directories.entries())
    if (directory.type === 'sql')
      problems.push(
        ...sqlDirectoryProblems(directory).map(({ path, ...problem }) => ({
          ...problem,
          rule: 'account-statement' as const,
          path: ['directories', index, ...path],
        })),
      );
  const known = { sources: sources.map(({ id }) => id), directories: directories.map(({ id }) => id) };
  const unknown = (what: keyof typeof known, id: string, path: (string | number)[]) => {
    if (company[what] === undefined || known[what].includes(id)) return;
    problems.push({
      path,
      message: what === 'sources' ? `there is no source "${id}"` : `there is no directory "${id}"`,
      next: `Write one of: ${[...new Set(known[what])].join(', ')}.`,
    });
  };
  for (const [index, { judgedBy = [] }] of directories.entries())
    for (const [at, id] of judgedBy.entries()) unknown('sources', id, ['directories', index, 'judgedBy', at]);
  for (const [index, { rights }] of (company.roles?.matrix ?? []).entries())
    for (const id of Object.keys(rights)) unknown('directories', id, ['roles', 'matrix', index, 'rights', id]);
  for (const [index, { directory }] of (company.protected ?? []).entries())
    if (directory !== undefined) unknown('directories', directory, ['protected', index, 'directory']);
  for (const [index, { directory }] of (company.policies?.exceptions ?? []).entries())
    if (directory !== undefined) unknown('directories', directory, ['policies', 'exceptions', index, 'directory']);
  for (const [index, id] of (company.opening?.directories ?? []).entries())
    unknown('directories', id, ['opening', 'directories', index]);
  return problems;
}
