import { usageError } from '../../core/errors.ts';

/**
 * One word for a POSIX shell (XCU 2.2.2): inside single quotes nothing is special, so every value arrives unchanged.
 * The only function in oaops that turns a value into shell text.
 * @throws OaopsError `nul-in-value` (exit 2): no process can receive a NUL byte in an argument or a variable
 */
export function posixQuote(value: string): string {
  if (value.includes('\0')) {
    throw usageError('nul-in-value', 'an argument or environment value contains a NUL byte', {
      next: 'Pass binary data on stdin or in a file.',
    });
  }
  if (/^[A-Za-z0-9_@%+:,./-]+$/.test(value)) return value;
  return `'${value.replaceAll("'", "'\\''")}'`;
}

/** The words of a command line. */
export function posixQuoteAll(values: readonly string[]): string {
  return values.map(posixQuote).join(' ');
}

/** Names that a POSIX shell takes in `export NAME=value`. */
export const envNamePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Lines of `export` for a set of variables.
 * @throws OaopsError `env-name-invalid` (exit 2)
 */
export function exportLines(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => {
      assertEnvName(name);
      return `export ${name}=${posixQuote(value)}\n`;
    })
    .join('');
}

/** The variables of a command as lines for the supervisor; the name of its unit is not for others to set. */
export function commandVariables(env: Readonly<Record<string, string>> = {}): string {
  const { OAOPS_UNIT: _, ...others } = env;
  return exportLines(others);
}

/** @throws OaopsError `env-name-invalid` (exit 2) */
export function assertEnvName(name: string): void {
  if (!envNamePattern.test(name)) {
    throw usageError('env-name-invalid', `"${name}" is not a name of an environment variable`, {
      next: 'Use letters, digits and underscores, not starting with a digit.',
    });
  }
}
