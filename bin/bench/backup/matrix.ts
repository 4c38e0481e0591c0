import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Corpus, type CorpusName, makeCorpus, sizeOfTree } from './corpora.ts';
import { type Command, measure } from './measure.ts';
import { type Operation, Results } from './results.ts';
import type { Place, Target } from './targets.ts';
import type { Tool } from './tools.ts';

export interface Matrix {
  dir: string;
  target: Target;
  tools: readonly Tool[];
  corpora: readonly CorpusName[];
  scale: number;
  rounds: number;
  budgetMs: number;
  signal: AbortSignal;
}

export interface MeasuredMatrix {
  results: Results;
  corpora: { corpus: Corpus; files: number; bytes: number }[];
}

/**
 * Measures every operation of every tool on every corpus, round after round, and hands over what there is after each corpus.
 * Within a corpus the tools take turns operation by operation, so that a pair of figures comes from the same minute; who
 * begins changes with the round. A further round of a corpus is left out when it would end after the budget.
 */
export async function measureMatrix(matrix: Matrix, show: (measured: MeasuredMatrix) => void): Promise<void> {
  const results = new Results();
  const corpora = matrix.corpora.map((name) => {
    note(`making ${name}`);
    const corpus = makeCorpus(name, join(matrix.dir, name), matrix.scale);
    return { corpus, ...sizeOfTree(corpus.root) };
  });
  const began = performance.now();
  const longestMs = new Map<Corpus, number>();
  for (let round = 0; round < matrix.rounds; round++) {
    for (const { corpus } of corpora) {
      const start = performance.now();
      if (start - began + (longestMs.get(corpus) ?? 0) > matrix.budgetMs && round > 0) continue;
      await measureCorpus(matrix, corpus, round, results);
      longestMs.set(corpus, Math.max(longestMs.get(corpus) ?? 0, performance.now() - start));
      show({ results, corpora });
    }
  }
}

/** One round: each tool gets a new repository, is led through all operations, and loses it again. */
async function measureCorpus(matrix: Matrix, corpus: Corpus, round: number, results: Results): Promise<void> {
  const running: Running[] = [];
  const inTurn = matrix.tools.filter(({ once }) => round === 0 || !once);
  try {
    for (const tool of [...inTurn.slice(round % inTurn.length), ...inTurn.slice(0, round % inTurn.length)]) {
      const place = await matrix.target.newPlace(`${corpus.name}-${round}-${tool.name.replace(/\W+/g, '-')}`);
      running.push(new Running(matrix, results, { tool, place, corpus, round }));
    }
    const all = async (operation: Operation) => {
      for (const one of running) await one.run(operation);
      note(
        `${corpus.name}, round ${round + 1}: ${operation} ${running.map((one) => one.lastWall(operation)).join(', ')}`,
      );
    };
    for (const one of running) await one.init();
    await all('full');
    await all('unchanged');
    for (const change of corpus.changes) {
      change.make(String(round));
      await all(change.operation);
    }
    await all('verify');
    await all('restore');
  } finally {
    for (const { at } of running) await at.place.remove();
  }
}

interface At {
  tool: Tool;
  place: Place;
  corpus: Corpus;
  round: number;
}

/** One tool in one round. After a failure it is left alone: what would follow says nothing. */
class Running {
  readonly #matrix: Matrix;
  readonly #results: Results;
  readonly at: At;
  #failed = false;
  #backups = 0;

  constructor(matrix: Matrix, results: Results, at: At) {
    this.#matrix = matrix;
    this.#results = results;
    this.at = at;
  }

  async init(): Promise<void> {
    const { tool, place } = this.at;
    if (tool.init) await this.#attempt('init', () => this.#measure(tool.init!(place)));
  }

  run(operation: Operation): Promise<void> {
    if (operation === 'restore') return this.#restore();
    if (operation === 'verify') return this.#verify();
    return this.#backUp(operation);
  }

  lastWall(operation: Operation): string {
    const { tool, corpus, round } = this.at;
    const last = this.#results.of(corpus.name, operation, tool.name).at(-1);
    return `${tool.name} ${last?.round === round ? `${last.wallS.toFixed(1)} s` : 'none'}`;
  }

  async #backUp(operation: Operation): Promise<void> {
    const { tool, place, corpus, round } = this.at;
    // What finds nothing unchanged would only repeat its full backup.
    if (!tool.init && operation !== 'full') return;
    await this.#attempt(operation, async () => {
      this.#backups += 1;
      const measured = await this.#measure(tool.backup(place, corpus.root, this.#name()));
      const storedBytes = await place.storedBytes();
      this.#results.add(corpus.name, operation, tool.name, { ...measured, round, storedBytes });
    });
  }

  async #verify(): Promise<void> {
    const { tool, place, corpus, round } = this.at;
    if (!tool.verify) return;
    await this.#attempt('verify', async () => {
      this.#results.add(corpus.name, 'verify', tool.name, { ...(await this.#measure(tool.verify!(place))), round });
    });
  }

  async #restore(): Promise<void> {
    const { tool, place, corpus, round } = this.at;
    const target = join(this.#matrix.dir, 'restored');
    mkdirSync(target);
    try {
      await this.#attempt('restore', async () => {
        const measured = await this.#measure(tool.restore(place, this.#name(), target));
        // A tool that restores less would win. The pipeline stored the corpus before it was changed.
        if (round === 0 && tool.init) mustHaveSize(target, corpus.root);
        this.#results.add(corpus.name, 'restore', tool.name, { ...measured, round });
      });
    } finally {
      rmSync(target, { recursive: true, force: true });
    }
  }

  #name(): string {
    return `backup-${this.#backups}`;
  }

  async #measure(command: Command) {
    const { tool, place } = this.at;
    const env = { ...place.env, ...tool.env };
    await this.#matrix.target.takeRequests();
    const measured = await measure(command, { env, report: join(place.home, 'time'), signal: this.#matrix.signal });
    const requests = await this.#matrix.target.takeRequests();
    return { ...measured, ...(requests && { requests }) };
  }

  async #attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    if (this.#failed) return;
    try {
      await work();
    } catch (error) {
      this.#matrix.signal.throwIfAborted();
      this.#failed = true;
      const { tool, corpus, round } = this.at;
      const failure = `${tool.name}, ${corpus.name}, ${what}, round ${round + 1}: ${(error as Error).message}`;
      this.#results.failures.push(failure);
      note(`FAILED ${failure}`);
    }
  }
}

function mustHaveSize(restored: string, original: string): void {
  const [has, should] = [sizeOfTree(restored), sizeOfTree(original)];
  if (has.files === should.files && has.bytes === should.bytes) return;
  throw new Error(`restored ${has.files} files of ${has.bytes} bytes instead of ${should.files} of ${should.bytes}`);
}

/** Progress, for whoever waits. */
export function note(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}
