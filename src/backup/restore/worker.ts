import { parentPort, workerData } from 'node:worker_threads';
import { doJob, type WorkerJob } from './jobs.ts';
import type { WriteContext } from './write-file.ts';

/** A thread of the pool: one job after the other. */
parentPort!.on('message', (job: WorkerJob) => {
  parentPort!.postMessage(doJob(job, workerData as WriteContext | undefined));
});
