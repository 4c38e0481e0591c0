import { randomInt } from 'node:crypto';

/** Of the run; told by the test that uses it. */
export const faultSeed = Number(process.env['OAOPS_TEST_SEED'] ?? randomInt(2 ** 31));

/** `OAOPS_FAULTS=all` runs every case of the sweeps instead of a sample. */
export const everyFault = process.env['OAOPS_FAULTS'] === 'all';

/**
 * So many of the cases, chosen by the seed, in their order: as many different `rows` and `columns` as there can be (a call, and what
 * happens to it). All of them with `OAOPS_FAULTS=all`.
 */
export function sampleOf<T>(
  cases: readonly T[],
  size: number,
  row: (one: T) => unknown,
  column: (one: T) => unknown,
): T[] {
  if (everyFault || cases.length <= size) return [...cases];
  let state = faultSeed | 1;
  const random = () => {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9;
    return state >>> 8;
  };
  const left = cases.map((one, index) => ({ one, index, order: random() })).sort((a, b) => a.order - b.order);
  const seen = new Map<unknown, number>();
  const times = (key: unknown) => seen.get(key) ?? 0;
  const chosen: typeof left = [];
  while (chosen.length < size) {
    let best = 0;
    const weight = (at: number) => times(row(left[at]!.one)) * 2 + times(column(left[at]!.one));
    for (let at = 1; at < left.length; at++) if (weight(at) < weight(best)) best = at;
    const [next] = left.splice(best, 1);
    chosen.push(next!);
    for (const key of [row(next!.one), column(next!.one)]) seen.set(key, times(key) + 1);
  }
  return chosen.sort((a, b) => a.index - b.index).map(({ one }) => one);
}
