import type { Clock } from '../../core/clock.ts';
import { messageOf, OaopsError } from '../../core/errors.ts';
import type { Host } from '../../engine/ports.ts';
import type { BecomeSpec } from '../../runbook/types.ts';
import type { Answer } from '../types.ts';
import { AnswerReader } from './read.ts';
import { probeScript, type Question } from './script.ts';

/** A question with the time that its answer may take. */
export interface TimedQuestion extends Question {
  timeoutMs: number;
}

/** An answer, when it was asked for and when it had come; or why there is none. */
export type Asked =
  | { answer: Answer; askedMs: number; answeredMs: number }
  | { reason: string; next?: string; hung?: boolean };

/** Before the first question: logging in is over, so this is the shell and a slow `sudo`. */
const firstWordMs = 30_000;

/**
 * Asks a host all questions in one script. One that does not end in its time is ended with everything that it has started, and the others are
 * asked on without it: a check that hangs takes only its own answer.
 * @throws OaopsError when the host cannot be asked at all; whatever `signal` was aborted with
 */
export async function askHost(
  host: Host,
  questions: readonly TimedQuestion[],
  context: { clock: Clock; mark: string; become?: BecomeSpec | undefined; signal: AbortSignal },
): Promise<ReadonlyMap<string, Asked>> {
  const found = new Map<string, Asked>();
  let left = [...questions];
  for (let round = 0; left.length > 0; round++) {
    context.signal.throwIfAborted();
    const { answers, stuck, trouble } = await askOnce(host, left, { ...context, mark: `${context.mark}-${round}` });
    for (const [id, asked] of answers) found.set(id, asked);
    const before = left.length;
    left = left.filter(({ id }) => !answers.has(id));
    if (stuck !== undefined) {
      const [hung] = left.filter(({ id }) => id === stuck);
      left = left.filter(({ id }) => id !== stuck);
      if (hung) found.set(stuck, { reason: trouble ?? `no answer within ${hung.timeoutMs / 1000} s`, hung: true });
    }
    // Nothing was answered, and none stands in the way: asking again would go on for ever.
    if (left.length === before) {
      const reason = trouble ?? 'the host did not answer';
      for (const { id } of left) found.set(id, { reason });
      break;
    }
  }
  return found;
}

async function askOnce(
  host: Host,
  questions: readonly TimedQuestion[],
  { clock, mark, become, signal }: { clock: Clock; mark: string; become?: BecomeSpec | undefined; signal: AbortSignal },
): Promise<{ answers: Map<string, Asked>; stuck: string | undefined; trouble: string | undefined }> {
  const limits = new Map(questions.map(({ id, timeoutMs }) => [id, timeoutMs]));
  const late = new AbortController();
  const begun = new Set<string>();
  const ended = new Map<string, number>();
  let watch = new AbortController();
  const watchFor = (ms: number) => {
    watch.abort();
    watch = new AbortController();
    const { signal: over } = watch;
    clock.sleep(ms, over).then(
      () => late.abort(new OaopsError('probe-late', 'no answer in time')),
      () => {},
    );
  };
  const reader = new AnswerReader(mark, (id) => {
    begun.add(id);
    watchFor(limits.get(id) ?? firstWordMs);
  });
  const { text, words } = probeScript(questions, mark);
  watchFor(firstWordMs);
  // All questions go over now. The word that one begins has travelled when it comes: no bound of when it was asked.
  const askedMs = clock.nowMs();
  let trouble: string | undefined;
  try {
    const result = await host.run(
      {
        argv: [text, ...words],
        shell: true,
        env: { LC_ALL: 'C' },
        ...(become && { become }),
        onOutput: (stream, line, goesOn) => {
          const before = reader.current;
          reader.push(stream, line, goesOn);
          if (before !== undefined && reader.current === undefined) ended.set(before, clock.nowMs());
        },
      },
      AbortSignal.any([signal, late.signal]),
    );
    if (reader.current === undefined && reader.answers().size === 0) {
      const said = reader.saidBefore.split('\n').at(-1) ?? '';
      trouble = `the host did not run the script of the checks (exit code ${result.exitCode}${said === '' ? '' : `: ${said.slice(0, 200)}`})`;
    } else if (reader.current !== undefined && !late.signal.aborted) {
      trouble = `the shell ended in the middle of the check (exit code ${result.exitCode})`;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    if (!late.signal.aborted) {
      // A host that was lost on the way has answered some of the questions.
      if (begun.size === 0) throw error;
      trouble = messageOf(error);
    }
  } finally {
    watch.abort();
  }
  const nowMs = clock.nowMs();
  const answers = new Map<string, Asked>(
    [...reader.answers()].map(([id, answer]) => [id, { answer, askedMs, answeredMs: ended.get(id) ?? nowMs }]),
  );
  if (late.signal.aborted && begun.size === 0) trouble = `no word from the host within ${firstWordMs / 1000} s`;
  return { answers, stuck: reader.current, trouble };
}
