import type { Clock } from '../core/clock.ts';
import { isoTime } from '../core/clock.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import type { Host } from '../engine/ports.ts';
import type { FactStore } from '../record/types.ts';
import type { BecomeSpec } from '../runbook/types.ts';
import { checkTypesByName } from './checks/registry.ts';
import type { CheckDoors } from './ports.ts';
import { type Asked, askHost, type TimedQuestion } from './probe/ask-host.ts';
import { notApplicableCode } from './probe/script.ts';
import { addPart, hostCheck, keep, keptOf } from './record.ts';
import type {
  About,
  CheckResult,
  CheckType,
  HostCheckType,
  Judged,
  Measure,
  NearCheckType,
  PlannedCheck,
} from './types.ts';

/** Checks that are made from this machine at once, for one host. */
const nearAtOnce = 8;
const mostDetails = 50;
const mostMessageChars = 500;

export interface CollectContext {
  inspection: string;
  run: string;
  host: { name: string; address: string };
  open(): Promise<Host>;
  become?: BecomeSpec | undefined;
  doors: CheckDoors;
  facts: FactStore;
  clock: Clock;
  /** Begins the lines by which answers are told apart; not to be guessed by what the host prints. */
  mark: string;
  signal: AbortSignal;
  redact(text: string): string;
  onResult?(done: number, total: number): void;
}

interface Ready {
  planned: PlannedCheck;
  type: CheckType;
  args: never;
  kept: unknown;
}

/** All checks of one host, and their results in the record. @throws only when `signal` is aborted, or the record cannot be written */
export async function collect(checks: readonly PlannedCheck[], context: CollectContext): Promise<CheckResult[]> {
  const { facts, clock, inspection, host } = context;
  const ready = await Promise.all(
    checks
      .filter(({ enabled }) => enabled)
      .map(async (planned): Promise<Ready> => {
        const type = checkTypesByName.get(planned.check)!;
        const kept = type.keeps ? await keptOf(facts, inspection, planned.id, host.name) : undefined;
        // Checked when the plan was made.
        return { planned, type, args: type.withSchema.parse(planned.with) as never, kept };
      }),
  );
  let done = 0;
  const count = <T>(value: T): T => {
    context.onResult?.(++done, ready.length);
    return value;
  };
  const [near, asked] = await Promise.all([
    pooled(
      ready.filter(({ type }) => type.place === 'here'),
      nearAtOnce,
      async (one) => count({ one, judged: await measureNear(one, context) }),
    ),
    askAll(
      ready.filter(({ type }) => type.place === 'host').sort((a, b) => Number(isTimed(a)) - Number(isTimed(b))),
      context,
    ),
  ]);
  const results: CheckResult[] = [];
  for (const planned of checks)
    if (!planned.enabled)
      results.push(resultOf(planned, { state: 'not-applicable', message: 'switched off by an input' }, context));
  if ('unreachable' in asked) results.push({ ...asked.unreachable, section: checks[0]!.section });
  const judged = [...near, ...asked.judged.map((one) => count(one))];
  for (const one of ready) {
    const found = judged.find((candidate) => candidate.one === one)!;
    results.push(resultOf(one.planned, found.judged, context));
  }
  const at = isoTime(clock.nowMs());
  await addPart(facts, context.run, host.name, at, results);
  for (const { one, judged: said } of judged)
    if (said.keep !== undefined)
      await keep(facts, inspection, at, { check: one.planned.id, host: host.name, kept: said.keep });
  return results;
}

function isTimed({ type }: Ready): boolean {
  return type.place === 'host' && type.last === true;
}

async function measureNear(one: Ready, context: CollectContext): Promise<Judged> {
  const type = one.type as NearCheckType<never>;
  const { clock } = context;
  const late = new AbortController();
  const over = new AbortController();
  const limit = clock.sleep(one.planned.timeoutMs, over.signal).then(
    () => late.abort(new OaopsError('check-late', `no answer within ${one.planned.timeoutMs / 1000} s`)),
    () => {},
  );
  const nowMs = clock.nowMs();
  const about: About = { host: context.host, nowMs, askedMs: nowMs, answeredMs: nowMs, kept: one.kept };
  const signal = AbortSignal.any([context.signal, late.signal]);
  // What does not listen to its signal must not hold up the others.
  const given = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  given.catch(() => {});
  try {
    return await Promise.race([type.measure(one.args, context.doors, about, signal), given]);
  } catch (error) {
    if (context.signal.aborted) throw error;
    const cause = late.signal.aborted ? late.signal.reason : error;
    return {
      state: 'error',
      message: messageOf(cause),
      ...(cause instanceof OaopsError && cause.next ? { next: cause.next } : {}),
    };
  } finally {
    over.abort();
    await limit;
  }
}

async function askAll(
  ready: readonly Ready[],
  context: CollectContext,
): Promise<{ judged: { one: Ready; judged: Judged }[]; unreachable?: Omit<CheckResult, 'section'> }> {
  if (ready.length === 0) return { judged: [] };
  const questions = ready.map(
    ({ planned, type, args, kept }, index): TimedQuestion => ({
      // Ids of the runbook go nowhere near a shell.
      id: `q${index}`,
      type: type as HostCheckType<never>,
      words: (type as HostCheckType<never>).words(args, kept),
      timeoutMs: planned.timeoutMs,
    }),
  );
  let answers: ReadonlyMap<string, Asked>;
  try {
    answers = await askHost(await context.open(), questions, context);
  } catch (error) {
    if (context.signal.aborted) throw error;
    const unreachable = {
      check: hostCheck,
      type: hostCheck,
      host: context.host.name,
      state: 'fail' as const,
      message: clean(messageOf(error), context),
      measures: [],
      details: [],
      ...(error instanceof OaopsError && error.next ? { next: clean(error.next, context) } : {}),
    };
    const skipped: Judged = { state: 'skipped', message: 'the host could not be asked' };
    return { judged: ready.map((one) => ({ one, judged: skipped })), unreachable };
  }
  return {
    judged: ready.map((one, index) => ({ one, judged: judgeAnswer(one, answers.get(`q${index}`)!, context) })),
  };
}

function judgeAnswer(one: Ready, asked: Asked, context: CollectContext): Judged {
  if ('reason' in asked) return { state: 'error', message: asked.reason };
  const type = one.type as HostCheckType<never>;
  const { answer, askedMs, answeredMs } = asked;
  const said = answer.err.split('\n').find((line) => line.trim() !== '');
  if (answer.exitCode === notApplicableCode && said !== undefined) return { state: 'not-applicable', message: said };
  if (answer.exitCode !== 0 && type.readsExit !== true)
    return { state: 'error', message: said ?? `the question ended with exit code ${answer.exitCode}` };
  try {
    const judged = type.judge(one.args, answer, {
      host: context.host,
      nowMs: context.clock.nowMs(),
      askedMs,
      answeredMs,
      kept: one.kept,
    });
    if (!answer.truncated || judged.state !== 'pass') return judged;
    return { state: 'error', message: 'the host printed more than is read' };
  } catch (error) {
    // An answer that the type does not understand says nothing.
    return { state: 'error', message: `the answer is not understood: ${messageOf(error)}` };
  }
}

function resultOf(planned: PlannedCheck, judged: Judged, context: CollectContext): CheckResult {
  const measures = new Map<string, Measure>();
  for (const measure of judged.measures ?? []) {
    const name = clean(measure.name, context);
    // Of one name there is one figure, or metrics cannot be read at all.
    if (Number.isFinite(measure.value) && !measures.has(name)) measures.set(name, { ...measure, name });
  }
  const broken = judged.measures?.find(({ value }) => !Number.isFinite(value));
  const isBroken = broken !== undefined && ['pass', 'warn'].includes(judged.state);
  const details = judged.details ?? [];
  const shown = details.slice(0, mostDetails).map((line) => clean(line, context));
  if (details.length > mostDetails) shown.push(`... and ${details.length - mostDetails} more`);
  return {
    check: planned.id,
    section: planned.section,
    type: planned.check,
    host: context.host.name,
    state: isBroken ? 'error' : judged.state,
    message: clean(isBroken ? `the figure ${broken.name} is no number` : judged.message, context),
    measures: [...measures.values()],
    details: shown,
    ...(judged.next === undefined ? {} : { next: clean(judged.next, context) }),
  };
}

/** What hosts say is data: secrets are taken out, and it has a length that people read. */
function clean(text: string, { redact }: CollectContext): string {
  const told = redact(text)
    .trim()
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .toWellFormed();
  // A sign of two units stays whole.
  return told.length > mostMessageChars
    ? `${told.slice(0, mostMessageChars).replace(/[\ud800-\udbff]$/, '')} ...`
    : told;
}

async function pooled<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
