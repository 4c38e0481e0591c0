import type { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../../core/clock.ts';
import { explain, isPassing } from './errors.ts';

export interface RetryPolicy {
  attempts: number;
  firstDelayMs: number;
  maxDelayMs: number;
}

/** The things around a call that all calls share: retries with back-off, words for failures, the server's time. */
export class S3Calls {
  readonly client: S3Client;
  readonly #location: string;
  readonly #clock: Clock;
  readonly #retry: RetryPolicy;
  #server: { timeMs: number; seenAtMs: number } | undefined;

  constructor(client: S3Client, location: string, clock: Clock, retry: RetryPolicy) {
    this.client = client;
    this.#location = location;
    this.#clock = clock;
    this.#retry = retry;
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        this.#noteDate((answer.response as { headers?: Record<string, string> } | undefined)?.headers?.['date']);
        return answer;
      },
      { step: 'deserialize', priority: 'low', name: 'oaopsServerDate' },
    );
  }

  /**
   * Runs `call` until it succeeds, fails for good, or the attempts are used up.
   * @param what for the error message: `store packs/ab/cd`
   */
  async run<T>(what: string, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        if (attempt >= this.#retry.attempts || !isPassing(error)) throw explain(error, this.#location, what);
        await this.pause(attempt, signal);
      }
    }
  }

  /** Doubles with each attempt; spread, so that many clients don't come back at one instant. */
  async pause(attempt: number, signal?: AbortSignal): Promise<void> {
    const delayMs = Math.min(this.#retry.maxDelayMs, this.#retry.firstDelayMs * 2 ** (attempt - 1));
    await this.#clock.sleep(delayMs * (0.5 + Math.random() / 2), signal);
  }

  get attempts(): number {
    return this.#retry.attempts;
  }

  /** The `Date` of the last answer, moved on by a clock that doesn't jump; undefined before the first. */
  serverTimeMs(): number | undefined {
    return this.#server && this.#server.timeMs + (this.#clock.monotonicMs() - this.#server.seenAtMs);
  }

  #noteDate(text: string | undefined): void {
    const timeMs = text === undefined ? Number.NaN : Date.parse(text);
    if (Number.isFinite(timeMs)) this.#server = { timeMs, seenAtMs: this.#clock.monotonicMs() };
  }
}

/**
 * The sha256 of the body, signed with the request: servers that check signatures check the body against it (Amazon S3 API
 * Reference, "Signature Calculations", `x-amz-content-sha256`), also those that ignore `x-amz-checksum-sha256`.
 */
export function sendPayloadHash(
  command: { middlewareStack: { add(middleware: never, options: never): void } },
  sha256: string,
): void {
  const middleware =
    (next: (args: unknown) => Promise<unknown>) => (args: { request: { headers: Record<string, string> } }) => {
      args.request.headers['x-amz-content-sha256'] = sha256;
      return next(args);
    };
  command.middlewareStack.add(middleware as never, { step: 'build', name: 'oaopsPayloadHash' } as never);
}
