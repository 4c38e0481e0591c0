import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lineOutput } from '../../src/actions/command.ts';
import { OutputCapture as ProcessCapture } from '../../src/connectors/process/capture.ts';
import { Redactor } from '../../src/core/redaction.ts';
import { OutputCapture as AttemptCapture } from '../../src/engine/run/capture.ts';

const secret = 'correct-horse-battery-staple';

/** What a process prints, on its way through the connector, the action and the engine: live texts and the kept file. */
function shown(chunks: readonly string[], secrets: readonly string[]): { live: string; kept: string } {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-cut-'));
  try {
    const redactor = new Redactor();
    for (const value of secrets) redactor.add(value);
    const live: string[] = [];
    const attempt = new AttemptCapture(redactor, (_stream, text) => live.push(text));
    const pass = lineOutput({ output: (stream, text) => attempt.write(stream, text) });
    const process = new ProcessCapture((text, goesOn) => pass('stdout', text, goesOn));
    for (const chunk of chunks) process.push(Buffer.from(chunk));
    process.finish();
    const [file] = attempt.close(dir, 'do-1');
    return { live: live.join('|'), kept: file ? readFileSync(join(dir, file.name), 'utf8') : '' };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Longest piece of the secret that can be read. */
function longestPiece(text: string, value: string): number {
  for (let length = value.length; length > 1; length--) {
    for (let at = 0; at + length <= value.length; at++) if (text.includes(value.slice(at, at + length))) return length;
  }
  return 0;
}

it('a secret that lies across a cut of a long line is shown in no half (property)', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -40, max: 40 }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom('#', ' ', '王', '🔥'),
      fc.integer({ min: 500, max: 70_000 }),
      (offset, cuts, filler, chunkChars) => {
        const before = Math.floor((cuts * 64 * 1024 + offset) / filler.length);
        const line = filler.repeat(before) + secret + filler.repeat(40_000);
        const chunks: string[] = [];
        for (let at = 0; at < line.length; at += chunkChars)
          chunks.push(line.slice(at, at + chunkChars).toWellFormed());
        const whole = chunkChars % 2 === 0 || filler !== '🔥' ? chunks : [line];
        const { live, kept } = shown(whole, [secret, `${secret}-and-more`, 'battery']);
        expect(live).toContain('***');
        expect(longestPiece(live, secret)).toBeLessThan(5);
        expect(longestPiece(kept, secret)).toBeLessThan(5);
      },
    ),
    { numRuns: 40 },
  );
});

it('an output of nothing but secrets is passed on, and stays hidden', () => {
  const { live, kept } = shown(Array(50).fill('aaaa'.repeat(16 * 1024)), ['aaaa']);
  expect(live).not.toContain('aaaa');
  expect(kept).not.toContain('aaaa');
  expect(live.length).toBeGreaterThan(0);
});

it('characters of two units are not cut in halves', () => {
  const { live } = shown([`x${'🔥'.repeat(80_000)}`], [secret]);
  expect(live.replaceAll('|', '').isWellFormed()).toBe(true);
  expect(live.split('|').every((text) => text.isWellFormed())).toBe(true);
});

it('many short lines cost time in proportion', () => {
  const line = `${'word '.repeat(16)}\n`;
  const { kept } = shown(Array(200).fill(line.repeat(1000)), [secret]);
  expect(kept).toContain('characters left out');
});

it('a long line without spaces is redacted in no time', () => {
  const line = 'a.'.repeat(512 * 1024);
  expect(new Redactor().redact(line)).toBe(line);
});
