/**
 * Keeps a frame in the terminal; started by tests under a real terminal. Argument: `wait` (until SIGINT; SIGUSR2 has it tell
 * that it went on), `write` (what others write meanwhile, by both streams), `throw` (an error that nobody catches).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { liveFrame } from '../../src/cli/render/live-frame.ts';

const frame = liveFrame(process.stderr, { hidesCursor: true });
let drawn = 0;
const draw = () => frame.draw(['first line', 'second line', `third line, drawn ${++drawn} times`]);

process.stdout.write('above\n');
draw();
if (process.argv[2] === 'wait') {
  let told = Number.POSITIVE_INFINITY;
  const timer = setInterval(() => {
    draw();
    if (drawn > told) process.stdout.write('went on\n');
    if (drawn > told) told = Number.POSITIVE_INFINITY;
  }, 20);
  process.on('SIGUSR2', () => {
    told = drawn + 5;
  });
  process.once('SIGINT', () => {
    clearInterval(timer);
    frame.clear();
    process.stdout.write('done\n');
  });
} else if (process.argv[2] === 'write') {
  process.stderr.write('a warning longer than a line of the frame is\n');
  process.stdout.write('half ');
  await delay(20);
  draw();
  process.stdout.write('and half, ');
  process.stdout.write('\u8d22\u52a1\ntwo lines\nat once\n', () => process.stderr.write('called back\n'));
  await delay(20);
  draw();
  process.stdout.write('no end');
  frame.clear();
  process.stdout.write(' of a line\n');
} else {
  process.stderr.write('a warning\n');
  throw new Error('nobody catches this');
}
