import { fromEnvironment } from './environment.ts';
import type { ConfigFile, LoadOptions } from './files.ts';
import type { Settings } from './schema.ts';

/** Where a setting comes from, for `oaops config show --origin`. */
export interface Origin {
  layer: 'system' | 'user' | 'file' | 'environment';
  /** File, or name of the environment variable. */
  source: string;
  line?: number;
}

/** Settings that hold, each with its origin. */
export interface MergedConfig {
  settings: Settings;
  /** Dotted key of each leaf (lists count as one) -> where it comes from. */
  origins: Map<string, Origin>;
  files: ConfigFile[];
}

/** What one file or one variable says. */
export interface Layer {
  origin: Origin;
  data: Record<string, unknown>;
  lineOf: (path: (string | number)[]) => number | undefined;
}

/** Merges the layers of files and, on top, those of the environment. */
export function mergeLayers(
  ofFiles: readonly Layer[],
  files: ConfigFile[],
  env: LoadOptions['place']['env'],
): MergedConfig {
  const ofEnvironment = fromEnvironment(env).map(
    ({ key, value, variable }): Layer => ({
      origin: { layer: 'environment', source: variable },
      data: nest(key.split('.'), value),
      lineOf: () => undefined,
    }),
  );
  const origins = new Map<string, Origin>();
  const settings: Record<string, unknown> = {};
  for (const layer of [...ofFiles, ...ofEnvironment]) merge(settings, layer.data, [], layer, origins);
  return { settings: settings as Settings, origins, files };
}

function nest(keys: string[], value: unknown): Record<string, unknown> {
  const [first, ...rest] = keys;
  return { [first!]: rest.length === 0 ? value : nest(rest, value) };
}

/** Lists that every layer adds to: a user's file must not take away what the system's file forbids. */
const addingUp: readonly string[] = ['calendar.freezes', 'calendar.days'];

/** Mappings are merged key by key, everything else (lists too, but for those that add up) is replaced whole by the later layer. */
function merge(
  into: Record<string, unknown>,
  from: Record<string, unknown>,
  path: string[],
  layer: Layer,
  origins: Map<string, Origin>,
): void {
  for (const [key, value] of Object.entries(from)) {
    const here = [...path, key];
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      const below = into[key];
      const target =
        below !== null && typeof below === 'object' && !Array.isArray(below) ? (below as Record<string, unknown>) : {};
      into[key] = target;
      merge(target, value as Record<string, unknown>, here, layer, origins);
    } else {
      const before = into[key];
      const adds = addingUp.includes(here.join('.')) && Array.isArray(before) && Array.isArray(value);
      into[key] = adds ? [...before, ...value] : value;
      const line = layer.lineOf(here);
      origins.set(here.join('.'), line === undefined ? layer.origin : { ...layer.origin, line });
    }
  }
}
