import { messageOf, OaopsError } from '../../core/errors.ts';
import type { ByteString } from '../format/byte-string.ts';
import type { PackInfo } from '../format/pack-table.ts';
import { piecesIn } from '../format/piece-records.ts';
import { type BlockPieces, piecesOfBlock, type StoredBlock } from '../repository/block-pieces.ts';
import type { PlannedFile } from './file-plan.ts';
import type { PlannedPiece } from './pack-pieces.ts';
import { PackSource, type Segment } from './pack-source.ts';
import { isSliceMemory } from './slice-memory.ts';
import {
  finishFile,
  hashOfFile,
  type MetadataOutcome,
  type WriteContext,
  writePart,
  writeWhole,
} from './write-file.ts';

/** Work that a thread does with synchronous calls: much faster than asynchronous ones for many small files. */
export type WorkerJob =
  | {
      kind: 'pack';
      pack: PackInfo;
      segments: Segment[];
      key: Uint8Array | undefined;
      pieces: PlannedPiece[];
      files: Map<number, PlannedFile>;
    }
  /** As `pack`, without writing anything: for verification. */
  | {
      kind: 'check';
      pack: PackInfo;
      segments: Segment[];
      key: Uint8Array | undefined;
      /** `PieceRecords` in the order of the pack. */
      pieces: Uint8Array;
    }
  /** Which contents the entries of a block name. */
  | { kind: 'entries'; block: StoredBlock }
  /** Which of these files, absolute, have this content; an empty one has no hash. */
  | { kind: 'compare'; files: { path: ByteString; sha256: string | undefined }[] }
  | { kind: 'finish'; files: Map<number, PlannedFile> };

export interface WorkerAnswer {
  /** Contents that these segments do not give right, by member; their files were not touched. */
  bad: { member: number; message: string }[];
  /** Files that can't be had, with the reason. */
  failed: { file: number; message: string; damaged: boolean }[];
  /** Files whose time (or mode and time) has to be set afterwards. */
  later: number[];
  /** Files whose owner could not be set; they have no setuid and setgid bits either. */
  foreign: number[];
  bytes: number;
  filesDone: number;
  /** How long frames were decrypted, and how long everything else took: to unpack, compare and write. */
  decryptMs: number;
  extractMs: number;
  /** Positions in the list of `compare`. */
  same?: number[];
  /** Of `entries`, or why the block can't be read. */
  named?: BlockPieces;
  damage?: string;
}

/** The large parts of a job: handed over to its thread, and given back when it is done. */
export function partsOf(job: WorkerJob): Uint8Array[] {
  if (job.kind === 'finish' || job.kind === 'compare') return [];
  if (job.kind === 'entries') return [job.block.stored];
  const fetched = job.segments.map(({ bytes }) => bytes);
  return job.kind === 'check' ? [...fetched, job.pieces] : fetched;
}

/** What of the memory of a job can be used again, each once. */
export function sliceMemoryOf(job: WorkerJob): ArrayBuffer[] {
  return [...new Set(partsOf(job).map(({ buffer }) => buffer as ArrayBuffer))].filter(isSliceMemory);
}

/** Memory that can be moved to another thread instead of being copied: that of slices, and of parts that have it for themselves. */
export function movable(parts: readonly Uint8Array[]): ArrayBuffer[] {
  const owned = parts.filter(
    ({ buffer, byteLength }) => isSliceMemory(buffer as ArrayBuffer) || byteLength === buffer.byteLength,
  );
  return [...new Set(owned.map(({ buffer }) => buffer as ArrayBuffer))].filter(({ byteLength }) => byteLength > 0);
}

/** Does a job with synchronous calls. `context` is only needed where something is written. */
export function doJob(job: WorkerJob, context: WriteContext | undefined): WorkerAnswer {
  const answer: WorkerAnswer = {
    bad: [],
    failed: [],
    later: [],
    foreign: [],
    bytes: 0,
    filesDone: 0,
    decryptMs: 0,
    extractMs: 0,
  };
  if (job.kind === 'pack') extract(job, answer, context!);
  else if (job.kind === 'check') check(job, answer);
  else if (job.kind === 'entries') readEntries(job.block, answer);
  else if (job.kind === 'compare') compare(job.files, answer);
  else finish(job.files, answer, context!);
  return answer;
}

function extract(job: WorkerJob & { kind: 'pack' }, answer: WorkerAnswer, context: WriteContext): void {
  // What a damaged pack still holds is used: each content is compared with its own hash before it is written.
  const startedMs = performance.now();
  const source = new PackSource(job.pack, job.segments, job.key);
  for (const piece of job.pieces) {
    let content: readonly Buffer[];
    try {
      content = source.content(piece);
    } catch (error) {
      answer.bad.push({ member: piece.member, message: messageOf(error) });
      continue;
    }
    for (const { file, offset } of piece.uses) {
      const planned = job.files.get(file)!;
      try {
        if (planned.parts > 1) writePart(planned, content, offset, context);
        else {
          told(file, writeWhole(planned, content, context), answer);
          answer.filesDone += 1;
        }
        answer.bytes += piece.length;
      } catch (error) {
        answer.failed.push({ file, message: messageOf(error), damaged: error instanceof OaopsError });
      }
    }
  }
  source.release();
  answer.decryptMs = source.decryptMs;
  answer.extractMs = performance.now() - startedMs - source.decryptMs;
}

function check(job: WorkerJob & { kind: 'check' }, answer: WorkerAnswer): void {
  const source = new PackSource(job.pack, job.segments, job.key);
  const { buffer, byteOffset, byteLength } = job.pieces;
  for (const piece of piecesIn(Buffer.from(buffer, byteOffset, byteLength))) {
    try {
      source.content(piece);
      answer.bytes += piece.length;
    } catch (error) {
      answer.bad.push({ member: piece.member, message: messageOf(error) });
    }
  }
  source.release();
}

function readEntries(block: StoredBlock, answer: WorkerAnswer): void {
  try {
    answer.named = piecesOfBlock(block);
  } catch (error) {
    if (!(error instanceof OaopsError)) throw error;
    answer.damage = error.message;
  }
}

function compare(files: (WorkerJob & { kind: 'compare' })['files'], answer: WorkerAnswer): void {
  answer.same = [];
  for (const [index, { path, sha256 }] of files.entries()) {
    try {
      if (sha256 === undefined || hashOfFile(path) === sha256) answer.same.push(index);
    } catch {
      // What cannot be read is written anew.
    }
  }
}

function finish(files: Map<number, PlannedFile>, answer: WorkerAnswer, context: WriteContext): void {
  const startedMs = performance.now();
  for (const [number, file] of files) {
    try {
      const outcome = finishFile(file, context);
      if (outcome === 'wrong')
        answer.failed.push({ file: number, message: 'its content has another sha256', damaged: true });
      else {
        told(number, outcome, answer);
        answer.filesDone += 1;
      }
    } catch (error) {
      answer.failed.push({ file: number, message: messageOf(error), damaged: false });
    }
  }
  answer.extractMs = performance.now() - startedMs;
}

function told(file: number, { later, foreign }: MetadataOutcome, answer: WorkerAnswer): void {
  if (later) answer.later.push(file);
  if (foreign) answer.foreign.push(file);
}
