import { parse, stringify } from 'yaml';
import { messageOf, usageError } from '../../core/errors.ts';
import { checkTypesByName } from '../checks/registry.ts';
import { Attributes, type Draft } from './attributes.ts';
import { type Convert, hostTests } from './host-tests.ts';
import { netTests } from './net-tests.ts';

const converters: Readonly<Record<string, Convert>> = { ...hostTests, ...netTests };
const mostChars = 1024 * 1024;
/** What a section of an inspection may have. */
const mostChecks = 500;

/**
 * An inspection that looks at what a gossfile looks at (Goss 0.3 and 0.4, YAML or JSON), as the text of a runbook. `notes` name each test and each
 * attribute that has no counterpart, and where a counterpart sees more or less. `name` becomes that of the runbook.
 * @throws OaopsError `goss-invalid` (exit 2): it is no gossfile, it is a template, or nothing of it can be taken
 */
export function importGoss(text: string, name: string): { runbook: string; notes: string[] } {
  const notes: string[] = [];
  const checks: Record<string, unknown>[] = [];
  const ids = new Set<string>();
  for (const [kind, tests] of Object.entries(documentOf(text))) {
    const convert = Object.hasOwn(converters, kind) ? converters[kind] : undefined;
    if (!isMap(tests)) {
      if (tests !== null) notes.push(`${kind}: it is not understood, and left out`);
      continue;
    }
    for (const [key, values] of Object.entries(tests)) {
      const of = `${kind} ${key}`;
      if (!convert) {
        notes.push(`${of}: tests of this kind cannot be made here, and are left out`);
        continue;
      }
      if (values !== null && !isMap(values)) {
        notes.push(`${of}: it is not understood, and left out`);
        continue;
      }
      const attributes = new Attributes(of, values ?? {}, (note) => notes.push(note));
      if (attributes.raw('skip') === true) {
        attributes.note('it is skipped in the gossfile, and left out');
        continue;
      }
      const drafts = convert(key, attributes);
      attributes.rest();
      for (const draft of drafts.filter((one) => isGood(one, attributes)))
        checks.push(checkOf(draft, idOf(`${kind}-${key}`, ids), attributes));
    }
  }
  if (checks.length === 0) throw invalid('nothing in it can be taken over');
  const sections = Array.from({ length: Math.ceil(checks.length / mostChecks) }, (_, index) => ({
    id: index === 0 ? 'goss' : `goss-${index + 1}`,
    checks: checks.slice(index * mostChecks, (index + 1) * mostChecks),
  }));
  const runbook = stringify(
    {
      apiVersion: 'oaops/v1',
      kind: 'Inspection',
      metadata: {
        name,
        version: '0.1.0',
        title: { en: name, 'zh-CN': name },
        description:
          'Made from a gossfile. Without targets, this machine is looked at; write "targets" in a section for hosts of the inventory.',
        owner: 'operations',
        procedures: ['IN-01'],
      },
      spec: { sections },
    },
    { lineWidth: 120, aliasDuplicateObjects: false },
  );
  return { runbook, notes };
}

function documentOf(text: string): Record<string, unknown> {
  if (text.length > mostChars) throw invalid(`it is longer than ${mostChars} characters`);
  if (/\{\{/.test(text)) throw invalid('it is a template', 'Render it first: goss --vars VARS render > rendered.yaml');
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 100, logLevel: 'error' });
  } catch (error) {
    throw invalid(messageOf(error).split('\n', 1)[0]!);
  }
  if (!isMap(document)) throw invalid('it holds no tests');
  return document;
}

/** What the check itself would refuse, or take for an expression, is not put into a runbook. */
function isGood(draft: Draft, attributes: Attributes): boolean {
  if (JSON.stringify(draft.with).includes('${{')) {
    attributes.note('it holds ${{, which is an expression in a runbook, and is left out');
    return false;
  }
  const read = checkTypesByName.get(draft.check)!.withSchema.safeParse(draft.with);
  if (read.success) return true;
  const [issue] = read.error.issues;
  attributes.note(
    `the check ${draft.check} does not take it, so it is left out: ${issue!.path.join('.')}: ${issue!.message}`,
  );
  return false;
}

function checkOf({ check, with: args, timeoutMs }: Draft, id: string, attributes: Attributes): Record<string, unknown> {
  const title = attributes.text('title');
  return {
    id,
    ...(title === undefined ? {} : { name: title }),
    check,
    with: args,
    ...(timeoutMs !== undefined && timeoutMs > 0 ? { timeout: `${Math.round(timeoutMs)}ms` } : {}),
  };
}

/** Letters, digits and hyphens of a name, made unique. */
function idOf(text: string, taken: Set<string>): string {
  const base = text
    .replace(/[^A-Za-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 56)
    .replace(/-+$/, '');
  let id = base;
  for (let count = 2; taken.has(id); count++) id = `${base}-${count}`;
  taken.add(id);
  return id;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function invalid(why: string, next = 'Give a gossfile in YAML or JSON.'): Error {
  return usageError('goss-invalid', `the gossfile cannot be taken over: ${why}`, { next });
}
