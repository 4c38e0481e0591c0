import { parentPort, workerData } from 'node:worker_threads';
import { doJob, movable, partsOf, sliceMemoryOf, type WorkerJob } from './jobs.ts';
import type { WriteContext } from './write-file.ts';

/** A thread of the pool: one job after the other. */
parentPort!.on('message', (job: WorkerJob) => {
  const answer = doJob(job, workerData as WriteContext | undefined);
  const again = sliceMemoryOf(job);
  parentPort!.postMessage({ answer, again }, [...again, ...(answer.named ? movable([answer.named.records]) : [])]);
  // This thread's heap hardly grows, so a collection would come late: what was fetched is given back now.
  for (const { buffer } of partsOf(job)) if (buffer.byteLength > 0) (buffer as ArrayBuffer).transfer(0);
});
