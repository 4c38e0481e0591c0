import type { RandomSource } from '../../core/ids.ts';

/** Without signs that look alike on paper, and without those that keyboards of other countries move about. */
const classes = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnpqrstuvwxyz', '23456789', '+-.,=%'] as const;

/** A one-time password of `length` signs, each class at least once: what common rules for complexity ask for. */
export function oneTimePassword(random: RandomSource, length: number): string {
  const all = classes.join('');
  const signs = classes.map((signs) => pick(random, signs));
  while (signs.length < length) signs.push(pick(random, all));
  // Fisher-Yates: the four that are there for sure stand anywhere.
  for (let at = signs.length - 1; at > 0; at--) {
    const other = below(random, at + 1);
    [signs[at], signs[other]] = [signs[other]!, signs[at]!];
  }
  return signs.join('');
}

function pick(random: RandomSource, signs: string): string {
  return signs[below(random, signs.length)]!;
}

/** Evenly: a byte beyond the last whole multiple is thrown away. */
function below(random: RandomSource, count: number): number {
  const limit = 256 - (256 % count);
  for (;;) {
    const [byte] = random(1);
    if (byte! < limit) return byte! % count;
  }
}
