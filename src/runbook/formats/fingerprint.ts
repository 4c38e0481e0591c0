import { sha256Hex } from '../../core/json.ts';
import type { Finding } from '../types.ts';

/**
 * An identity for each finding that survives lines moving: file, rule and message, and a number where those are the same.
 * `pathOf` gives the path that the report shows.
 */
export function fingerprints(findings: readonly Finding[], pathOf: (file: string) => string): string[] {
  const seen = new Map<string, number>();
  return findings.map(({ file, rule, message }) => {
    const key = `${pathOf(file)}\n${rule}\n${message}`;
    const number = seen.get(key) ?? 0;
    seen.set(key, number + 1);
    return sha256Hex(`${key}\n${number}`);
  });
}
