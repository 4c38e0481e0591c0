import type { z } from 'zod';

/** The parts of a zod schema's definition that are read here; zod keeps them stable as `_zod.def` / `def`. */
interface Definition {
  type: string;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  valueType?: z.ZodType;
  keyType?: z.ZodType;
  entries?: Record<string, string>;
  innerType?: z.ZodType;
  in?: z.ZodType;
  options?: readonly z.ZodType[];
  discriminator?: string;
  getter?: () => z.ZodType;
  left?: z.ZodType;
  right?: z.ZodType;
  items?: readonly z.ZodType[];
  values?: readonly unknown[];
}

function definitionOf(schema: z.ZodType): Definition {
  return schema.def as unknown as Definition;
}

/** The alternatives that a schema stands for, wrappers and transforms taken off (input side). */
function alternatives(schema: z.ZodType, data: unknown): z.ZodType[] {
  const def = definitionOf(schema);
  if (def.innerType) return alternatives(def.innerType, data);
  if (def.type === 'pipe' && def.in) return alternatives(def.in, data);
  if (def.type === 'lazy' && def.getter) return alternatives(def.getter(), data);
  if (def.type === 'intersection') return [...alternatives(def.left!, data), ...alternatives(def.right!, data)];
  if (def.type === 'union' && def.options) {
    const all = def.options.flatMap((option) => alternatives(option, data));
    return def.discriminator === undefined ? all : matching(all, def.discriminator, data);
  }
  return [schema];
}

/** Of a discriminated union, the options whose literal is the one in the data; all when none is. */
function matching(options: z.ZodType[], discriminator: string, data: unknown): z.ZodType[] {
  const value =
    data !== null && typeof data === 'object' ? (data as Record<string, unknown>)[discriminator] : undefined;
  const chosen = options.filter((option) => {
    const member = definitionOf(option).shape?.[discriminator];
    return member !== undefined && definitionOf(member).values?.includes(value) === true;
  });
  return chosen.length > 0 ? chosen : options;
}

/** Every schema that can hold at `path` for this data. */
export function schemasAt(root: z.ZodType, data: unknown, path: readonly PropertyKey[]): z.ZodType[] {
  let schemas = alternatives(root, data);
  let value = data;
  for (const key of path) {
    value = value !== null && typeof value === 'object' ? (value as Record<PropertyKey, unknown>)[key] : undefined;
    schemas = schemas.flatMap((schema) => {
      const def = definitionOf(schema);
      const next =
        def.type === 'object'
          ? def.shape?.[String(key)]
          : def.type === 'array'
            ? def.element
            : def.type === 'record'
              ? def.valueType
              : def.type === 'tuple'
                ? def.items?.[Number(key)]
                : undefined;
      return next ? alternatives(next, value) : [];
    });
  }
  return schemas;
}

/** The keys that a mapping at `path` may have. */
export function knownKeysAt(root: z.ZodType, data: unknown, path: readonly PropertyKey[]): string[] {
  const keys = schemasAt(root, data, path).flatMap((schema) => {
    const { shape, keyType } = definitionOf(schema);
    return Object.keys(shape ?? (keyType && definitionOf(keyType).entries) ?? {});
  });
  return [...new Set(keys)];
}
