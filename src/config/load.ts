import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { errnoOf, messageOf, OaopsError, usageError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import type { PathEnvironment } from '../core/paths.ts';
import { checkSchema } from '../runbook/check/zod-findings.ts';
import type { Finding } from '../runbook/types.ts';
import { parseYaml } from '../runbook/yaml/document.ts';
import { decodeText } from '../runbook/yaml/text.ts';
import { type ConfigFile, filesOf, type LoadOptions } from './files.ts';
import { type Layer, type MergedConfig, mergeLayers, type Origin } from './layers.ts';
import { configSchema, pathKeys } from './schema.ts';

export interface LoadedConfig extends MergedConfig {
  findings: Finding[];
}

/**
 * Reads all files and reports everything that is wrong with them; throws only when a file cannot be read at all.
 * @throws OaopsError `config-missing`, `config-unreadable`, `config-unsafe`
 */
export function readConfig(options: LoadOptions): LoadedConfig {
  const files = filesOf(options);
  const findings: Finding[] = [];
  const layers: Layer[] = [];
  for (const file of files) {
    if (!file.present) {
      if (file.layer === 'file') {
        throw usageError('config-missing', `there is no configuration file ${file.path}`, {
          next: 'Name an existing file with --config or OAOPS_CONFIG.',
          details: { path: file.path },
        });
      }
      continue;
    }
    layers.push(readLayer(file, options.place, findings));
  }
  return { ...mergeLayers(layers, files, options.place.env), findings };
}

/**
 * The settings that hold, or an error at the first place that is wrong.
 * @throws OaopsError `config-invalid` (exit 2) and those of `readConfig`
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const config = readConfig(options);
  const [first, ...more] = config.findings.filter((finding) => finding.severity === 'error');
  if (first) {
    throw usageError('config-invalid', first.message, {
      position: { file: first.file, line: first.line, col: first.col },
      next: [first.next, more.length > 0 ? `Run "oaops config validate" to see ${more.length} more.` : '']
        .filter(Boolean)
        .join(' '),
      details: { rule: first.rule, findings: config.findings },
    });
  }
  return config;
}

function readLayer(file: ConfigFile, place: PathEnvironment, findings: Finding[]): Layer {
  const origin: Origin = { layer: file.layer, source: file.path };
  const { text, findings: encoding } = decodeText(readBytes(file.path, place.uid), file.path);
  findings.push(...encoding);
  const empty: Layer = { origin, data: {}, lineOf: () => undefined };
  if (text === undefined || /^(\s*(#.*)?\n?)*$/.test(text)) return empty;
  const document = parseYaml(text, file.path);
  findings.push(...document.findings);
  if (document.findings.some((finding) => finding.severity === 'error')) return empty;
  const checked = checkSchema(document, { schema: configSchema, data: document.data, base: [], templates: false });
  findings.push(...checked.findings.map(inWordsOfConfiguration).sort((a, b) => a.line - b.line || a.col - b.col));
  if (!checked.ok) return empty;
  const data = absolutePaths(checked.value, [], dirname(file.path), place.home) as Record<string, unknown>;
  return { origin, data, lineOf: (path) => lineAt(text, document.rangeOf(path, 'key')[0]) };
}

/** The checks are shared with runbooks and name the document by that word. */
function inWordsOfConfiguration(finding: Finding): Finding {
  return { ...finding, message: finding.message.replace(/\bthe runbook\b/, 'the configuration') };
}

/** As root a file that others may write would let them run commands as root: it is refused, whoever named it. */
function readBytes(path: string, uid: number): Uint8Array {
  try {
    const stat = statSync(path);
    const folder = statSync(dirname(path));
    const writable = (stat.mode & 0o022) !== 0;
    // A sticky folder (/tmp) lets only owners replace their files.
    const replaceable = (folder.mode & 0o022) !== 0 && (folder.mode & 0o1000) === 0;
    if (uid === 0 && (writable || replaceable || (stat.uid !== 0 && path.startsWith('/etc/')))) {
      const what = writable ? path : dirname(path);
      throw new OaopsError('config-unsafe', `${what} can be changed by other users, and this is root`, {
        exitCode: ExitCode.usage,
        next:
          writable || replaceable
            ? `Run "chmod go-w ${what}" after reading what is in it.`
            : `Run "chown root ${path}" after reading what is in it.`,
        details: { path },
      });
    }
    return readFileSync(path);
  } catch (error) {
    if (error instanceof OaopsError) throw error;
    throw usageError('config-unreadable', `cannot read the configuration file ${path}: ${messageOf(error)}`, {
      next: errnoOf(error) === 'EACCES' ? 'Give this user the right to read it.' : 'Repair or remove it.',
      details: { path },
    });
  }
}

function absolutePaths(value: unknown, path: string[], folder: string, home: string): unknown {
  if (Array.isArray(value)) return value.map((item) => absolutePaths(item, [...path, '*'], folder, home));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, absolutePaths(member, [...path, key], folder, home)]),
    );
  }
  if (typeof value !== 'string' || !pathKeys.some((pattern) => matches(pattern.split('.'), path))) return value;
  if (value.startsWith('~/')) return join(home, value.slice(2));
  return isAbsolute(value) ? value : join(folder, value);
}

function matches(pattern: string[], path: string[]): boolean {
  return pattern.length === path.length && pattern.every((part, i) => part === '*' || part === path[i]);
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
