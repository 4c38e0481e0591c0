import { spawnSync } from 'node:child_process';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { writeOut } from '../../src/core/write-out.ts';

test('waits for a slow reader, and loses nothing', async () => {
  let taken = '';
  const slow = new Writable({
    highWaterMark: 8,
    write(chunk, _encoding, done) {
      taken += chunk;
      setImmediate(done);
    },
  });
  for (let line = 0; line < 100; line++) expect(await writeOut(slow, `${line}\n`)).toBe(true);
  await new Promise<void>((resolve) => slow.end(resolve));
  expect(taken.split('\n')).toHaveLength(101);
});

test('a stream that fails, or is closed, while it is waited for is given up', async () => {
  const failing = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => done(new Error('full')) });
  failing.on('error', () => {});
  expect(await writeOut(failing, 'x')).toBe(false);
  const closed = new Writable({ highWaterMark: 1, write: () => void closed.destroy() });
  expect(await writeOut(closed, 'x')).toBe(false);
  expect(await writeOut(closed, 'x')).toBe(false);
});

test('a reader that went away ends a list on standard output at once', () => {
  const script = `
    const { writeOut } = await import(${JSON.stringify(fileURLToPath(new URL('../../src/core/write-out.ts', import.meta.url)))});
    process.stdout.on('error', () => {});
    let lines = 0;
    while (lines < 5_000_000 && (await writeOut(process.stdout, 'a line of a long list, which nobody reads to its end\\n'))) lines++;
    process.stderr.write(String(lines));`;
  const pipe = '"$0" --input-type=module -e "$1" | head -1; echo "${PIPESTATUS[0]}"';
  const result = spawnSync('/bin/bash', ['-c', pipe, process.execPath, script], { encoding: 'utf8' });
  expect(result.stdout).toMatch(/\n0\n$/);
  expect(Number(result.stderr)).toBeLessThan(100_000);
});
