import { semverPattern } from './schema/semver-pattern.ts';

/**
 * Order of two semantic versions (semver.org 2.0.0, 11): negative, 0 or positive. Build metadata does not count.
 * A text that is no semantic version comes before all that are.
 */
export function compareVersions(a: string, b: string): number {
  const left = semverPattern.exec(a);
  const right = semverPattern.exec(b);
  if (!left || !right) return Number(Boolean(left)) - Number(Boolean(right));
  for (let part = 1; part <= 3; part++) {
    const difference = BigInt(left[part]!) - BigInt(right[part]!);
    if (difference !== 0n) return difference > 0n ? 1 : -1;
  }
  return comparePreRelease(left[4], right[4]);
}

function comparePreRelease(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  // 1.0.0-rc.1 comes before 1.0.0.
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const x = left[i];
    const y = right[i];
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    if (x === y) continue;
    const numbers = [/^\d+$/.test(x), /^\d+$/.test(y)] as const;
    if (numbers[0] && numbers[1]) return BigInt(x) > BigInt(y) ? 1 : -1;
    if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1;
    return x > y ? 1 : -1;
  }
  return 0;
}
