/**
 * Draws frames of sixty columns in a terminal that gets narrower, without having heard of it at first; started by
 * tests under a real terminal. Argument `cutting`: on the alternate screen, whose lines tmux cuts off; it folds those of the other.
 */
import { frameOn } from '../../src/cli/render/frame.ts';

const size = { columns: 60, rows: 24, write: (text: string) => process.stdout.write(text) };
const frame = frameOn(size);
const lines = (sign: string) => ['first', 'second', 'third'].map((word) => `${word} `.padEnd(size.columns - 2, sign));

if (process.argv[2] === 'cutting') process.stdout.write('\u001b[?1049h');
// tmux scrolls one line for each that it folds, whatever room there is below: what it scrolls off must not be ours.
for (let i = 0; i < 8; i++) process.stdout.write(`above ${i}\r\n`);
frame.draw(lines('a'));
const waiting = setInterval(() => {}, 1000);
process.stdout.once('resize', () => {
  const [one, ...more] = lines('b');
  frame.draw([one!, ...lines('a').slice(1)]);
  frame.draw([one!, ...more]);
  frame.draw([...lines('c'), ...lines('d')]);
  size.columns = process.stdout.columns;
  frame.draw(lines('e'));
  frame.draw(lines('e').with(1, 'second'));
  frame.leave();
  process.stdout.write('below\r\n');
  clearInterval(waiting);
});
