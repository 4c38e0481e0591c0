import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openApp } from '../../src/app.ts';
import { jsonSchemaOf, schemaFileName, toJson } from '../../src/runbook/json-schema.ts';
import { checkText } from '../../src/runbook/load.ts';
import { referenceMarkdown } from '../../src/runbook/reference.ts';

const root = join(import.meta.dirname, '../..');
// A change is made visible on purpose: OAOPS_UPDATE_GOLDEN=1 writes the files, their diff is reviewed.
const update = Boolean(process.env['OAOPS_UPDATE_GOLDEN']);
const app = openApp({ json: false, quiet: false, verbose: false, debug: false, color: false });
const catalogue = await app.catalogue();

/** Keeps a generated file, or tells that it is stale. */
function keep(file: string, text: string): void {
  if (update) writeFileSync(file, text);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toBe(text);
}

const validators = new Map(
  catalogue.kinds.map((kind) => [
    kind.kind,
    new Ajv({ strict: false, allErrors: true, formats: { uri: true, 'date-time': true } }).compile(
      jsonSchemaOf(kind, catalogue),
    ),
  ]),
);

describe('published JSON Schemas', () => {
  it.each(catalogue.kinds.map((kind) => [kind.kind, kind] as const))('%s is as the code has it', (_name, kind) => {
    keep(
      join(root, 'runbooks/schema', schemaFileName(kind.kind)),
      `${JSON.stringify(jsonSchemaOf(kind, catalogue), null, 2)}\n`,
    );
  });

  it('there is none for a kind that is gone', () => {
    const files = readdirSync(join(root, 'runbooks/schema')).filter((file) => file !== 'config.schema.json');
    expect(files.sort()).toEqual(catalogue.kinds.map(({ kind }) => schemaFileName(kind)).sort());
  });

  it('accept the shipped runbooks, which the loader accepts too', () => {
    for (const file of globSync('runbooks/**/*.yaml', { cwd: root })) {
      const text = readFileSync(join(root, file), 'utf8');
      expect({ file, findings: checkText(text, file, { catalogue }).findings }).toEqual({ file, findings: [] });
      const data = parse(text);
      const validate = validators.get(data.kind)!;
      expect({ file, valid: validate(data), errors: validate.errors }).toMatchObject({ valid: true });
    }
  });

  it('refuse what the loader refuses: unknown keys, wrong types, arguments of the action', () => {
    const good = {
      apiVersion: 'oaops/v1',
      kind: 'Procedure',
      metadata: { name: 'x', version: '1.0.0', title: 'X', owner: 'x' },
    };
    const step = { id: 'a', uses: 'exec', with: { argv: ['x'] } };
    const validate = validators.get('Procedure')!;
    const accepts = (part: Record<string, unknown>, document: Record<string, unknown> = {}) =>
      validate({ ...good, spec: { steps: [{ ...step, ...part }] }, ...document });
    expect(accepts({})).toBe(true);
    expect(accepts({ with: { argv: '${{ inputs.argv }}' } })).toBe(true);
    expect(accepts({ with: { argv: 'x' } })).toBe(false);
    expect(accepts({ with: { argv: ['x'], nonsense: 1 } })).toBe(false);
    expect(accepts({ with: {} })).toBe(false);
    expect(accepts({ uses: 'nonsense' })).toBe(false);
    expect(accepts({ timeout: '5 minutes' })).toBe(false);
    expect(accepts({ nonsense: 1 })).toBe(false);
    expect(accepts({}, { apiVersion: 'oaops/v9' })).toBe(false);
    expect(accepts({}, { nonsense: 1 })).toBe(false);
  });
});

describe('schemas of kinds and actions', () => {
  /** Places of mappings that would take any key. */
  const open = (schema: unknown, path: string): string[] => {
    if (Array.isArray(schema)) return schema.flatMap((part, index) => open(part, `${path}/${index}`));
    if (schema === null || typeof schema !== 'object') return [];
    const own = 'properties' in schema && !('additionalProperties' in schema) ? [path] : [];
    return [...own, ...Object.entries(schema).flatMap(([key, part]) => open(part, `${path}/${key}`))];
  };

  it('take no unknown key anywhere', () => {
    const schemas = [
      ...catalogue.kinds.map(({ kind, specSchema }) => [kind, toJson(specSchema)] as const),
      ...catalogue.actions.map(({ name, withSchema }) => [name, toJson(withSchema)] as const),
    ];
    expect(schemas.flatMap(([name, schema]) => open(schema, name))).toEqual([]);
  });

  it('the actions that can wait say so', () => {
    expect(catalogue.actions.filter(({ canWait }) => canWait).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['manual.confirm', 'manual.input', 'approval', 'wait']),
    );
  });
});

describe('docs/runbook-format.md', () => {
  const file = join(root, 'docs/runbook-format.md');
  const text = readFileSync(file, 'utf8');

  it('has the reference that the schemas give', () => {
    const [, start, , end] = /([\s\S]*<!-- generated:[^\n]*-->\n)([\s\S]*)(<!-- \/generated -->[\s\S]*)/.exec(text)!;
    keep(file, `${start}\n${referenceMarkdown(catalogue)}\n${end}`);
  });

  it('has examples that are valid', () => {
    const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]!);
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks)
      expect(checkText(block, 'example', { catalogue }).findings.filter(({ rule }) => rule !== 'input-unused')).toEqual(
        [],
      );
  });
});
