import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { messageOf, usageError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { schemaFileName } from './json-schema.ts';
import { checkText, isError } from './load.ts';
import { nameSchema } from './schema/common.ts';
import type { Catalogue, KindDefinition } from './types.ts';

export interface NewRunbook {
  kind: string;
  name: string;
  title: string;
  /** Empty = not translated yet; validation then warns. */
  titleChinese: string;
  owner: string;
  /** File to write; an existing one is kept unless `force`. */
  file: string;
  force: boolean;
}

/**
 * The kind that a user names, in any case.
 * @throws OaopsError `kind-unknown` (exit 2) with the nearest one
 */
export function kindNamed(name: string, catalogue: Catalogue): KindDefinition {
  const kind = catalogue.kinds.find((known) => known.kind.toLowerCase() === name.toLowerCase());
  if (kind) return kind;
  const names = catalogue.kinds.map((known) => known.kind);
  const close = nearest(name, names);
  throw usageError('kind-unknown', `there is no kind "${name}"`, {
    next: close ? `Did you mean "${close}"?` : `Known kinds: ${names.join(', ')}.`,
  });
}

/**
 * What can be refused before anybody is asked for a title.
 * @throws OaopsError `kind-unknown`, `name-invalid`, `folder-missing`, `file-exists` (exit 2)
 */
export function checkNewRunbook(
  request: Pick<NewRunbook, 'kind' | 'name' | 'file' | 'force'>,
  catalogue: Catalogue,
): KindDefinition {
  const kind = kindNamed(request.kind, catalogue);
  const name = nameSchema.safeParse(request.name);
  if (!name.success)
    throw usageError('name-invalid', `"${request.name}" is not a name of a runbook`, {
      next: 'Use lower-case letters, digits and single hyphens, such as backup-daily.',
    });
  if (!existsSync(dirname(request.file)))
    throw usageError('folder-missing', `there is no folder ${dirname(request.file)}`, { next: 'Make it first.' });
  if (existsSync(request.file) && !request.force)
    throw usageError('file-exists', `${request.file} exists already`, {
      next: 'Choose another name, or overwrite it with --force.',
    });
  return kind;
}

/**
 * Writes a runbook from the template of its kind; what it writes passes `validate`.
 * @throws OaopsError `title-empty`, `title-invalid`, `file-unwritable` and those of `checkNewRunbook` (exit 2)
 */
export function createRunbook(request: NewRunbook, catalogue: Catalogue, packageRoot: string): { file: string } {
  const kind = checkNewRunbook(request, catalogue);
  for (const key of ['title', 'owner'] as const)
    if (request[key].trim() === '')
      throw usageError('title-empty', `the ${key} is empty`, { next: `Give it with --${key}.` });
  const template = readFileSync(join(packageRoot, 'templates', 'runbooks', kind.template), 'utf8');
  const text = fillTemplate(template, {
    SCHEMA: schemaPath(request.file, kind.kind, packageRoot),
    NAME: request.name,
    TITLE: titleText(request),
    OWNER: JSON.stringify(request.owner),
  });
  // A template is valid: what is wrong came from outside, such as an expression or a control character in a title.
  const wrong = checkText(text, request.file, { catalogue }).findings.find(isError);
  if (wrong) throw usageError('title-invalid', wrong.message, { next: 'Choose another title or owner.' });
  try {
    writeFileSync(request.file, text, { flag: request.force ? 'w' : 'wx' });
  } catch (error) {
    throw usageError('file-unwritable', `cannot write ${request.file}: ${messageOf(error)}`, {
      next: 'Choose another folder with --dir.',
    });
  }
  return { file: request.file };
}

/** Words of a name as a title: `restart-oa-service` is `Restart oa service`. */
export function titleOf(name: string): string {
  const words = name.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function titleText({ title, titleChinese }: NewRunbook): string {
  const chinese = titleChinese === '' ? '' : `, zh-CN: ${JSON.stringify(titleChinese)}`;
  return `{en: ${JSON.stringify(title)}${chinese}}`;
}

/** `__NAME__` and the like stand where the values go; each is a YAML scalar of its own. */
function fillTemplate(template: string, values: Record<string, string>): string {
  return template.replace(/__([A-Z_]+?)__/g, (whole, key: string) => values[key] ?? whole);
}

/** For the editor: relative inside the package, absolute for a runbook that lies elsewhere. */
function schemaPath(file: string, kind: string, packageRoot: string): string {
  const schema = join(packageRoot, 'runbooks', 'schema', schemaFileName(kind));
  const inside = resolve(file).startsWith(join(resolve(packageRoot), sep));
  return inside ? relative(dirname(resolve(file)), schema) : schema;
}
