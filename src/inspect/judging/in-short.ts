/** The first of several facts for a message, and how many there are besides. */
export function inShort(facts: readonly string[]): string {
  const [first = ''] = facts;
  return facts.length > 1 ? `${first}; and ${facts.length - 1} more besides` : first;
}

/** Details of what `inShort` tells: nothing when that was all. */
export function inFull(facts: readonly string[]): string[] {
  return facts.length > 1 ? [...facts] : [];
}

/** The same lines put together, the most frequent first: `3 x nginx: no such file`. */
export function inGroups(lines: readonly string[], most = 30): string[] {
  const groups = [...Map.groupBy(lines, (line) => line)].map(([line, all]) => ({ line, count: all.length }));
  return groups
    .sort((a, b) => b.count - a.count)
    .slice(0, most)
    .map(({ line, count }) => (count === 1 ? line : `${count} x ${line}`));
}
