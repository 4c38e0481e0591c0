/** Reading what probes print: lines that begin with a word, and the figures after it. */

/** What stands after each first word; of a word that comes twice, its first line. */
export function told(lines: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of lines) {
    const [word, rest] = cut(line);
    if (!found.has(word)) found.set(word, rest);
  }
  return found;
}

/** What stands after a first word, of all lines that begin with it. */
export function toldOf(lines: readonly string[], word: string): string[] {
  return lines.map(cut).flatMap(([first, rest]) => (first === word ? [rest] : []));
}

function cut(line: string): [word: string, rest: string] {
  const at = line.indexOf(' ');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

/** A number that is not negative, in plain digits; undefined: it is none. */
export function figure(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}(\.\d{1,12})?$/.test(text) ? Number(text) : undefined;
}

/** As `figure`, without a fraction. */
export function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Rounded for people and measures. */
export function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
