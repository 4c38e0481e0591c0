import { readFileSync } from 'node:fs';
import type { TestContext } from 'vitest';
import { postgresBin } from './postgres.ts';
import { which } from './restore-script.ts';

/** `program:package` pairs, kept in one place: what is not named there would be missing on a fresh machine. */
const setup = readFileSync(new URL('../../bin/test-setup', import.meta.url), 'utf8');
const packages = new Map(
  /^wanted='([^']*)'/m
    .exec(setup)![1]!
    .trim()
    .split(/\s+/)
    .map((entry) => entry.split(':') as [string, string]),
);

/** Debian packages of those programs that this machine does not have. */
export function packagesMissing(...programs: string[]): string[] {
  for (const program of programs) if (!packages.has(program)) throw new Error(`${program} is not in bin/test-setup`);
  // Debian keeps the server's programs out of PATH.
  const found = (program: string) => (program === 'postgres' ? postgresBin() : which(program));
  const missing = programs.filter((program) => found(program) === undefined);
  return [...new Set(missing.map((program) => packages.get(program)!))];
}

/** For `beforeEach(needs('age'))`, or in a test `needs('age')(context)`: leaves the test out and says what to install. */
export function needs(...programs: string[]): (context: Pick<TestContext, 'skip'>) => void {
  const missing = packagesMissing(...programs);
  return ({ skip }) => {
    if (missing.length > 0) skip(`install ${missing.join(', ')}`);
  };
}
