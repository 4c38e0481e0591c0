import { OaopsError } from '../../../core/errors.ts';
import type { Host } from '../../../engine/ports.ts';
import type { BecomeSpec } from '../../../runbook/types.ts';

/** First lines of every script: names of files are never patterns, times are told in UTC, and administrators' programs are found. */
const preamble = `set -f
LC_ALL=C LANGUAGE=C TZ=UTC
export LC_ALL LANGUAGE TZ
PATH=\${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
export PATH
umask 077
has() { command -v "$1" >/dev/null 2>&1; }
stop() { printf '\\nstopped %s\\n' "$1"; exit 0; }
`;

/** The last word of a script that has told everything. */
const lastWord = 'told-everything';

/** Answers of a host are bounded: 100,000 accounts with all their groups are some 30 MB. */
const mostAnswerBytes = 128 * 1024 * 1024;

export interface Asking {
  host: Host;
  become: BecomeSpec | undefined;
  timeoutMs: number;
}

/**
 * Runs a script on a host and gives the lines that it printed. `words` are its $1 ...; neither they nor `stdin` are ever text of the script.
 * @throws OaopsError `account-host-silent` (exit 3) when it did not come to its end, `account-host-refused` (exit 3) with what the script said
 *   when it stopped by itself; and as the host throws
 */
export async function askScript(
  { host, become, timeoutMs }: Asking,
  script: string,
  words: readonly string[],
  signal: AbortSignal,
  stdin?: string,
): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const name = host.target.name;
  const result = await host.stream(
    {
      argv: ['/bin/sh', '-c', `${preamble}${script}\nprintf '\\n${lastWord}\\n'`, 'sh', ...words],
      timeoutMs,
      ...(become && { become }),
      ...(stdin !== undefined && { stdin }),
      onData(chunk) {
        bytes += chunk.length;
        if (bytes > mostAnswerBytes)
          throw new OaopsError('account-host-silent', `${name} tells more about its accounts than is read`, {
            exitCode: 3,
          });
        chunks.push(chunk);
      },
    },
    signal,
  );
  const lines = Buffer.concat(chunks).toString('utf8').split('\n');
  while (lines.at(-1) === '') lines.pop();
  const stopped = lines.at(-1)?.startsWith('stopped ') ? lines.at(-1)!.slice(8) : undefined;
  if (stopped !== undefined) throw refused(name, stopped);
  if (result.timedOut || result.exitCode !== 0 || lines.at(-1) !== lastWord) {
    const said = result.stderr.head.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
    const why = result.timedOut ? `no answer within ${timeoutMs / 1000} s` : `exit code ${result.exitCode}`;
    throw new OaopsError(
      'account-host-silent',
      said === ''
        ? `${name} did not tell everything about its accounts: ${why}`
        : `${name} did not tell everything about its accounts: ${why}: ${said}`,
      { exitCode: 3, next: 'Log in to it as the user of the inventory and with its "become", and try there.' },
    );
  }
  return lines;
}

function refused(host: string, said: string): OaopsError {
  const [kind, what] = said.split(' ');
  const error = (message: string, next: string) =>
    new OaopsError('account-host-refused', message, { exitCode: 3, next });
  switch (kind) {
    case 'needs-root':
      return error(`${host} tells and changes accounts only as root`, 'Give the directory "become: true".');
    case 'unreadable':
      return error(`${host}: ${what} cannot be read`, 'Give the directory "become: true".');
    case 'lacks':
      return error(`${host} has no ${what}`, 'Install the package that brings it: passwd or shadow-utils.');
    case 'other-uid':
      return error(`${host}: the account has another uid than a moment before`, 'Run the audit again.');
    default:
      return error(`${host} did not take the question: ${said}`, 'Look at the account by hand.');
  }
}

/** What follows `word ` in the lines that begin with it. */
export function toldBy(lines: readonly string[], word: string): string[] {
  return lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
}
