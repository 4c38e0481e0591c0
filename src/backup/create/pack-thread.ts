import { parentPort, workerData } from 'node:worker_threads';
import { errnoOf, messageOf } from '../../core/errors.ts';
import { frameBytes } from '../format/repository-config.ts';
import { FrameCompressors } from './frame-queue.ts';
import type { PackAnswer, PackOrder, PackThreadData } from './pack-messages.ts';
import { PackWriter } from './pack-writer.ts';

/** The thread that makes packs of a backup: archive, compression, encryption, hash and file, beside the thread that reads. */

/** Frames that wait for a compressor or are in one: enough to keep all of them busy. */
const framesInFlight = 5;

const { slabs, recipients, level } = workerData as PackThreadData;
const buffers = slabs.map((slab) => Buffer.from(slab));
const compressors = new FrameCompressors(level);
const writers = new Map<number, PackWriter>();

async function obey(order: PackOrder): Promise<void> {
  let writer = writers.get(order.pack);
  if (order.kind === 'finish') {
    writers.delete(order.pack);
    // Not awaited: the next pack is begun meanwhile.
    writer!.finish().then((info) => answer({ kind: 'finished', pack: order.pack, info }), fail);
    return;
  }
  if (!writer) {
    writer = await PackWriter.create({ file: order.file, recipients, compressors });
    writers.set(order.pack, writer);
  }
  let bytes = 0;
  for (let i = 0; i < order.ranges.length; i += 2) {
    const offset = order.ranges[i]!;
    const length = order.ranges[i + 1]!;
    writer.append(buffers[order.slab]!.subarray(offset, offset + length));
    bytes += length;
  }
  await writer.copied();
  const { compressedBytes, framedRawBytes } = writer;
  answer({ kind: 'taken', pack: order.pack, slab: order.slab, bytes, compressedBytes, framedRawBytes });
  await writer.framesTo(framesInFlight * frameBytes);
}

function answer(message: PackAnswer): void {
  parentPort!.postMessage(message);
}

function fail(error: unknown): void {
  answer({ kind: 'failed', message: messageOf(error), code: errnoOf(error) });
}

let work = Promise.resolve();
parentPort!.on('message', (order: PackOrder) => {
  work = work.then(() => obey(order)).catch(fail);
});
