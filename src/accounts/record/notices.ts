import { runTopic } from '../../record/run-facts.ts';
import type { FactStore } from '../../record/types.ts';

/** One try to tell somebody something. Without an outcome the process died before it knew whether it went out. */
interface NoticeTry {
  /** Names of what stood in it. */
  lines: string[];
  outcome?: 'sent' | 'failed';
}

function noticeTopic(run: string): string {
  return runTopic(run, 'account.notices');
}

/** Written before it is sent, so that a try that was cut off is seen. Only whoever holds the run, or its list, tells of it. */
export async function beginNotice(
  facts: FactStore,
  run: string,
  to: string,
  at: string,
  lines: readonly string[],
): Promise<void> {
  await facts.add(noticeTopic(run), to, at, { begin: lines });
}

export async function endNotice(
  facts: FactStore,
  run: string,
  to: string,
  at: string,
  outcome: 'sent' | 'failed',
): Promise<void> {
  await facts.add(noticeTopic(run), to, at, { end: outcome });
}

async function noticeTries(facts: FactStore, run: string, to: string): Promise<NoticeTry[]> {
  const tries: NoticeTry[] = [];
  for (const { body } of await facts.list(noticeTopic(run), { key: to })) {
    const fact = body as { begin: string[] } | { end: 'sent' | 'failed' };
    const last = tries.at(-1);
    if ('begin' in fact) tries.push({ lines: fact.begin });
    else if (last) last.outcome = fact.end;
  }
  return tries;
}

/** What somebody is still to be told. */
export interface OpenNotice {
  lines: string[];
  /** Some of it may have arrived: a try was cut off. It is sent once more, and says so. */
  again: boolean;
  /** Cut off twice: it is not sent a third time. */
  givenUp: string[];
}

/** @param lines names of everything that is to be told by now */
export async function openNotice(
  facts: FactStore,
  run: string,
  to: string,
  lines: readonly string[],
): Promise<OpenNotice> {
  const tries = await noticeTries(facts, run, to);
  const sent = new Set(tries.flatMap(({ lines, outcome }) => (outcome === 'sent' ? lines : [])));
  const cutOff = (line: string) => tries.filter((one) => one.outcome === undefined && one.lines.includes(line)).length;
  const left = lines.filter((line) => !sent.has(line));
  const open = left.filter((line) => cutOff(line) < 2);
  return {
    lines: open,
    again: open.some((line) => cutOff(line) > 0),
    givenUp: left.filter((line) => cutOff(line) >= 2),
  };
}
