import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import { matchesPattern } from '../../core/patterns.ts';
import { type ConfigWords, matchCriteria, splitConfigLine } from './config-lines.ts';

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

interface ConfigLine extends ConfigWords {
  file: string;
}

const gathering = new Set(['identityfile', 'certificatefile']);

/** Of these two only the one that comes first counts (ssh_config(5), ProxyJump). */
const rivals = new Map([
  ['proxyjump', 'proxycommand'],
  ['proxycommand', 'proxyjump'],
]);

/** What one pass over the files compares with. */
interface Pass {
  /** The name that Host lines are about: as the user wrote it, in the second pass the one that the first pass found. */
  hostName: string;
  /** The second pass, in which "Match final" and "Match canonical" hold. */
  final: boolean;
}

/**
 * What ssh_config(5) files say about a host. No code path can start a program: `Match exec` never matches, and
 * `CanonicalizeHostname` does not look anything up.
 * @throws OaopsError `ssh-config-unsafe` when a file can be changed by others, `ssh-config-invalid`
 */
export function readSshConfig(files: readonly string[], context: SshConfigContext): SshOptions {
  const options: SshOptions = new Map();
  const read: ConfigLine[][] = [];
  for (const file of files) {
    // Where relative names of Include start, however deep they are included (ssh_config(5)).
    const includeDir = file.startsWith('/etc/') ? '/etc/ssh' : dirname(file);
    if (existsSync(file)) read.push(readLines(file, context, includeDir, 0));
  }
  for (const lines of read) evaluate(lines, context, options, { hostName: context.host, final: false });
  if (!asksForSecondPass(read.flat(), context, options)) return options;
  // It fills in what the first has left open; the name of the host is settled before it.
  const hostName = hostNameOf(options, context.host);
  options.set('hostname', [hostName.replaceAll('%', '%%')]);
  for (const lines of read) evaluate(lines, { ...context, warn: () => {} }, options, { hostName, final: true });
  return options;
}

/** The name to connect to: HostName with its tokens, else the name as written. Lower case, as ssh compares and prints it. */
export function hostNameOf(options: SshOptions, host: string): string {
  return expandTokens(options.get('hostname')?.[0] ?? host, { h: host }).toLowerCase();
}

/** "Match final" asks for a second pass, and so does CanonicalizeHostname, also where no name is changed by it. */
function asksForSecondPass(lines: ConfigLine[], context: SshConfigContext, options: SshOptions): boolean {
  if (['yes', 'true', 'always'].includes(options.get('canonicalizehostname')?.[0]?.toLowerCase() ?? '')) {
    const domains = options.get('canonicaldomains') ?? [];
    if (domains.length > 0)
      context.warn(`CanonicalDomains for ${context.host} is not followed: write the full name of the host as HostName`);
    return true;
  }
  return lines.some(({ name, words }) => name === 'match' && words.some((word) => /^!?final$/i.test(word)));
}

function readLines(file: string, context: SshConfigContext, includeDir: string, depth: number): ConfigLine[] {
  const text = readConfigText(file, context);
  const lines: ConfigLine[] = [];
  for (const [index, written] of text.split('\n').entries()) {
    const line = wordsAt(file, index + 1, written);
    if (line?.name !== 'include') {
      if (line) lines.push({ ...line, file });
      continue;
    }
    if (depth >= 16) throw new OaopsError('ssh-config-depth', `${file} includes files more than 16 deep`);
    for (const pattern of line.words) {
      const expanded = expandHome(pattern, context.home);
      const path = isAbsolute(expanded) ? expanded : join(includeDir, expanded);
      // glob(3) knows no braces.
      for (const included of globSync(path.replace(/[{}]/g, '\\$&')).sort()) {
        const inner = readLines(included, context, includeDir, depth + 1);
        // A Host line in an included file ends with that file, and one around the Include still holds.
        lines.push({ name: '{', words: [], file: included }, ...inner, { name: '}', words: [], file: included });
      }
    }
  }
  return lines;
}

function wordsAt(file: string, line: number, written: string): ConfigWords | undefined {
  try {
    return splitConfigLine(written);
  } catch (error) {
    throw new OaopsError('ssh-config-invalid', `${file}:${line} cannot be read as ssh_config: ${messageOf(error)}`, {
      next: 'Check it with "ssh -G HOST".',
    });
  }
}

/** Text of a file; a missing one has none. */
function readConfigText(file: string, context: SshConfigContext): string {
  try {
    const { mode, uid } = statSync(file);
    // As ssh does: a file that others may write decides where we connect and with which key.
    const foreign = uid !== 0 && uid !== process.geteuid?.();
    if (((mode & 0o022) !== 0 || foreign) && file.startsWith(context.home)) {
      throw new OaopsError(
        'ssh-config-unsafe',
        `${file} can be changed by others (mode ${(mode & 0o777).toString(8)}, owner ${uid})`,
        { next: foreign ? `Make it a file of your own: "chown $USER ${file}".` : `Run "chmod go-w ${file}".` },
      );
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EISDIR') return '';
    if (errnoOf(error) !== 'EACCES') throw error;
    context.warn(`${file} cannot be read and is left out`);
    return '';
  }
}

function evaluate(lines: readonly ConfigLine[], context: SshConfigContext, options: SshOptions, pass: Pass): void {
  let active = true;
  const outer: boolean[] = [];
  for (const { name, words, file } of lines) {
    if (name === '{') outer.push(active);
    else if (name === '}') active = outer.pop() ?? true;
    else if (name === 'host') active = (outer.at(-1) ?? true) && matchesList(words, pass.hostName);
    else if (name === 'match') active = (outer.at(-1) ?? true) && matches(words, context, options, file, pass);
    else if (active) set(options, name, words);
  }
}

function set(options: SshOptions, name: string, words: string[]): void {
  if (options.has(rivals.get(name) ?? '')) return;
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

/** Whether all criteria of a Match line hold. Anything not understood does not. */
function matches(
  words: readonly string[],
  context: SshConfigContext,
  options: SshOptions,
  file: string,
  pass: Pass,
): boolean {
  if (words.length === 0) return false;
  for (const [written, patterns] of matchCriteria(words)) {
    const keyword = written.toLowerCase();
    const negated = keyword.startsWith('!');
    const list = patterns.split(',').filter(Boolean);
    const result = criterion(negated ? keyword.slice(1) : keyword, list, context, options, pass);
    if (result === undefined) {
      context.warn(`"Match ${written}" in ${file} is not evaluated; its lines are left out`);
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
  pass: Pass,
): boolean | undefined {
  // Unlike those of Host lines, these patterns are taken in lower case (match_hostname_list of OpenSSH).
  const hostList = list.map((pattern) => pattern.toLowerCase());
  switch (keyword) {
    case 'all':
      return true;
    case 'canonical':
    case 'final':
      return pass.final;
    case 'host':
      return matchesList(hostList, hostNameOf(options, context.host));
    case 'originalhost':
      return matchesList(hostList, context.host);
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

/** `${NAME}` of the environment, as ssh takes it in names of files. @throws OaopsError `ssh-config-variable` */
export function expandVariables(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = env[name];
    if (value !== undefined) return value;
    throw new OaopsError('ssh-config-variable', `ssh_config names the variable ${name}, which is not set`, {
      next: 'Set it where oaops is started, or write the path out.',
    });
  });
}

/** The `%` tokens of ssh_config(5); one that is not known here stays as it is. */
export function expandTokens(text: string, values: Record<string, string>): string {
  return text.replace(/%(.)/g, (whole, token: string) => (token === '%' ? '%' : (values[token] ?? whole)));
}
