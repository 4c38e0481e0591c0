import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../commands');

/**
 * `await using` gives everything back when the block is left, and `return work(app)` leaves it before the work has begun: connections that it opens are
 * never closed, and the process never ends.
 */
test('a command waits for what it does before it gives its connections back', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const early = files.flatMap((name) => {
    const text = readFileSync(join(root, name), 'utf8');
    const blocks = text.split('await using app').slice(1);
    const bodies = blocks.map((block) => block.slice(0, block.search(/^ {2}\}$/m)));
    return bodies.flatMap((body) =>
      [...body.matchAll(/\breturn (?!await )[\w.#]+\(\s*app\b/g)].map(
        ([call]) => `${name}: ${call.replace(/\s+/g, ' ')}`,
      ),
    );
  });
  expect(files.length).toBeGreaterThan(40);
  expect(early).toEqual([]);
});
