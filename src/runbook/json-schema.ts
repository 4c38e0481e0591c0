import { z } from 'zod';
import { envelopeOf } from './schema/envelope.ts';
import type { ActionSchema, Catalogue, KindDefinition } from './types.ts';

type JsonSchema = { [key: string]: unknown };

const expressionRef = { $ref: '#/definitions/expression' };
const expression = {
  type: 'string',
  pattern: '^\\s*\\$\\{\\{[\\s\\S]*\\}\\}\\s*$',
  description: 'An expression as a whole value: ${{ inputs.name }}.',
};

/**
 * JSON Schema (draft-07) of runbooks of a kind, for editors: completion, hover texts, marks while typing. Made from the same
 * zod schemas that validate; the arguments of a step follow from its `uses`.
 */
export function jsonSchemaOf(kind: KindDefinition, catalogue: Catalogue): JsonSchema {
  const schema = toJson(envelopeOf(kind));
  const definitions = (schema['definitions'] ?? {}) as Record<string, JsonSchema>;
  delete schema['definitions'];
  const result: JsonSchema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `oaops runbook of kind ${kind.kind}`,
    ...withCalls(withoutDialect(schema), catalogue),
    definitions: {
      ...mapValues(definitions, (definition) => withCalls(definition, catalogue)),
      expression,
      call: callOf('uses', catalogue.actions),
      checkCall: callOf('check', catalogue.checks),
      ...argumentDefinitions('uses', catalogue.actions),
      ...argumentDefinitions('check', catalogue.checks),
    },
  };
  // `call` and the arguments are only reachable from steps.
  return prune(result);
}

/** JSON Schema of one zod schema as the author writes it: the input side. */
export function toJson(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

/** Kind -> file name below runbooks/schema, as `# yaml-language-server: $schema=` names it. */
export function schemaFileName(kind: string): string {
  return `${kind.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()}.schema.json`;
}

/** What `uses` or `check` can name: its name decides the shape of `with`. */
type Callee = Pick<ActionSchema, 'name' | 'title' | 'withSchema'>;
type CallKey = 'uses' | 'check';

/** For each name: when `uses` (`check`) is it, `with` has its shape. */
function callOf(key: CallKey, known: readonly Callee[]): JsonSchema {
  return {
    properties: { [key]: { enum: known.map(({ name }) => name) } },
    allOf: known.map((callee) => {
      const required = (argumentsOf(callee)['required'] as unknown[] | undefined) ?? [];
      return {
        if: { properties: { [key]: { const: callee.name } }, required: [key] },
        // biome-ignore lint/suspicious/noThenProperty: the name that JSON Schema draft-07 gives it
        then: {
          properties: { with: { $ref: `#/definitions/${definitionName(key, callee)}` } },
          ...(required.length > 0 ? { required: ['with'] } : {}),
        },
      };
    }),
  };
}

function argumentDefinitions(key: CallKey, known: readonly Callee[]): Record<string, JsonSchema> {
  return Object.fromEntries(known.map((callee) => [definitionName(key, callee), argumentsOf(callee)]));
}

function definitionName(key: CallKey, { name }: Callee): string {
  return `${key === 'uses' ? 'with' : 'check'}.${name}`;
}

/** `with` of an action or check: every value may be an expression instead. */
function argumentsOf(action: Callee): JsonSchema {
  const schema = toJson(action.withSchema);
  const definitions = (schema['definitions'] ?? {}) as Record<string, JsonSchema>;
  delete schema['definitions'];
  const inlined = inline(withoutDialect(schema), definitions);
  return { description: action.title.en, ...orExpression(inlined, true) };
}

/** Definitions of an argument schema are small (durations, sizes): they are put where they are used. */
function inline(schema: unknown, definitions: Record<string, JsonSchema>, depth = 0): JsonSchema {
  if (Array.isArray(schema)) return schema.map((part) => inline(part, definitions, depth)) as unknown as JsonSchema;
  if (schema === null || typeof schema !== 'object') return schema as never;
  const { $ref: reference, ...rest } = schema as JsonSchema;
  const name = typeof reference === 'string' ? reference.replace('#/definitions/', '') : undefined;
  const target = name === undefined ? undefined : definitions[name];
  // A schema that contains itself stays open below a few levels.
  if (target) return depth > 4 ? {} : inline({ ...target, ...rest }, definitions, depth + 1);
  const members = withoutId(schema as JsonSchema);
  return mapValues(members as Record<string, JsonSchema>, (part) => inline(part, definitions, depth)) as JsonSchema;
}

function orExpression(schema: JsonSchema, top = false): JsonSchema {
  const inner: JsonSchema = { ...schema };
  for (const key of ['properties', 'patternProperties']) {
    if (inner[key]) inner[key] = mapValues(inner[key] as Record<string, JsonSchema>, (part) => orExpression(part));
  }
  for (const key of ['items', 'additionalProperties']) {
    const part = inner[key];
    if (part !== null && typeof part === 'object' && !Array.isArray(part))
      inner[key] = orExpression(part as JsonSchema);
  }
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    if (Array.isArray(inner[key])) inner[key] = (inner[key] as JsonSchema[]).map((part) => orExpression(part, true));
  }
  const takesAnyText =
    inner['type'] === 'string' &&
    inner['pattern'] === undefined &&
    inner['format'] === undefined &&
    inner['enum'] === undefined &&
    inner['const'] === undefined;
  if (top || takesAnyText || Object.keys(inner).length === 0) return inner;
  const { description, default: preset, ...rest } = inner;
  return {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
    anyOf: [rest, expressionRef],
  };
}

/** Wherever an object has `uses` (`check`) and `with`, its arguments follow from the action (the type of check). */
function withCalls(schema: JsonSchema, catalogue: Catalogue): JsonSchema {
  if (Array.isArray(schema)) return schema.map((part) => withCalls(part, catalogue)) as unknown as JsonSchema;
  if (schema === null || typeof schema !== 'object') return schema;
  const members = withoutId(schema);
  const mapped = mapValues(members as Record<string, JsonSchema>, (part) => withCalls(part, catalogue)) as JsonSchema;
  const properties = mapped['properties'] as Record<string, JsonSchema> | undefined;
  // Bounds of safe integers say nothing to an author.
  if (mapped['maximum'] === Number.MAX_SAFE_INTEGER) delete mapped['maximum'];
  if (mapped['minimum'] === Number.MIN_SAFE_INTEGER) delete mapped['minimum'];
  // In draft-07 everything beside a $ref is ignored, so descriptions go around it.
  const { $ref: reference, ...beside } = mapped;
  if (reference !== undefined && Object.keys(beside).length > 0) return { ...beside, allOf: [{ $ref: reference }] };
  const called = properties?.['uses'] ? 'call' : properties?.['check'] ? 'checkCall' : undefined;
  if (called === undefined || !properties?.['with']) return mapped;
  return { ...mapped, properties: { ...properties, with: {} }, allOf: [{ $ref: `#/definitions/${called}` }] };
}

/** zod names its definitions by `id`; a property of that name is a schema, not a text. */
function withoutId(schema: JsonSchema): JsonSchema {
  if (typeof schema['id'] !== 'string') return schema;
  const { id: _id, ...rest } = schema;
  return rest;
}

function withoutDialect(schema: JsonSchema): JsonSchema {
  const { $schema: _dialect, ...rest } = schema;
  return rest;
}

/** Leaves out definitions that nothing refers to. */
function prune(schema: JsonSchema): JsonSchema {
  const definitions = schema['definitions'] as Record<string, JsonSchema>;
  const used = new Set<string>();
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(visit);
    else if (part !== null && typeof part === 'object') {
      for (const [key, value] of Object.entries(part)) {
        if (key !== '$ref') visit(value);
        else if (typeof value === 'string') {
          const name = value.replace('#/definitions/', '');
          if (!used.has(name)) {
            used.add(name);
            visit(definitions[name]);
          }
        }
      }
    }
  };
  visit({ ...schema, definitions: undefined });
  return { ...schema, definitions: Object.fromEntries(Object.entries(definitions).filter(([name]) => used.has(name))) };
}

function mapValues<T>(members: Record<string, T>, map: (member: T) => T): Record<string, T> {
  return Object.fromEntries(
    Object.entries(members).map(([key, member]) => [
      key,
      member !== null && typeof member === 'object' ? map(member) : member,
    ]),
  );
}
