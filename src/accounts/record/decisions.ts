import { digestOf } from '../../core/json.ts';
import { runTopic } from '../../record/run-facts.ts';
import type { FactStore } from '../../record/types.ts';
import { itemsAtOnce } from './items-at-once.ts';

/** What a person decided about one line of a review list. */
export interface Decision {
  line: string;
  /** do: what is proposed; keep: nothing. */
  decision: 'do' | 'keep';
  by: string;
  /** Who signed according to a file that was read in; `by` is then who has read it in. */
  signedBy?: string;
  at: string;
  reason?: string;
  /** Terminal, or the file that it came from with its sha256. */
  from: string;
}

function decisionTopic(run: string): string {
  return runTopic(run, 'account.decision');
}

/** Some of the decisions that somebody has made at once. */
interface DecisionsPart {
  decisions: Decision[];
  /** What they belong together by, and how many parts there are; absent = there is one. */
  of?: { id: string; part: number; parts: number };
}

/** Writes down what somebody has decided at once: all of it counts, or nothing when the writing is cut off. */
export async function addDecisions(facts: FactStore, run: string, decisions: readonly Decision[]): Promise<void> {
  const [first] = decisions;
  if (!first) return;
  const parts = Math.ceil(decisions.length / itemsAtOnce);
  const id = parts > 1 ? digestOf(decisions) : '';
  for (let part = 0; part < parts; part++) {
    const own = decisions.slice(part * itemsAtOnce, (part + 1) * itemsAtOnce);
    const body: DecisionsPart = { decisions: own, ...(parts > 1 ? { of: { id, part, parts } } : {}) };
    await facts.add(decisionTopic(run), first.by, first.at, body);
  }
}

/** The newest decision on each line. */
export async function decisionsOf(facts: FactStore, run: string): Promise<Map<string, Decision>> {
  const rows = (await facts.list(decisionTopic(run))).map(({ body }) => body as DecisionsPart);
  const there = new Map<string, Set<number>>();
  for (const { of } of rows) if (of) there.set(of.id, (there.get(of.id) ?? new Set()).add(of.part));
  const whole = rows.filter(({ of }) => !of || there.get(of.id)!.size === of.parts);
  return new Map(whole.flatMap(({ decisions }) => decisions).map((one) => [one.line, one]));
}
