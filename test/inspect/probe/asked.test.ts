import { expect, test } from 'vitest';
import type { Host, ProcessRequest } from '../../../src/engine/ports.ts';
import { disk } from '../../../src/inspect/checks/disk.ts';
import { askHost } from '../../../src/inspect/probe/ask-host.ts';

test('a host is asked when the script goes over, however late its words come', async () => {
  let nowMs = 1000;
  const host = {
    run: async ({ onOutput }: ProcessRequest) => {
      // Logging in took 3 s; then everything came at once.
      nowMs = 4000;
      for (const line of ['m-0 begin q0', 'x', 'm-0 end q0 0']) onOutput!('stdout', line, false);
      return { exitCode: 0 };
    },
  } as unknown as Host;
  const clock = { nowMs: () => nowMs, sleep: (_: number, signal?: AbortSignal) => ended(signal) };
  const answers = await askHost(host, [{ id: 'q0', type: disk as never, words: ['space'], timeoutMs: 1000 }], {
    clock: clock as never,
    mark: 'm',
    signal: new AbortController().signal,
  });
  expect(answers.get('q0')).toMatchObject({ askedMs: 1000, answeredMs: 4000 });
});

function ended(signal?: AbortSignal): Promise<void> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason));
  });
}
