import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** Members by event, as the types in the sources have them; `?` after those that may be absent. */
function eventsOfSources(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, event, body] of read('src/core/events.ts').matchAll(
    /event: '([a-z.]+)';([\s\S]*?)\n? *\}(?:\n|;\n)(?! *\|? *\w+:)/g,
  )) {
    const plain = body!.replace(/\/\*\*[\s\S]*?\*\//g, '').replace(/\{[^{}]*\}/g, 'object');
    const members = [...plain.matchAll(/(?:^|[\s;])(\w+\??):/g)].map(([, name]) => name!);
    found.set(
      event!,
      members.filter((name) => !['time', 'run'].includes(name)),
    );
  }
  return found;
}

function eventsOfDocs(): Map<string, string[]> {
  const section = read('docs/engine.md').split('## The event stream')[1]!.split('\n## ')[0]!;
  return new Map(
    [...section.matchAll(/^\| `([a-z.]+)` \| ([^|]*) \|/gm)].map(([, event, members]) => [
      event!,
      [...members!.matchAll(/`(\w+)`(\??)/g)].map(([, name, optional]) => `${name}${optional}`),
    ]),
  );
}

test('the documents list every event of the stream with its members', () => {
  const sources = eventsOfSources();
  expect(sources.size).toBeGreaterThanOrEqual(11);
  expect(Object.fromEntries(eventsOfDocs())).toEqual(Object.fromEntries(sources));
});
