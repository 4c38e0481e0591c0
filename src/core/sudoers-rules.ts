/** What sudoers files allow: enough of their grammar to tell who may do what, and without which password. */
export interface SudoRule {
  /** As written: a name, `%group`, `#uid`, `+netgroup`, `ALL`; aliases are put in. */
  who: string;
  hosts: string[];
  /** May become; `root` when nothing is written. */
  runAs: string;
  withoutPassword: boolean;
  /** As written; aliases of commands are put in. */
  commands: string[];
  file: string;
  /** Where its statement stands in the file, from 1; a continued one goes on to `lastLine`. */
  line: number;
  lastLine: number;
  /** Everybody whom the statement speaks of, `who` among them. */
  users: readonly string[];
}

export interface Sudoers {
  rules: SudoRule[];
  /** For whom `!authenticate` or `exempt_group` takes the password away: `ALL`, what stands behind `Defaults:`, a `%group`. */
  unasked: { who: string; file: string }[];
  /** Lines that are not understood. */
  strange: string[];
}

export interface SudoersFile {
  name: string;
  lines: readonly string[];
}

type Aliases = Map<string, string[]>;

/** Reads the files as sudo does. Pure. */
export function readSudoers(files: readonly SudoersFile[]): Sudoers {
  const found: Sudoers = { rules: [], unasked: [], strange: [] };
  const statements = files.flatMap(({ name, lines }) => joined(lines).map((one) => ({ file: name, ...one })));
  const aliases: Record<'User' | 'Cmnd' | 'Host' | 'Runas', Aliases> = {
    User: new Map(),
    Cmnd: new Map(),
    Host: new Map(),
    Runas: new Map(),
  };
  for (const { text } of statements) {
    const match = /^(User|Cmnd|Cmd|Host|Runas)_Alias\s+(.*)$/s.exec(text);
    if (!match) continue;
    const kind = match[1] === 'Cmd' ? 'Cmnd' : (match[1] as keyof typeof aliases);
    for (const part of split(match[2]!, ':')) {
      const [, name, members] = /^([A-Z][A-Z0-9_]*)\s*=\s*(.*)$/s.exec(part) ?? [];
      if (name !== undefined) aliases[kind].set(name, split(members!, ','));
    }
  }
  for (const { file, text, line, lastLine } of statements) {
    if (/^[A-Z][a-z]+_Alias\s/.test(text) || /^[#@]include(dir)?\s/.test(text)) continue;
    const defaults = /^Defaults(?:([:@!>])\s*(\S+))?\s+(.*)$/s.exec(text.replaceAll(/\s*,\s*/g, ','));
    if (defaults) {
      const [, kind, subject, settings] = defaults;
      const group = /(?:^|,)exempt_group\s*=\s*"?([^\s",]+)/.exec(settings!)?.[1];
      if (group !== undefined) found.unasked.push({ who: `%${group}`, file });
      if (/(^|,)\s*!\s*authenticate\b/.test(settings!))
        for (const who of kind === ':' ? expand(split(subject!, ','), aliases.User) : ['ALL'])
          found.unasked.push({ who, file });
      continue;
    }
    if (/^Defaults\b/.test(text)) {
      found.strange.push(`${file}: ${text}`);
      continue;
    }
    const rules = ruleOf(text, { file, line, lastLine }, aliases);
    if (rules) found.rules.push(...rules);
    else found.strange.push(`${file}: ${text}`);
  }
  return found;
}

interface Statement {
  text: string;
  line: number;
  lastLine: number;
}

/** Statements: continued lines put together, comments left out. */
function joined(lines: readonly string[]): Statement[] {
  const statements: Statement[] = [];
  let open = '';
  let begun = 1;
  for (const [index, line] of lines.entries()) {
    if (open === '') begun = index + 1;
    const whole = open + line;
    const bare = withoutComment(whole);
    // A comment ends with its line, whatever it ends in.
    if (bare === whole && /\\[ \t]*$/.test(whole)) {
      open = whole.replace(/\\[ \t]*$/, '');
      continue;
    }
    open = '';
    statements.push({ text: bare.trim(), line: begun, lastLine: index + 1 });
  }
  if (open !== '') statements.push({ text: withoutComment(open).trim(), line: begun, lastLine: lines.length });
  return statements.filter(({ text }) => text !== '');
}

/** `#` begins a comment, but for #include and ids: `#1000`. */
function withoutComment(line: string): string {
  if (/^\s*#include(dir)?\s/.test(line)) return line;
  for (let index = 0; index < line.length; index++) {
    if (line[index] === '\\') index++;
    else if (line[index] === '"') {
      const end = line.indexOf('"', index + 1);
      if (end < 0) return line;
      index = end;
    } else if (line[index] === '#' && !/^#\d/.test(line.slice(index))) return line.slice(0, index);
  }
  return line;
}

/** Parts between separators that are neither escaped nor in quotes or parentheses. */
function split(text: string, separator: ',' | ':'): string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index]!;
    if (char === '\\') part += char + (text[++index] ?? '');
    else {
      if (char === '"') quoted = !quoted;
      if (!quoted && char === '(') depth++;
      if (!quoted && char === ')') depth--;
      if (char === separator && !quoted && depth === 0) {
        parts.push(part.trim());
        part = '';
      } else part += char;
    }
  }
  parts.push(part.trim());
  return parts.filter((one) => one !== '');
}

function expand(names: readonly string[], aliases: Aliases, depth = 0): string[] {
  return names.flatMap((name) => {
    const members = depth < 10 ? aliases.get(name.replace(/^!/, '')) : undefined;
    if (!members) return [name];
    const inner = expand(members, aliases, depth + 1);
    return name.startsWith('!') ? inner.map((one) => (one.startsWith('!') ? one.slice(1) : `!${one}`)) : inner;
  });
}

const tags =
  /^(NOPASSWD|PASSWD|NOEXEC|EXEC|SETENV|NOSETENV|LOG_INPUT|NOLOG_INPUT|LOG_OUTPUT|NOLOG_OUTPUT|MAIL|NOMAIL|FOLLOW|NOFOLLOW|INTERCEPT|NOINTERCEPT)\s*:\s*/;
const options = /^(ROLE|TYPE|PRIVS|LIMITPRIVS|APPARMOR_PROFILE|NOTBEFORE|NOTAFTER|TIMEOUT|CWD|CHROOT)=\S+\s+/;

/** `users hosts = (runas) TAG: command, ... : hosts = ...`; undefined: it is no rule. */
function ruleOf(
  text: string,
  place: Pick<SudoRule, 'file' | 'line' | 'lastLine'>,
  aliases: Record<'User' | 'Cmnd' | 'Host' | 'Runas', Aliases>,
): SudoRule[] | undefined {
  const rules: SudoRule[] = [];
  let users: string[] | undefined;
  for (const part of rejoined(split(text, ':'))) {
    const [left, ...right] = part.split('=');
    if (right.length === 0) return undefined;
    const words =
      left!
        .trim()
        .replaceAll(/\s*,\s*/g, ',')
        .match(/(?:"[^"]*"|\\.|\S)+/g) ?? [];
    const hosts = words.pop();
    if (hosts === undefined) return undefined;
    if (users === undefined) {
      if (words.length === 0) return undefined;
      users = expand(split(words.join(' '), ','), aliases.User);
    }
    rules.push(
      ...specsOf(right.join('=').trim(), aliases).flatMap((spec) =>
        users!.map((who) => ({
          who: who.replaceAll('"', ''),
          hosts: expand(split(hosts, ','), aliases.Host),
          ...spec,
          ...place,
          users: users!.map((one) => one.replaceAll('"', '')),
        })),
      ),
    );
  }
  return rules.length === 0 ? undefined : rules;
}

/** A colon behind a tag is none between two hosts. */
function rejoined(parts: readonly string[]): string[] {
  const whole: string[] = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (
      last !== undefined &&
      /(^|[=,:)\s])(NO)?(PASSWD|EXEC|SETENV|LOG_INPUT|LOG_OUTPUT|MAIL|FOLLOW|INTERCEPT)\s*$|\bsha(224|256|384|512)\s*$/.test(
        last,
      )
    )
      whole[whole.length - 1] = `${last}:${part}`;
    else whole.push(part);
  }
  return whole;
}

function specsOf(
  text: string,
  aliases: Record<'Cmnd' | 'Runas', Aliases>,
): Pick<SudoRule, 'runAs' | 'withoutPassword' | 'commands'>[] {
  const specs: Pick<SudoRule, 'runAs' | 'withoutPassword' | 'commands'>[] = [];
  // Both go on to the commands behind, until they are said anew.
  let runAs = 'root';
  let withoutPassword = false;
  for (const written of split(text, ',')) {
    let rest = written;
    const as = /^\(([^)]*)\)\s*/.exec(rest);
    if (as) {
      runAs = expand(split(as[1]!, ','), aliases.Runas).join(', ') || 'root';
      rest = rest.slice(as[0].length);
    }
    for (let match = tags.exec(rest) ?? options.exec(rest); match; match = tags.exec(rest) ?? options.exec(rest)) {
      if (match[1] === 'NOPASSWD') withoutPassword = true;
      if (match[1] === 'PASSWD') withoutPassword = false;
      rest = rest.slice(match[0].length);
    }
    const commands = expand([rest.trim()], aliases.Cmnd);
    const last = specs.at(-1);
    if (last && last.runAs === runAs && last.withoutPassword === withoutPassword) last.commands.push(...commands);
    else specs.push({ runAs, withoutPassword, commands });
  }
  return specs;
}
