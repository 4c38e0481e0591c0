import { z } from 'zod';
import { toJson } from './json-schema.ts';
import { rules } from './rules.ts';
import { envelopeOf } from './schema/envelope.ts';
import { commonSpec } from './schema/spec.ts';
import type { Catalogue } from './types.ts';

type Schema = { [key: string]: unknown };

/**
 * The generated part of docs/runbook-format.md: keys of every kind, actions with their arguments and results, rules. Made
 * from the schemas that validate, so that it cannot say anything else than they do.
 */
export function referenceMarkdown(catalogue: Catalogue): string {
  const [first] = catalogue.kinds;
  const header = first ? resolved(toJson(envelopeOf(first))) : {};
  const metadata = (header['properties'] as Record<string, Schema> | undefined)?.['metadata'] ?? {};
  const parts = ['### Keys of `metadata`', keyTable(metadata)];
  const common = new Set(Object.keys(commonSpec));
  parts.push('### Keys of `spec` in every kind', keyTable(resolved(toJson(z.strictObject(commonSpec)))));
  for (const kind of catalogue.kinds) {
    const whole = resolved(toJson(kind.specSchema));
    const own = Object.entries((whole['properties'] ?? {}) as Record<string, Schema>).filter(
      ([key]) => !common.has(key),
    );
    const spec = { ...whole, properties: Object.fromEntries(own) };
    parts.push(`### Kind \`${kind.kind}\` (${kind.title['zh-CN'] ?? kind.title.en}): keys of \`spec\``, keyTable(spec));
  }
  const step = stepSchemaOf(catalogue);
  if (step) parts.push('### Keys of a step', keyTable(step));
  parts.push('### Actions');
  for (const action of catalogue.actions) {
    const traits = [
      `effect \`${action.effect}\``,
      action.usesTargets ? 'acts on `targets`' : 'runs once, locally',
      ...(action.idempotent ? ['idempotent'] : []),
      ...(action.canWait ? ['can wait'] : []),
    ];
    parts.push(
      `#### \`${action.name}\``,
      `${action.title.en}; ${traits.join(', ')}.`,
      keyTable(resolved(toJson(action.withSchema))),
      resultLine(resolved(toJson(action.resultSchema))),
    );
  }
  parts.push('### Types of check');
  for (const check of catalogue.checks)
    parts.push(
      `#### \`${check.name}\``,
      `${check.title.en}; ${checkPlaces[check.place]}.`,
      keyTable(resolved(toJson(check.withSchema))),
    );
  parts.push('### Rules', ruleTable());
  return `${parts.join('\n\n')}\n`;
}

const checkPlaces = {
  host: 'asked of the host',
  here: 'made from this machine',
  person: 'signed by a person',
} as const;

function stepSchemaOf(catalogue: Catalogue): Schema | undefined {
  const procedure = catalogue.kinds.find(({ kind }) => kind === 'Procedure');
  if (!procedure) return undefined;
  const spec = resolved(toJson(procedure.specSchema));
  const steps = (spec['properties'] as Record<string, Schema> | undefined)?.['steps'];
  return steps?.['items'] as Schema | undefined;
}

/** A key of the arguments of an action or check, as the reference tells it. */
export interface ArgumentRow {
  key: string;
  value: string;
  /** `required`, or the value that is taken when none is written. */
  default: string;
  meaning: string;
}

/** The arguments that a schema takes, for the terminal. */
export function argumentRows(schema: z.ZodType): ArgumentRow[] {
  return rowsOf(resolved(toJson(schema)), '').map((row) => {
    const [key = '', value = '', preset = '', meaning = ''] = row.map((text) => text.replaceAll('`', ''));
    return { key, value, default: preset, meaning };
  });
}

/** One row per key, nested mappings as `retry.attempts`; one level of lists of mappings as `inputs.*.type`. */
function keyTable(schema: Schema): string {
  const rows = rowsOf(schema, '');
  if (rows.length === 0) return 'No keys.';
  return [
    '| key | value | default | meaning |',
    '|---|---|---|---|',
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
  ].join('\n');
}

function rowsOf(schema: Schema, prefix: string): string[][] {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const required = (schema['required'] ?? []) as string[];
  return Object.entries(properties).flatMap(([key, value]) => {
    const name = `${prefix}${key}`;
    const preset = value['default'];
    const own = [
      `\`${name}\``,
      typeText(value),
      required.includes(key) ? 'required' : preset === undefined ? '' : `\`${JSON.stringify(preset)}\``,
      String(value['description'] ?? ''),
    ];
    return [
      own,
      ...(prefix.split('.').length > 3 || isSteps(value) || isLocalized(value)
        ? []
        : nestedOf(value).flatMap(([below, suffix]) => rowsOf(below, `${name}${suffix}.`))),
    ];
  });
}

/** Steps have a table of their own. */
function isSteps(value: Schema): boolean {
  const items = value['items'];
  return (
    isSchema(items) && isSchema(items['properties']) && 'uses' in items['properties'] && 'needs' in items['properties']
  );
}

function isLocalized(value: Schema): boolean {
  return value['title'] === wordOf('localizedText');
}

/** The mappings inside a value, each once, whatever union, list or record they stand in. */
function nestedOf(value: Schema): [Schema, string][] {
  if (value['properties']) return [[value, '']];
  const options = (value['oneOf'] ?? value['anyOf']) as Schema[] | undefined;
  if (options) return merged(options.flatMap(nestedOf));
  if (isSchema(value['items'])) return nestedOf(value['items']).map(([schema, suffix]) => [schema, `[]${suffix}`]);
  if (isSchema(value['additionalProperties']))
    return nestedOf(value['additionalProperties']).map(([schema, suffix]) => [schema, `.*${suffix}`]);
  return [];
}

/** Options of a union share most keys: one table row for each. */
function merged(options: [Schema, string][]): [Schema, string][] {
  const bySuffix = new Map<string, Schema>();
  for (const [schema, suffix] of options) {
    const known = bySuffix.get(suffix);
    const properties = { ...(known?.['properties'] as object | undefined) } as Record<string, Schema>;
    for (const [key, value] of Object.entries(schema['properties'] as Record<string, Schema>)) {
      const before = properties[key];
      const same = before === undefined || JSON.stringify(before) === JSON.stringify(value);
      properties[key] = same ? value : union(before, value);
    }
    const required = known
      ? (known['required'] as string[]).filter((key) => ((schema['required'] ?? []) as string[]).includes(key))
      : ((schema['required'] ?? []) as string[]);
    bySuffix.set(suffix, { properties, required });
  }
  return [...bySuffix].map(([suffix, schema]) => [schema, suffix]);
}

function union(a: Schema, b: Schema): Schema {
  const options = [...((a['anyOf'] as Schema[] | undefined) ?? [a]), b];
  const description = a['description'] ?? b['description'];
  return { anyOf: options, ...(description === undefined ? {} : { description }) };
}

function typeText(schema: Schema): string {
  if (schema['const'] !== undefined) return `\`${String(schema['const'])}\``;
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => `\`${String(value)}\``).join(', ');
  if (typeof schema['title'] === 'string') return schema['title'];
  const options = (schema['oneOf'] ?? schema['anyOf']) as Schema[] | undefined;
  if (options) return [...new Set(options.flatMap((option) => typeText(option).split(' or ')))].join(' or ');
  if (isSteps(schema)) return 'list of steps';
  if (schema['type'] === 'array') return isSchema(schema['items']) ? `list of ${typeText(schema['items'])}` : 'list';
  const names: Record<string, string> = {
    string: 'text',
    integer: 'whole number',
    number: 'number',
    boolean: 'true or false',
    object: 'mapping',
  };
  return names[String(schema['type'])] ?? 'any value';
}

function resultLine(schema: Schema): string {
  const names = Object.keys((schema['properties'] ?? {}) as object);
  return names.length === 0 ? 'No result.' : `Result: ${names.map((name) => `\`${name}\``).join(', ')}.`;
}

function ruleTable(): string {
  const rows = Object.entries(rules).map(
    ([id, { severity, summary }]) => `| \`${id}\` | ${severity} | ${cell(summary)} |`,
  );
  return ['| rule | severity | reports when |', '|---|---|---|', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** A schema with its definitions put in place; a named one keeps its name as `title`, which the tables show. */
function resolved(schema: Schema): Schema {
  const definitions = (schema['definitions'] ?? {}) as Record<string, Schema>;
  const visit = (part: unknown, depth: number): unknown => {
    if (Array.isArray(part)) return part.map((item) => visit(item, depth));
    if (!isSchema(part)) return part;
    const { $ref: reference, allOf, ...rest } = part;
    const target =
      typeof reference === 'string'
        ? reference
        : Array.isArray(allOf) && allOf.length === 1
          ? (allOf[0] as Schema)['$ref']
          : undefined;
    const name = typeof target === 'string' ? target.replace('#/definitions/', '') : undefined;
    const base = name !== undefined && depth < 6 ? definitions[name] : undefined;
    const whole = base ? { ...base, ...(wordOf(name!) ? { title: wordOf(name!) } : {}), ...rest } : part;
    return Object.fromEntries(
      Object.entries(whole).map(([key, value]) => [key, visit(value, base ? depth + 1 : depth)]),
    );
  };
  return visit(schema, 0) as Schema;
}

function wordOf(name: string): string | undefined {
  const words: Record<string, string> = {
    duration: 'duration',
    size: 'size',
    localizedText: 'text, or one per language',
    name: 'name',
    stepId: 'step id',
    secretRef: 'secret reference',
    cel: 'CEL',
    expression: '${{ CEL }}',
  };
  return words[name];
}

function isSchema(value: unknown): value is Schema {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
