import { z } from 'zod';
import { durationSchema } from '../../runbook/schema/common.ts';
import { limitsObject, limitsSchema, measured, worst } from '../judging/limits.ts';
import type { Judged, NearCheckType } from '../types.ts';
import { percentile, runLoad } from '../web/load-run.ts';
import { textOf } from '../web/secret-text.ts';
import { isGoodStatus, placeOf, requestHeaders, requestKeys, statusesSchema } from './http.ts';

/** Nobody brings down a system with a check: more is the business of a tool for it, and of those who run the system. */
const mostRequests = 50_000;

const withSchema = z
  .strictObject({
    ...requestKeys,
    status: statusesSchema,
    concurrency: z
      .int()
      .min(1)
      .max(200)
      .default(10)
      .describe('Requests under way at once, each on a connection of its own.'),
    requests: z
      .int()
      .min(1)
      .max(mostRequests)
      .optional()
      .describe(`How many are measured; absent with "duration" = as many as fit in, at most ${mostRequests}.`),
    duration: durationSchema
      .refine((ms) => ms <= 300_000, { error: 'not a duration that a load may have; write at most 5m' })
      .optional()
      .describe('For how long requests are sent, at most 5m. The time limit of the check must leave room for it.'),
    warmUp: z
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .describe('Requests before, which are not counted; where none is answered well, nothing more is sent.'),
    keepAlive: z.boolean().default(true).describe('false: a new connection for each request.'),
    timeout: durationSchema.default(10_000).describe('For one answer.'),
    p50: limitsObject().optional().describe('Seconds within which half of the answers came.'),
    p90: limitsObject().optional(),
    p95: limitsObject().optional(),
    p99: limitsObject().optional(),
    throughput: limitsObject()
      .optional()
      .describe('Answers a second: "100:" for at least 100. The check itself sends some thousands at most.'),
    errors: limitsSchema({ warn: 0, fail: 1 }).describe('Requests without a good answer, in percent.'),
  })
  .refine(({ requests, duration }) => requests !== undefined || duration !== undefined, {
    error: 'nothing says how long: write requests or duration',
    path: ['requests'],
  });
type With = z.infer<typeof withSchema>;

/** A URL under load: percentiles of the time until the answer is there, answers a second, errors. It is a load: agree on it with who runs the system. */
export const httpLoad: NearCheckType<With> = {
  name: 'http-load',
  place: 'here',
  title: { en: 'URL under load', 'zh-CN': '网址并发性能' },
  withSchema,
  async measure(args, doors, _about, signal) {
    const url = await textOf(args.url, doors);
    const door = await doors.load();
    const session = door.open({
      url,
      method: args.method,
      headers: await requestHeaders(args, doors),
      timeoutMs: args.timeout,
      connections: args.concurrency,
      keepAlive: args.keepAlive,
      ...(args.body === undefined ? {} : { body: await textOf(args.body, doors) }),
      ...(args.caFile === undefined ? {} : { caFile: args.caFile }),
    });
    try {
      const plan = {
        concurrency: args.concurrency,
        warmUp: args.warmUp,
        requests: args.requests ?? mostRequests,
        durationMs: args.duration,
        isGood: (status: number) => isGoodStatus(status, args.status),
      };
      const found = await runLoad(session, plan, () => doors.monotonicMs(), signal);
      if ('refused' in found)
        return {
          state: 'fail',
          message: `${placeOf(args.url, url)} answers none of ${args.warmUp} requests well: ${told(found.refused)}`,
        };
      return judge(args, placeOf(args.url, url), found);
    } finally {
      session.close();
    }
  },
};

function told(problems: ReadonlyMap<string, number>): string {
  return [...problems]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 5)
    .map(([problem, count]) => `${problem} (${count})`)
    .join(', ');
}

function judge(
  args: With,
  place: string,
  {
    requests,
    seconds,
    problems,
    elapsedSeconds,
    bytes,
  }: Exclude<Awaited<ReturnType<typeof runLoad>>, { refused: unknown }>,
): Judged {
  const errors = requests - seconds.length;
  const percent = Math.ceil((errors / requests) * 10_000) / 100;
  const failed = measured({ name: 'errors', value: percent, unit: '%', min: 0, max: 100 }, args.errors);
  if (seconds.length === 0)
    return {
      state: 'fail',
      message: `${place} answers none of ${requests} requests well: ${told(problems)}`,
      measures: [failed.measure],
    };
  const times = (['p50', 'p90', 'p95', 'p99'] as const).map((name) =>
    measured({ name, value: rounded(percentile(seconds, Number(name.slice(1)))), unit: 's', min: 0 }, args[name] ?? {}),
  );
  const rate = Math.round((seconds.length / elapsedSeconds) * 10) / 10;
  const speed = measured({ name: 'throughput', value: rate, unit: '', min: 0 }, args.throughput ?? {});
  const ms = (value: number) => Math.round(value * 10_000) / 10;
  const [p50, , p95, p99] = times.map(({ measure }) => ms(measure.value));
  return {
    state: worst([failed.state, speed.state, ...times.map(({ state }) => state)]),
    message: `${place}: ${rate} answers a second at ${args.concurrency} at once, p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, ${percent} % errors`,
    measures: [...times.map(({ measure }) => measure), speed.measure, failed.measure],
    details: [
      `${requests} requests in ${rounded(elapsedSeconds)} s, ${bytes} bytes`,
      `slowest answer: ${ms(seconds.at(-1)!)} ms`,
      ...(errors > 0 ? [`without a good answer: ${told(problems)}`] : []),
    ],
  };
}

function rounded(value: number): number {
  return Math.round(value * 1e5) / 1e5;
}
