/** Words of a command line before and after its first `--`; `after` is undefined when there is none. */
export function splitAtDashes(argv: readonly string[]): { before: string[]; after: string[] | undefined } {
  const at = argv.indexOf('--');
  return at < 0 ? { before: [...argv], after: undefined } : { before: argv.slice(0, at), after: argv.slice(at + 1) };
}
