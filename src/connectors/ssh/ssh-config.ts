import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import { matchesPattern } from './known-hosts.ts';

/** Options by lower-case name; the first value counts, IdentityFile and CertificateFile gather. */
export type SshOptions = Map<string, string[]>;

export interface SshConfigContext {
  /** The host as the user named it. */
  host: string;
  user?: string | undefined;
  localUser: string;
  home: string;
  warn(message: string): void;
}

interface ConfigLine {
  name: string;
  words: string[];
  file: string;
}

const gathering = new Set(['identityfile', 'certificatefile']);

/**
 * What ssh_config(5) files say about a host. `ssh-config` splits the text into lines; they are evaluated here, so that no
 * code path can start a program: `Match exec` never matches, and `CanonicalizeHostname` does not look anything up.
 * @throws OaopsError `ssh-config-unsafe` when a file can be changed by others
 */
export async function readSshConfig(files: readonly string[], context: SshConfigContext): Promise<SshOptions> {
  const options: SshOptions = new Map();
  const read: ConfigLine[][] = [];
  for (const file of files) if (existsSync(file)) read.push(await readLines(file, context, 0));
  for (const lines of read) evaluate(lines, context, options, false);
  // "Match final" asks for a second pass, which fills in what the first has left open.
  if (read.flat().some(({ name, words }) => name === 'match' && words.some((word) => /^!?final$/i.test(word)))) {
    for (const lines of read) evaluate(lines, { ...context, warn: () => {} }, options, true);
  }
  return options;
}

async function readLines(file: string, context: SshConfigContext, depth: number): Promise<ConfigLine[]> {
  let text: string;
  try {
    const { mode, uid } = statSync(file);
    // As ssh does: a file that others may write decides where we connect and with which key.
    if ((mode & 0o022) !== 0 && file.startsWith(context.home)) {
      throw new OaopsError(
        'ssh-config-unsafe',
        `${file} can be changed by others (mode ${(mode & 0o777).toString(8)}, owner ${uid})`,
        { next: `Run "chmod go-w ${file}".` },
      );
    }
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EISDIR') return [];
    if (errnoOf(error) === 'EACCES') {
      context.warn(`${file} cannot be read and is left out`);
      return [];
    }
    throw error;
  }
  const { default: SSHConfig } = await import('ssh-config');
  const lines: ConfigLine[] = [];
  const add = async (entries: Iterable<unknown>): Promise<void> => {
    for (const entry of entries) {
      const line = entry as {
        param?: string;
        value?: string | { val: string }[];
        criteria?: Record<string, string | { val: string }[]>;
        config?: Iterable<unknown>;
      };
      if (line.param === undefined) continue;
      const name = line.param.toLowerCase();
      const words = name === 'match' ? matchWords(line) : wordsOf(line.value);
      if (name === 'include') {
        if (depth >= 16) throw new OaopsError('ssh-config-depth', `${file} includes files more than 16 deep`);
        for (const pattern of words) {
          const expanded = expandHome(pattern, context.home);
          const path = isAbsolute(expanded)
            ? expanded
            : join(file.startsWith('/etc/') ? '/etc/ssh' : dirname(file), expanded);
          for (const included of globSync(path).sort()) {
            const inner = await readLines(included, context, depth + 1);
            // A Host line in an included file ends with that file, and one around the Include still holds.
            lines.push({ name: '{', words: [], file: included }, ...inner, { name: '}', words: [], file: included });
          }
        }
      } else lines.push({ name, words, file });
      if (line.config) await add(line.config);
    }
  };
  try {
    await add(SSHConfig.parse(text) as Iterable<unknown>);
  } catch (error) {
    if (error instanceof OaopsError) throw error;
    throw new OaopsError('ssh-config-invalid', `${file} cannot be read as ssh_config: ${messageOf(error)}`, {
      next: 'Check it with "ssh -G HOST".',
    });
  }
  return lines;
}

function wordsOf(value: string | { val: string }[] | undefined): string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value.map(({ val }) => val);
}

function matchWords(line: { criteria?: Record<string, string | { val: string }[]> }): string[] {
  return Object.entries(line.criteria ?? {}).flatMap(([key, value]) => [key, wordsOf(value).join(' ')]);
}

function evaluate(lines: readonly ConfigLine[], context: SshConfigContext, options: SshOptions, final: boolean): void {
  let active = true;
  const outer: boolean[] = [];
  for (const { name, words, file } of lines) {
    if (name === '{') outer.push(active);
    else if (name === '}') active = outer.pop() ?? true;
    else if (name === 'host') active = (outer.at(-1) ?? true) && matchesList(words, context.host);
    else if (name === 'match') active = (outer.at(-1) ?? true) && matches(words, context, options, file, final);
    else if (active) set(options, name, words);
  }
}

function set(options: SshOptions, name: string, words: string[]): void {
  if (gathering.has(name)) options.set(name, [...new Set([...(options.get(name) ?? []), ...words])]);
  else if (!options.has(name)) options.set(name, words);
}

/** One pattern list; a negated pattern that matches refuses the whole line. */
function matchesList(patterns: readonly string[], text: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(pattern.slice(1), text)) return false;
    } else if (matchesPattern(pattern, text)) matched = true;
  }
  return matched;
}

/** The criteria of a Match line, as pairs of keyword and value. Anything not understood does not match. */
function matches(
  words: readonly string[],
  context: SshConfigContext,
  options: SshOptions,
  file: string,
  final: boolean,
): boolean {
  if (words.length === 0) return false;
  for (let i = 0; i < words.length; i += 2) {
    const keyword = words[i]!.toLowerCase();
    const negated = keyword.startsWith('!');
    const list = (words[i + 1] ?? '').split(/[, ]+/).filter(Boolean);
    const result = criterion(negated ? keyword.slice(1) : keyword, list, context, options, final);
    if (result === undefined) {
      context.warn(`"Match ${words[i]}" in ${file} is not evaluated; its lines are left out`);
      return false;
    }
    if (result === negated) return false;
  }
  return true;
}

function criterion(
  keyword: string,
  list: string[],
  context: SshConfigContext,
  options: SshOptions,
  final: boolean,
): boolean | undefined {
  switch (keyword) {
    case 'all':
      return true;
    case 'canonical':
    case 'final':
      return final;
    case 'host':
      return matchesList(list, expandTokens(options.get('hostname')?.[0] ?? context.host, { h: context.host }));
    case 'originalhost':
      return matchesList(list, context.host);
    case 'user':
      return matchesList(list, context.user ?? options.get('user')?.[0] ?? context.localUser);
    case 'localuser':
      return matchesList(list, context.localUser);
    default:
      return undefined;
  }
}

export function expandHome(path: string, home: string): string {
  return path === '~' ? home : path.startsWith('~/') ? join(home, path.slice(2)) : path;
}

/** The `%` tokens of ssh_config(5); one that is not known here stays as it is. */
export function expandTokens(text: string, values: Record<string, string>): string {
  return text.replace(/%(.)/g, (whole, token: string) => (token === '%' ? '%' : (values[token] ?? whole)));
}
