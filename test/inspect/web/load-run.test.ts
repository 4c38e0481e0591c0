import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoadOutcome } from '../../../src/inspect/ports.ts';
import { percentile, runLoad } from '../../../src/inspect/web/load-run.ts';

const ok: LoadOutcome = { status: 200, problem: null, bytes: 10 };
const isGood = (status: number) => status === 200;
const signal = new AbortController().signal;

describe('by a clock of its own', () => {
  /** A server whose answers take these times in ms, one after the other, again and again. */
  const scripted = (timesMs: number[], answer: (n: number) => LoadOutcome = () => ok) => {
    let nowMs = 0;
    let sent = 0;
    let under = 0;
    let most = 0;
    const session = {
      once: async () => {
        const n = sent++;
        most = Math.max(most, ++under);
        await null;
        nowMs += timesMs[n % timesMs.length]!;
        under--;
        return answer(n);
      },
      close: () => {},
    };
    return { session, clock: () => nowMs, sent: () => sent, most: () => most };
  };

  test('so many requests, those before not counted', async () => {
    const server = scripted([10, 20, 30, 40]);
    const plan = { concurrency: 1, warmUp: 4, requests: 8, durationMs: undefined, isGood };
    const found = await runLoad(server.session, plan, server.clock, signal);
    expect(found).toMatchObject({ requests: 8, bytes: 80, elapsedSeconds: 0.2 });
    expect('seconds' in found && [...found.seconds]).toEqual([0.01, 0.01, 0.02, 0.02, 0.03, 0.03, 0.04, 0.04]);
    expect(server.sent()).toBe(12);
  });

  test('for so long, and never more than the most', async () => {
    const server = scripted([100]);
    const plan = { concurrency: 1, warmUp: 1, requests: 1000, durationMs: 1000, isGood };
    expect(await runLoad(server.session, plan, server.clock, signal)).toMatchObject({
      requests: 10,
      elapsedSeconds: 1,
    });
    const capped = scripted([1]);
    expect(await runLoad(capped.session, { ...plan, requests: 50 }, capped.clock, signal)).toMatchObject({
      requests: 50,
    });
  });

  test('no more at once than was said', async () => {
    const server = scripted([1]);
    await runLoad(
      server.session,
      { concurrency: 7, warmUp: 1, requests: 100, durationMs: undefined, isGood },
      server.clock,
      signal,
    );
    expect(server.most()).toBe(7);
    expect(server.sent()).toBe(101);
  });

  test('a server that is down gets the warm-up and nothing more', async () => {
    const server = scripted([1], () => ({ status: 503, problem: null, bytes: 0 }));
    const plan = { concurrency: 5, warmUp: 10, requests: 1000, durationMs: undefined, isGood };
    expect(await runLoad(server.session, plan, server.clock, signal)).toEqual({ refused: new Map([['503', 10]]) });
    expect(server.sent()).toBe(10);
  });

  test('errors are counted by what they are, and are no times', async () => {
    const answers: LoadOutcome[] = [
      ok,
      { status: 500, problem: null, bytes: 1 },
      { status: null, problem: 'ECONNRESET', bytes: 0 },
      ok,
    ];
    const server = scripted([1], (n) => answers[n % 4]!);
    const plan = { concurrency: 1, warmUp: 4, requests: 40, durationMs: undefined, isGood };
    const found = await runLoad(server.session, plan, server.clock, signal);
    expect(found).toMatchObject({
      problems: new Map([
        ['500', 10],
        ['ECONNRESET', 10],
      ]),
    });
    expect('seconds' in found && found.seconds.length).toBe(20);
  });
});

test('percentiles by the nearest rank', () => {
  const values = (count: number) => Float64Array.from({ length: count }, (_, index) => index + 1);
  expect([50, 90, 95, 99].map((percent) => percentile(values(100), percent))).toEqual([50, 90, 95, 99]);
  expect([50, 99].map((percent) => percentile(values(1), percent))).toEqual([1, 1]);
  expect(percentile(values(0), 50)).toBeNaN();
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1 }),
      fc.integer({ min: 1, max: 100 }),
      (list, percent) => {
        const sorted = Float64Array.from(list).sort();
        const value = percentile(sorted, percent);
        expect(list.filter((one) => one <= value).length / list.length).toBeGreaterThanOrEqual(percent / 100 - 1e-9);
      },
    ),
  );
});
