/** The same lines put together, the most frequent first: `3 x nginx: no such file`. */
export function inGroups(lines: readonly string[], most = 30): string[] {
  const groups = [...Map.groupBy(lines, (line) => line)].map(([line, all]) => ({ line, count: all.length }));
  return groups
    .sort((a, b) => b.count - a.count)
    .slice(0, most)
    .map(({ line, count }) => (count === 1 ? line : `${count} x ${line}`));
}
