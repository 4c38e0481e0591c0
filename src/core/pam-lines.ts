/** One line of a file of PAM. */
export interface PamLine {
  file: string;
  type: string;
  /** `required`, `[default=die]` */
  control: string;
  module: string;
  args: ReadonlyMap<string, string>;
}

/** `auth required pam_faillock.so preauth deny=5`; undefined: it is none. */
export function pamLine(file: string, text: string): PamLine | undefined {
  const match = /^\s*-?(auth|account|password|session)\s+(\[[^\]]*\]|\S+)\s+(\S+)\s*(.*)$/.exec(text);
  if (!match) return undefined;
  const [, type = '', control = '', path = '', rest = ''] = match;
  const words = rest.replace(/(^|\s)#.*$/, '').match(/\[[^\]]*\]|\S+/g) ?? [];
  const args = words.map((word): [string, string] => {
    const bare = word.replace(/^\[(.*)\]$/, '$1');
    const at = bare.indexOf('=');
    return at < 0 ? [bare, ''] : [bare.slice(0, at), bare.slice(at + 1)];
  });
  return { file, type, control, module: path.split('/').at(-1)!.replace(/\.so$/, ''), args: new Map(args) };
}

/** Whether nobody comes by without the module: what only helps, or may fail, binds nobody (pam.conf(5)). */
export function isBinding({ control }: Pick<PamLine, 'control'>): boolean {
  if (!control.startsWith('[')) return /^(required|requisite)$/.test(control);
  return !/\bdefault=ignore\b/.test(control);
}

/** `minlen = 12` of a file of settings; the last one holds. */
export function settingsOf(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const match = /^\s*([a-z_]+)\s*(?:=\s*(\S+))?\s*(?:#.*)?$/.exec(line);
      return match ? [[match[1]!, match[2] ?? '']] : [];
    }),
  );
}
