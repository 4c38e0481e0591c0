import { messageOf, OaopsError } from '../../core/errors.ts';
import type { ByteString } from '../format/byte-string.ts';
import type { PackInfo } from '../format/pack-table.ts';
import type { PlannedFile, PlannedPiece } from './file-plan.ts';
import { PackSource, type Segment } from './pack-source.ts';
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
      pieces: Pick<PlannedPiece, 'member' | 'length' | 'sha256'>[];
    }
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
  for (const piece of job.pieces) {
    try {
      source.content(piece);
      answer.bytes += piece.length;
    } catch (error) {
      answer.bad.push({ member: piece.member, message: messageOf(error) });
    }
  }
  source.release();
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
