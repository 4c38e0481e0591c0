import { z } from 'zod';
import { formatDuration } from '../../core/units.ts';
import { momentIn } from '../../core/zoned-time.ts';
import type { Action } from '../../engine/action.ts';
import { durationSchema } from '../../runbook/schema/common.ts';

const withSchema = z
  .strictObject({
    for: durationSchema.optional().describe('From the first start of this step, whatever happens in between.'),
    until: z.iso
      .datetime({ offset: true, error: 'not a time with a zone; write 2026-11-30T22:00:00+08:00' })
      .optional()
      .describe('A time with its zone: 2026-11-30T22:00:00+08:00.'),
    reason: z.string().optional().describe('What is waited for.'),
  })
  .refine((args) => (args.for === undefined) !== (args.until === undefined), {
    error: 'exactly one of for and until is needed',
    path: ['for'],
  });
type With = z.infer<typeof withSchema>;

/** Shorter waits stay in the process; for longer ones it ends, and `oaops tick` goes on when the time has come. */
export const longestWaitInProcessMs = 60_000;

/** A durable pause. */
export const wait: Action<With> = {
  name: 'wait',
  title: { en: 'Wait', 'zh-CN': '等待' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({ startedAt: z.string(), endedAt: z.string(), waitedMs: z.number() }),
  usesTargets: false,
  idempotent: true,
  canWait: true,
  describe: (args) => {
    const time =
      args.for === undefined
        ? `until ${args.until}`
        : `for ${typeof args.for === 'number' ? formatDuration(args.for) : args.for}`;
    return `wait ${time}${args.reason ? `: ${args.reason}` : ''}`;
  },
  async apply(args, context) {
    const { clock, stopping, signal } = context;
    const startedAtMs = (await context.firstWaitedAtMs()) ?? clock.nowMs();
    const untilMs = args.for === undefined ? Date.parse(args.until!) : startedAtMs + args.for;
    const leftMs = untilMs - clock.nowMs();
    if (leftMs > longestWaitInProcessMs) {
      const until = momentIn(context.timeZone, untilMs);
      return {
        status: 'waiting',
        message: `${args.reason ?? 'a pause'}: until ${until}`,
        next: `"oaops tick" goes on after ${until}; let cron or a systemd timer run it.`,
        wakeAtMs: untilMs,
      };
    }
    const woken = AbortSignal.any([stopping, signal]);
    // Again and again: timers may fire a little early, and the wall clock may be set back meanwhile.
    for (let left = leftMs; left > 0 && !woken.aborted; left = untilMs - clock.nowMs()) {
      await clock.sleep(Math.min(left, longestWaitInProcessMs), woken).catch(() => undefined);
    }
    if (signal.aborted) throw signal.reason;
    if (clock.nowMs() < untilMs) return { status: 'stopped', message: 'stopped while waiting' };
    const endedAtMs = clock.nowMs();
    return {
      status: 'ok',
      result: {
        startedAt: new Date(startedAtMs).toISOString(),
        endedAt: new Date(endedAtMs).toISOString(),
        waitedMs: endedAtMs - startedAtMs,
      },
    };
  },
  recover: async () => ({ status: 'not-started' }),
};
