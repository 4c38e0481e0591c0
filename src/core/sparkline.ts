/** One block a value, from zero to the greatest; a dot where there is none. At most the last 40. */
export function sparkline(values: readonly (number | null)[]): string {
  const shown = values.slice(-40);
  const most = Math.max(...shown.map((value) => value ?? 0)) || 1;
  const blocks = '▁▂▃▄▅▆▇█';
  return shown
    .map((value) => (value === null ? '·' : blocks[Math.max(0, Math.min(7, Math.floor((value / most) * 8)))]))
    .join('');
}
