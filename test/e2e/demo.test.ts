import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Without what differs from run to run: ids, times, durations, ages, sizes, the place of the checkout. */
function shape(text: string): string[] {
  return (
    text
      // The README shows places below the checkout.
      .replaceAll(`${root}/`, '')
      .split('\n')
      .map((line) =>
        line
          .replace(/\b[0-9a-f]{8,}\b|\d{8}T\d{6}Z/g, 'ID')
          .replace(/\d+(\.\d+)?/g, 'N')
          .replace(/\b(ms|s|min N s|min)\b/g, 'T')
          .replace(/\s+/g, ' ')
          .trim(),
      )
      .filter((line) => line !== '')
  );
}

it('the demo ends well, and the README shows what it prints', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/demo/demo.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8' },
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toContain('This is what a sabotaged drill must say.');
  const shown = /<!-- demo -->\n```text\n([\s\S]+?)\n```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1];
  expect(shown).toBeDefined();
  const printed = new Set(shape(stdout));
  expect(shape(shown!).filter((line) => !printed.has(line))).toEqual([]);
});
