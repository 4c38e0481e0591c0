import { EventEmitter } from 'node:events';
import type { ClientChannel } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { HeldChannel } from '../../../src/connectors/ssh/held-channel.ts';

/** A channel whose far side does what it is told when the word has come. */
class Channel extends EventEmitter {
  writableEnded = false;
  readonly said: string[] = [];
  readonly #answer: (channel: Channel) => void;
  constructor(answer: (channel: Channel) => void) {
    super();
    this.#answer = answer;
  }
  end(word = ''): void {
    this.writableEnded = true;
    this.said.push(word);
    this.#answer(this);
  }
  exit(code: number | null, signal?: string): void {
    this.emit('exit', code, signal);
    this.close();
  }
  close(): void {
    this.emit('close');
  }
}

function held(answer: (channel: Channel) => void) {
  const channel = new Channel(answer);
  return { channel, held: new HeldChannel(channel as unknown as ClientChannel) };
}

describe('a word to a script that waits for it', () => {
  it('is done when the script has ended well', async () => {
    const done = held((channel) => channel.exit(0));
    expect(await done.held.say('forget')).toBe(true);
    expect(done.channel.said).toEqual(['forget\n']);
  });

  it.each<[string, (channel: Channel) => void]>([
    ['the connection is lost', (channel) => channel.close()],
    ['the script was let go of', (channel) => channel.exit(3)],
    ['it was killed', (channel) => channel.exit(null, 'KILL')],
  ])('is not done when %s', async (_what, answer) => {
    expect(await held(answer).held.say('forget')).toBe(false);
  });

  it('need not be said when the script did it by itself', async () => {
    const gone = held(() => {});
    gone.channel.exit(0);
    expect(await gone.held.say('forget')).toBe(true);
    expect(gone.channel.said).toEqual([]);
  });
});
