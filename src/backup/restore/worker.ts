import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { doJob, type WorkerJob } from './jobs.ts';
import type { WriteContext } from './write-file.ts';

setFlagsFromString('--expose-gc');
/** Frames and decrypted copies lie outside of the heap of this thread, which is so small that a collection comes late by itself. */
const collect = runInNewContext('gc') as () => void;

/** A thread of the pool: one job after the other. */
parentPort!.on('message', (job: WorkerJob) => {
  parentPort!.postMessage(doJob(job, workerData as WriteContext | undefined));
  // A pack is 64 MiB and this thread's heap hardly grows, so a collection would come late: give it back now.
  if (job.kind === 'finish' || job.kind === 'compare') return;
  for (const { bytes } of job.segments) (bytes.buffer as ArrayBuffer).transfer(0);
  collect();
});
