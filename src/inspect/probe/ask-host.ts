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
export type Asked = { answer: Answer; askedMs: number; answeredMs: number } | { reason: string };

/** Before the first question: logging in is over, so this is the shell and a slow `sudo`. */
const firstWordMs = 30_000;
/** A host that has said nothing at all is not waited for much longer: that the shell is gone, it will not say either. */
const lastWordMs = 5_000;
/** One word that Linux takes (MAX_ARG_STRLEN is 128 KiB), and all words of one script. */
const mostWordBytes = 120_000;
const mostBytesAtOnce = 256 * 1024;

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
  for (const question of questions)
    if (question.words.some((word) => Buffer.byteLength(word) > mostWordBytes))
      found.set(question.id, { reason: 'its arguments are too long for a command line' });
  for (let round = 0; ; round++) {
    context.signal.throwIfAborted();
    const left = questions.filter(({ id }) => !found.has(id));
    if (left.length === 0) return found;
    const asked = await askOnce(host, atOnce(left), { ...context, mark: `${context.mark}-${round}` }).catch((error) => {
      // What a host has answered before it was lost stands.
      if (context.signal.aborted || round === 0) throw error;
      return { answers: new Map<string, Asked>(), stuck: undefined, trouble: messageOf(error) };
    });
    for (const [id, answer] of asked.answers) found.set(id, answer);
    const hung = left.find(({ id }) => id === asked.stuck);
    if (hung) found.set(hung.id, { reason: asked.trouble ?? `no answer within ${hung.timeoutMs / 1000} s` });
    // Nothing was answered, and none stands in the way: asking again would go on for ever.
    else if (asked.answers.size === 0 && round === 0)
      throw new OaopsError('host-silent', asked.trouble ?? 'the host did not answer', {
        next: 'Log in to it by hand, as the user of the inventory and with its "become": a shell must start, and nothing must wait for an answer.',
      });
    else if (asked.answers.size === 0)
      for (const { id } of left) found.set(id, { reason: asked.trouble ?? 'the host did not answer' });
  }
}

/** The first of them, as many as fit into one command line. */
function atOnce(questions: readonly TimedQuestion[]): TimedQuestion[] {
  let bytes = 0;
  const end = questions.findIndex(({ words }) => {
    bytes += words.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
    return bytes > mostBytesAtOnce;
  });
  return questions.slice(0, end < 0 ? undefined : Math.max(1, end));
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
  const over = new AbortController();
  try {
    const running = host.run(
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
    running.catch(() => undefined);
    const result = await Promise.race([running, silence(clock, late.signal, begun, over.signal)]);
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
    over.abort();
  }
  if (reader.forged)
    return {
      answers: new Map(),
      stuck: undefined,
      trouble: 'something on the host prints the marks of the checks itself',
    };
  const nowMs = clock.nowMs();
  const answers = new Map<string, Asked>(
    [...reader.answers()].map(([id, answer]) => [id, { answer, askedMs, answeredMs: ended.get(id) ?? nowMs }]),
  );
  if (late.signal.aborted && begun.size === 0) trouble = `no word from the host within ${firstWordMs / 1000} s`;
  return { answers, stuck: reader.current, trouble };
}

/** Rejects a moment after it has become too late, when nothing was begun by then. */
async function silence(clock: Clock, late: AbortSignal, begun: ReadonlySet<string>, over: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => late.addEventListener('abort', () => resolve(), { once: true }));
  if (begun.size > 0) return new Promise(() => {});
  await clock.sleep(lastWordMs, over);
  throw late.reason;
}
