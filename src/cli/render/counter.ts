import { type LiveTerminal, liveFrame } from './live-frame.ts';

/** `12/50 hosts` on one line of a terminal, taken off when disposed. */
export interface Counter extends Disposable {
  more: () => void;
}

/** Shows nothing where `on` is false or there is no terminal. */
export function counterOn(stream: LiveTerminal, words: (done: number) => string, on: boolean): Counter {
  const shown = on && stream.isTTY === true;
  const frame = liveFrame(stream);
  let done = 0;
  return {
    more() {
      done++;
      if (shown) frame.draw([words(done)]);
    },
    [Symbol.dispose]: () => frame.clear(),
  };
}
