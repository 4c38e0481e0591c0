/**
 * Lets a flag stand alone, which stands for its first value: `--delta` as well as `--delta=content` and `--delta content`.
 * What follows `--` is left as it is.
 */
export function withOptionalValue(
  argv: readonly string[],
  flag: string,
  values: readonly [string, ...string[]],
): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, i) => {
    const isAlone = word === `--${flag}` && (end < 0 || i < end) && !values.includes(argv[i + 1] ?? '');
    return isAlone ? `${word}=${values[0]}` : word;
  });
}
