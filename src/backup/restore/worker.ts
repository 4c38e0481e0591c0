import { parentPort, workerData } from 'node:worker_threads';
import { doJob, movable, partsOf, type WorkerJob } from './jobs.ts';
import type { WriteContext } from './write-file.ts';

/** A thread of the pool: one job after the other. */
parentPort!.on('message', (job: WorkerJob) => {
  const answer = doJob(job, workerData as WriteContext | undefined);
  parentPort!.postMessage(answer, answer.named ? movable([answer.named.records]) : []);
  // This thread's heap hardly grows, so a collection would come late: what was fetched is given back now.
  for (const memory of new Set(partsOf(job).map(({ buffer }) => buffer as ArrayBuffer))) memory.transfer(0);
});
