import { posixQuote } from '../process/quote.ts';
import { bootstrapText } from '../process/supervisor.ts';

/** What /bin/sh on the far side is to do: fixed text, and values that it needs (see `assignments`). */
export interface Script {
  values: string;
  text: string;
  /** Run in a session of its own, so that it outlives the connection. */
  ownSession?: boolean;
  /** The text is not one that `oneLine` can take. */
  manyLines?: boolean;
}

/** A command for the login shell, and what then goes in on its stdin, between lines of a random word. */
export interface ScriptWay {
  command: string;
  stdin: (end: string) => string;
}

/** More is not read in pieces of one byte, put together, by a shell of the far side. */
const mostValueChars = 4096;

/** Values are read by `read`, which takes single bytes from a pipe: what follows them is left for the script. */
const valuesText = `
oaops_nl=\${IFS#??}
# That of zsh has a NUL at its end.
oaops_nl=\${oaops_nl%\${oaops_nl#?}}
IFS= read -r oaops_x || exit 98
oaops_vals=
while :; do
  IFS= read -r oaops_l || exit 98
  [ "$oaops_l" = "$oaops_x" ] && break
  oaops_vals=$oaops_vals$oaops_l$oaops_nl
done
eval "$oaops_vals"
`;

/**
 * Runs $1 in a session of its own. sshd makes one for each command (setsid in do_exec_no_pty of OpenSSH), which ends with nobody, as
 * it has no terminal: where this shell leads it, nothing is to be done. Elsewhere setsid makes one.
 */
const sessionText = `
leads() { [ "$4 $5" = "$$ 0" ]; }
oaops_l=
IFS= read -r oaops_l 2>/dev/null </proc/$$/stat
if leads \${oaops_l##*) }; then eval "$1"
elif command -v setsid >/dev/null 2>&1; then setsid /bin/sh -c "$1" "$0"
else eval "$1"
fi
`;

const lines = new Map<string, string>();

/**
 * A script as one line that means the same in single quotes to sh, csh and fish.
 * A line that ends in `)` must be a whole command.
 */
export function oneLine(text: string): string {
  const known = lines.get(text);
  if (known !== undefined) return known;
  const parts = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const joined = parts
    .map((part) => (/(?:^|[ ;])(?:then|do|else|in)$|(?:[{(|&]|;;)$/.test(part) ? `${part} ` : `${part}; `))
    .join('')
    .trim();
  lines.set(text, joined);
  return joined;
}

/**
 * The script in the command itself: it is there at once, and only values come in on stdin, so that no process list shows them.
 * undefined when there are too many.
 */
export function directWay({ values, text, ownSession, manyLines }: Script): ScriptWay | undefined {
  if (manyLines || values.length > mostValueChars) return undefined;
  const script = oneLine(valuesText + text);
  return { command: shell(script, ownSession), stdin: (end) => `${end}\n${values}${end}\n` };
}

/** All of the script on stdin, for accounts and servers that do not take it in the command: slow, for it is read byte by byte. */
export function plainWay({ values, text, ownSession }: Script): ScriptWay {
  return { command: shell(bootstrapText, ownSession), stdin: (end) => `${end}\n${values}${text}${end}\n` };
}

function shell(script: string, ownSession = false): string {
  // A login shell that stays would lead the session.
  if (!ownSession) return `exec /bin/sh -c ${posixQuote(script)} oaops`;
  return `exec /bin/sh -c ${posixQuote(oneLine(sessionText))} oaops-unit ${posixQuote(script)}`;
}
