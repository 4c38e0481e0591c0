import type { LocalizedText } from './types.ts';
import { parseYaml } from './yaml/document.ts';

/** The part of a runbook that a list shows; members that cannot be read are absent. */
export interface RunbookHeader {
  apiVersion?: string;
  kind?: string;
  name?: string;
  version?: string;
  title?: LocalizedText;
  description?: LocalizedText;
  owner?: string;
  procedures?: string[];
  labels?: Record<string, string>;
}

/**
 * Reads what stands before `spec`, without schemas and rules: lists must be fast, and show broken runbooks too.
 * Never throws.
 */
export function readHeader(text: string): RunbookHeader {
  const end = text.search(/^spec[ \t]*:/m);
  // Where nothing stands before `spec`, the header may follow it.
  const data = plain(end > 0 ? text.slice(0, end) : text) ?? {};
  const full = end > 0 && data['metadata'] === undefined ? (plain(text) ?? {}) : data;
  const metadata = mapping(full['metadata']) ?? {};
  const header: Record<string, unknown> = {
    apiVersion: string(full['apiVersion']),
    kind: string(full['kind']),
    name: string(metadata['name']),
    version: string(metadata['version']),
    title: localized(metadata['title']),
    description: localized(metadata['description']),
    owner: string(metadata['owner']),
    procedures: Array.isArray(metadata['procedures'])
      ? metadata['procedures'].filter((id) => typeof id === 'string')
      : undefined,
    labels: mapping(metadata['labels']),
  };
  return Object.fromEntries(Object.entries(header).filter(([, value]) => value !== undefined));
}

function plain(text: string): Record<string, unknown> | undefined {
  if (text.length > 1024 * 1024) return undefined;
  // The parser with caps on depth and size: a list reads whatever lies in the folders.
  return mapping(parseYaml(text, '').data);
}

function mapping(value: unknown): Record<string, unknown> | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function localized(value: unknown): LocalizedText | undefined {
  if (typeof value === 'string') return { en: value };
  const texts = mapping(value);
  return texts && typeof texts['en'] === 'string' ? (texts as unknown as LocalizedText) : undefined;
}
