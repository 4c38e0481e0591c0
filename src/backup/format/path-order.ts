import type { ByteString } from './byte-string.ts';

const slash = 47;

/** Manifest order: bytes, where `/` is lower than any other byte; `.` (the folder `/`) comes first. Negative: `a` before `b`. */
export function comparePaths(a: ByteString, b: ByteString): number {
  if (a === b) return 0;
  if (a === '.') return -1;
  if (b === '.') return 1;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return (x === slash ? 0 : x) - (y === slash ? 0 : y);
  }
  return a.length - b.length;
}
