import { parentPort, workerData } from 'node:worker_threads';
import { doJob, type WorkerJob } from './jobs.ts';
import type { WriteContext } from './write-file.ts';

/** A thread of the pool: one job after the other. */
parentPort!.on('message', (job: WorkerJob) => {
  parentPort!.postMessage(doJob(job, workerData as WriteContext | undefined));
  // This thread's heap hardly grows, so a collection would come late: what was fetched is given back now.
  if (job.kind === 'finish' || job.kind === 'compare') return;
  for (const { bytes } of job.segments) (bytes.buffer as ArrayBuffer).transfer(0);
});
