import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/reliability.md'), 'utf8');

test('each fault of docs/reliability.md names its test, and the test is there', () => {
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| fault '));
  expect(rows.length).toBeGreaterThan(40);
  const broken = rows.filter((row) => {
    const last = row.split(' | ').at(-1)!;
    const named = [...last.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    return (
      named.length === 0 || !named.every((name) => /^test\/.*\.test\.ts$/.test(name) && existsSync(join(root, name)))
    );
  });
  expect(broken).toEqual([]);
});
