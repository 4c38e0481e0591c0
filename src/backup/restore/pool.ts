import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { threadFile } from '../../core/program-files.ts';
import { doJob, movable, partsOf, sliceMemoryOf, type WorkerAnswer, type WorkerJob } from './jobs.ts';
import { SliceMemory } from './slice-memory.ts';
import type { WriteContext } from './write-file.ts';

const smallBytes = 16 * 1024 * 1024;

interface Waiting {
  job: WorkerJob;
  resolve: (answer: WorkerAnswer) => void;
  reject: (error: Error) => void;
}

/** As many threads as there are processors, four at most. `run` hands a job to the next free one. */
export class WorkerPool {
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #queue: Waiting[] = [];
  readonly #busy = new Map<Worker, Waiting>();
  readonly size: number;
  /** For what the jobs are about: it comes back when they are done. */
  readonly memory = new SliceMemory();
  readonly #context: WriteContext | undefined;
  /** Set when no thread is left. */
  #failure: Error | undefined;

  /**
   * Without a context the jobs only check. Below `smallBytes` of work in all, starting threads costs more than they save:
   * then the jobs are done where they are.
   */
  constructor(work: { bytes: number; jobs: number }, context?: WriteContext) {
    this.#context = context;
    this.size = Math.max(1, Math.min(4, availableParallelism(), work.jobs));
    if (work.bytes < smallBytes) return;
    for (let i = 0; i < this.size; i += 1) {
      const worker = new Worker(threadFile('src/backup/restore/worker'), {
        workerData: context,
        // Flags of the process, such as --input-type, need not fit a file.
        execArgv: [],
        // What a job leaves behind dies young; a larger nursery would only hold more of it.
        resourceLimits: { maxYoungGenerationSizeMb: 4 },
      });
      worker.on('message', (done: { answer: WorkerAnswer; again: ArrayBuffer[] }) => this.#done(worker, done));
      worker.on('error', (error: Error) => this.#broken(worker, error));
      this.#workers.push(worker);
      this.#idle.push(worker);
    }
  }

  async run(job: WorkerJob): Promise<WorkerAnswer> {
    if (this.#failure) throw this.#failure;
    if (this.#workers.length === 0) {
      const answer = doJob(job, this.#context);
      for (const memory of sliceMemoryOf(job)) this.memory.give(memory);
      return answer;
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #next(): void {
    while (this.#idle.length > 0 && this.#queue.length > 0) {
      const worker = this.#idle.pop()!;
      const waiting = this.#queue.shift()!;
      this.#busy.set(worker, waiting);
      worker.postMessage(waiting.job, movable(partsOf(waiting.job)));
    }
  }

  #done(worker: Worker, { answer, again }: { answer: WorkerAnswer; again: ArrayBuffer[] }): void {
    for (const memory of again) this.memory.give(memory);
    this.#busy.get(worker)?.resolve(answer);
    this.#busy.delete(worker);
    this.#idle.push(worker);
    this.#next();
  }

  #broken(worker: Worker, error: Error): void {
    this.#busy.get(worker)?.reject(error);
    this.#busy.delete(worker);
    if (this.#busy.size > 0 || this.#idle.length > 0) return;
    this.#failure = error;
    for (const { reject } of this.#queue.splice(0)) reject(error);
  }
}
