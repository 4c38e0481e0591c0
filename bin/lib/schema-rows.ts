/** The parts of JSON Schema that the reference tables read. */
export interface JsonSchemaNode {
  $ref?: string;
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, JsonSchemaNode>;
  additionalProperties?: boolean | JsonSchemaNode;
  required?: string[];
  items?: JsonSchemaNode;
  anyOf?: JsonSchemaNode[];
  oneOf?: JsonSchemaNode[];
  allOf?: JsonSchemaNode[];
  definitions?: Record<string, JsonSchemaNode>;
}

export interface SchemaRow {
  /** `repositories.NAME.legs[].location`. */
  key: string;
  type: string;
  description: string;
}

/** One row a key, depth first; alternatives of a union share their rows. */
export function schemaRows(schema: JsonSchemaNode, definitions = schema.definitions ?? {}): SchemaRow[] {
  const rows: SchemaRow[] = [];

  const resolved = (node: JsonSchemaNode): JsonSchemaNode => {
    // A reference with a description of its own is written as allOf with one member.
    const reference = node.$ref ?? (node.allOf?.length === 1 ? node.allOf[0]!.$ref : undefined);
    const target = reference ? definitions[reference.split('/').at(-1)!] : undefined;
    if (!target) return node;
    const { $ref: _ref, allOf: _allOf, ...own } = node;
    return { ...resolved(target), ...own };
  };

  const walk = (node: JsonSchemaNode, path: string, depth: number, variant = ''): void => {
    const here = resolved(node);
    if (depth > 8) return;
    for (const option of [...(here.anyOf ?? []), ...(here.oneOf ?? [])])
      walk(option, path, depth + 1, variantOf(resolved(option)));
    for (const [name, member] of Object.entries(here.properties ?? {})) {
      const key = path === '' ? name : `${path}.${name}`;
      add(key, resolved(member), here.required?.includes(name) === true, variant);
      walk(member, key, depth + 1);
    }
    if (typeof here.additionalProperties === 'object')
      walk(here.additionalProperties, path === '' ? 'NAME' : `${path}.NAME`, depth + 1);
    if (here.items) walk(here.items, `${path}[]`, depth + 1);
  };

  const add = (key: string, node: JsonSchemaNode, required: boolean, variant: string) => {
    const type = typeOf(node);
    const known = rows.find((row) => row.key === key);
    if (known) {
      if (!known.type.split(' or ').includes(type)) known.type = `${known.type} or ${type}`;
      return;
    }
    const preset = node.default === undefined ? '' : `default ${JSON.stringify(node.default)}`;
    const notes = [variant, required ? 'required' : '', preset].filter(Boolean).join(', ');
    // A mapping that only holds others needs no line of its own.
    if (type === 'mapping' && !node.description && node.properties) return;
    rows.push({
      key,
      type,
      description: [node.description ?? '', notes ? `(${notes})` : ''].filter(Boolean).join(' '),
    });
  };

  const typeOf = (node: JsonSchemaNode): string => {
    const here = resolved(node);
    if (here.const !== undefined) return String(here.const);
    if (here.enum) return here.enum.map(String).join(', ');
    const options = [...(here.anyOf ?? []), ...(here.oneOf ?? [])];
    if (options.length > 0) return [...new Set(options.map(typeOf))].join(' or ');
    if (here.type === 'array') return here.items ? `list of ${typeOf(here.items)}` : 'list';
    if (here.type === 'object') return 'mapping';
    return [here.type ?? 'any']
      .flat()
      .join(' or ')
      .replace('string', 'text')
      .replace('integer', 'whole number')
      .replace('boolean', 'true or false');
  };

  walk(schema, '', 0);
  return rows;
}

/** The value of `type` by which a member of a union is told from the others. */
function variantOf(option: JsonSchemaNode): string {
  const type = option.properties?.['type']?.const;
  return typeof type === 'string' ? `with type ${type}` : '';
}
