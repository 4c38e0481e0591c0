import { usageError } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';
import { discoverRunbooks } from './discover.ts';
import type { Report } from './formats/format.ts';
import { type Checked, checkFile, checkText } from './load.ts';
import { compareVersions } from './semver.ts';
import type { BaseVersions, Catalogue, Finding, Severity } from './types.ts';

export interface ValidateOptions {
  catalogue: Catalogue;
  cwd: string;
  /** Content of standard input, when one of the paths is `-`. */
  stdin?: Uint8Array;
  /** Given = a changed runbook needs a higher version than its base. */
  base?: BaseVersions;
}

/**
 * Checks all runbooks below `paths` (files, folders, globs, `-`).
 * @throws OaopsError `nothing-to-validate` (exit 2) when there is not one file to read
 */
export async function validateRunbooks(paths: readonly string[], options: ValidateOptions): Promise<Report> {
  const { files, skipped, findings } = discoverRunbooks(
    paths.filter((path) => path !== '-'),
    options.cwd,
    options.catalogue.kinds.map(({ kind }) => kind),
  );
  const checked: Checked[] = [];
  if (paths.includes('-')) checked.push(checkText(options.stdin ?? new Uint8Array(), '<stdin>', options));
  for (const file of files) checked.push(checkFile(file, options));
  if (checked.length === 0) {
    const [first] = findings;
    const what = first
      ? `${first.file}: ${first.message}`
      : skipped.length > 0
        ? `${skipped.length} YAML files, none of them a runbook of oaops`
        : 'nothing to read';
    throw usageError('nothing-to-validate', what, {
      next: 'Name runbook files, folders or globs, or - for standard input.',
    });
  }
  const all: Finding[] = [...findings];
  const duplicates = duplicateNames(checked);
  for (const one of checked) {
    const own = [...one.findings, ...(duplicates.get(one) ?? [])];
    if (options.base) own.push(...(await versionFindings(one, options.base, options.catalogue)));
    all.push(...own.sort((a, b) => a.line - b.line || a.col - b.col));
  }
  return { files: checked.map(({ file }) => file), skipped, findings: all };
}

/** True when a finding is of `lowest` severity or worse. */
export function failsOn({ findings }: Report, lowest: Severity): boolean {
  const order: readonly Severity[] = ['error', 'warning', 'info'];
  return findings.some(({ severity }) => order.indexOf(severity) <= order.indexOf(lowest));
}

/** The second and every later file with a name gets the finding, which names the first. */
function duplicateNames(checked: readonly Checked[]): Map<Checked, Finding[]> {
  const first = new Map<string, Checked>();
  const found = new Map<Checked, Finding[]>();
  for (const one of checked) {
    if (one.name === undefined || !one.findingAtMetadata) continue;
    const earlier = first.get(one.name);
    if (earlier === undefined) first.set(one.name, one);
    else
      found.set(one, [
        one.findingAtMetadata(
          'name-duplicate',
          'name',
          `the name "${one.name}" is that of ${earlier.file} too`,
          'Give each runbook a name of its own.',
        ),
      ]);
  }
  return found;
}

/** Comments and layout may change freely: what is compared is the content. */
async function versionFindings(one: Checked, base: BaseVersions, catalogue: Catalogue): Promise<Finding[]> {
  if (!one.findingAtMetadata || one.version === undefined || one.file === '<stdin>') return [];
  const earlier = await base.find({ file: one.file, name: one.name });
  if (!earlier) return [];
  const before = checkText(earlier.text, earlier.file, { catalogue });
  if (before.version === undefined || canonicalJson(before.data) === canonicalJson(one.data)) return [];
  const raised = compareVersions(one.version, before.version);
  if (raised > 0) return [];
  const version =
    one.version === before.version
      ? `still ${one.version}`
      : raised < 0
        ? `${one.version}, below ${before.version}`
        : `${one.version}, no higher than ${before.version}`;
  const message = `the runbook differs from ${base.description} and its version is ${version}`;
  return [one.findingAtMetadata('version-not-raised', 'version', message, `Raise it above ${before.version}.`)];
}
