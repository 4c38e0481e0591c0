import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { frameOn } from '../../../src/cli/render/frame.ts';
import { hasTmux, Tmux } from '../../helpers/tmux.ts';

const player = `${process.execPath} ${fileURLToPath(new URL('../../helpers/draw-frames.ts', import.meta.url))}`;

describe.skipIf(!hasTmux)('a terminal that gets narrower', () => {
  test.each(['folding', 'cutting'])('keeps nothing of the frames before, and all that was above: %s', async (kind) => {
    using tmux = new Tmux(`frame-${kind}`);
    tmux.start('frame', 60, `${player} ${kind}`);
    await tmux.screen('frame', /third a/);
    tmux.resize('frame', 40, 24);
    const shown = await tmux.everything('frame', /below/);
    const line = (word: string) => `${word} `.padEnd(38, 'e');
    const above = Array.from({ length: 8 }, (_, i) => `above ${i}`);
    expect(shown.split('\n')).toEqual([...above, line('first'), 'second', line('third'), 'below']);
  });
});

test('a frame is sent when it or the size has changed, and then whole: something may have been typed into it', () => {
  let written = '';
  const stream = { columns: 80, rows: 24, write: (text: string) => (written += text) };
  const frame = frameOn(stream);
  const sent = (lines: string[]) => {
    written = '';
    frame.draw(lines);
    return written;
  };
  expect(sent(['one', 'two', 'three'])).toMatch(/one.*two.*three/s);
  expect(sent(['one', 'two', 'three'])).toBe('');
  expect(sent(['one', 'TWO', 'three'])).toMatch(/one.*TWO.*three/s);
  stream.columns = 40;
  expect(sent(['one', 'TWO', 'three'])).toMatch(/one.*TWO.*three/s);
  // Of more lines than there are rows, the last ones.
  stream.rows = 2;
  expect(sent(['one', 'TWO', 'three'])).not.toMatch(/one/);
});
