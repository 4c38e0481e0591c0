import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { companyProblems, mergeCompany, withAbsolutePaths } from '../../accounts/company/company.ts';
import { type AccountSpec, type Company, companySchema } from '../../accounts/schema/spec.ts';
import type { App } from '../../app.ts';
import { errnoOf, usageError } from '../../core/errors.ts';
import { checkSchema } from '../../runbook/check/zod-findings.ts';
import type { Finding, Runbook } from '../../runbook/types.ts';
import { parseYaml } from '../../runbook/yaml/document.ts';
import { decodeText } from '../../runbook/yaml/text.ts';

/**
 * The company of a runbook: its own keys over those of the file that it names, or of the configuration.
 * @throws OaopsError `accounts-file-...`, `accounts-missing` (exit 2), with file:line:col
 */
export async function companyOfRunbook(app: App, runbook: Runbook): Promise<Company> {
  const spec = runbook.spec as AccountSpec;
  const folder = dirname(resolve(runbook.source.file));
  const configured = (await app.config()).settings.accounts;
  const file = spec.from === undefined ? configured : resolve(folder, spec.from);
  const shared = file === undefined ? {} : readCompanyFile(file);
  const own = withAbsolutePaths(spec as Partial<Company>, folder) as AccountSpec;
  const company = mergeCompany({ ...spec, ...own }, shared, writtenSpec(runbook));
  const named = file ?? 'the runbook';
  if (!company.directories)
    throw usageError('accounts-missing', `${runbook.metadata.name} does not know where the accounts are`, {
      next:
        file === undefined
          ? 'Write "directories" into the runbook, or name a file with "accounts" in the configuration.'
          : `Write "directories" into ${file}.`,
    });
  if (!company.sources && spec.operation !== 'policy')
    throw usageError('accounts-missing', `${named} names no source of people`, {
      next: 'Write "sources" beside "directories": who belongs to the company comes from there.',
    });
  const whole = { ...company, sources: company.sources ?? [] } as Company;
  const problem = companyProblems(whole).find(({ severity }) => severity === undefined);
  if (problem)
    throw usageError('accounts-invalid', `${problem.path.join('.')}: ${problem.message}`, { next: problem.next });
  return onlySome(whole, spec.only);
}

/**
 * The file that a company's sources, directories and rules stand in, for all runbooks.
 * @throws OaopsError `accounts-file-unreadable`, `accounts-file-invalid` (exit 2) with the place of the first finding
 */
export function readCompanyFile(file: string): Partial<Company> {
  const { company, findings } = checkCompanyFile(file);
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (!first) return company;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw usageError('accounts-file-invalid', `${first.message}${more}`, {
    position: { file, line: first.line, col: first.col },
    ...(first.next === undefined ? {} : { next: first.next }),
    details: { findings },
  });
}

/**
 * Everything that is wrong in that file; what fits together is only looked at where each part is right by itself.
 * @throws OaopsError `accounts-file-unreadable` (exit 2)
 */
export function checkCompanyFile(file: string): { company: Partial<Company>; findings: Finding[] } {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw usageError('accounts-file-unreadable', `${file} cannot be read (${errnoOf(error) ?? 'unknown error'})`, {
      next: 'Name a file that you can read with "accounts" in the configuration, or "from" in the runbook.',
    });
  }
  const findings: Finding[] = [];
  const fails = (found: readonly Finding[]): boolean => {
    findings.push(...found.map((one) => ({ ...one, message: one.message.replace(/\bthe runbook\b/, 'the file') })));
    return findings.some(({ severity }) => severity === 'error');
  };
  const decoded = decodeText(bytes, file);
  if (fails(decoded.findings)) return { company: {}, findings };
  const document = parseYaml(decoded.text ?? '', file);
  if (fails(document.findings)) return { company: {}, findings };
  const checked = checkSchema(document, {
    schema: companySchema.partial(),
    data: document.data ?? {},
    base: [],
    templates: false,
  });
  if (fails(checked.findings)) return { company: {}, findings };
  const company = withAbsolutePaths(checked.value as Partial<Company>, dirname(resolve(file)));
  fails(
    companyProblems(company).map(({ rule = 'account-id' as const, severity, path, message, next }) => {
      const found = document.finding(rule, document.rangeOf(path), message, next);
      return severity === undefined ? found : { ...found, severity };
    }),
  );
  return { company, findings };
}

/** `spec` as it was written: what the schema fills in must not stand over the file. */
function writtenSpec({ source: { text, file } }: Runbook): unknown {
  return (parseYaml(text, file).data as { spec?: unknown } | undefined)?.spec;
}

function onlySome(company: Company, only: readonly string[] | undefined): Company {
  if (!only) return company;
  const unknown = only.find((id) => !company.directories.some((directory) => directory.id === id));
  if (unknown !== undefined)
    throw usageError('accounts-invalid', `there is no directory "${unknown}"`, {
      next: `Write one of: ${company.directories.map(({ id }) => id).join(', ')}.`,
    });
  return { ...company, directories: company.directories.filter(({ id }) => only.includes(id)) };
}
