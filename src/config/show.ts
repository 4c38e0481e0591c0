import type { Finding } from '../runbook/types.ts';
import type { ConfigFile } from './files.ts';
import type { MergedConfig, Origin } from './layers.ts';
import type { Settings } from './schema.ts';

export interface ShownConfig {
  settings: Settings;
  files: ConfigFile[];
  origins: Record<string, Origin>;
  /** One row a leaf, in the order of the keys. */
  rows: { key: string; value: string; origin: string }[];
}

/** The settings with their origins, for `oaops config show`. */
export function describeConfig({ settings, files, origins }: MergedConfig): ShownConfig {
  const rows = [...origins]
    .map(([key, origin]) => ({ key, value: shown(valueAt(settings, key)), origin: originText(origin) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  return { settings, files, origins: Object.fromEntries(origins), rows };
}

/** `file:line:col severity rule message`, as for runbooks. */
export function findingLine({ file, line, col, severity, rule, message, next }: Finding): string {
  return `${file}:${line}:${col} ${severity} ${rule} ${message}${next ? `\n    ${next}` : ''}`;
}

function originText(origin: Origin): string {
  return origin.line === undefined ? origin.source : `${origin.source}:${origin.line}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Keys hold no dots (names are checked), but for the headers of a webhook: the longest member that fits is taken. */
function valueAt(value: unknown, key: string): unknown {
  if (value === null || typeof value !== 'object') return undefined;
  const members = value as Record<string, unknown>;
  if (key in members) return members[key];
  for (let dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1)) {
    if (key.slice(0, dot) in members) return valueAt(members[key.slice(0, dot)], key.slice(dot + 1));
  }
  return undefined;
}
