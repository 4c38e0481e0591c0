import type { ExitCode } from '../../core/exit-codes.ts';
import type { ChangeAction } from './in-place/survey.ts';

export type RestoreProblemClass = 'damaged' | 'unreadable' | 'metadata' | 'write';

export interface RestoreProblem {
  class: RestoreProblemClass;
  path: string;
  pathBase64?: string;
  /** Object of the repository that is to blame. */
  object?: string;
  message: string;
}

export interface RestoreResult {
  exitCode: ExitCode;
  snapshot: string;
  /** Start of the snapshot: the data is not newer than this. */
  snapshotTime: string;
  /** `incomplete`: when the backup was made, something could not be read as it was. */
  snapshotStatus: 'complete' | 'incomplete';
  location: string;
  target: string;
  files: number;
  folders: number;
  others: number;
  links: number;
  /** Content bytes written. */
  bytes: number;
  /** Left out by --include and --exclude. */
  skipped: number;
  /** Nothing was changed: the numbers say what would be done. */
  dryRun: boolean;
  /** A restore into this target was interrupted, and went on. */
  resumed: boolean;
  /** Files, also counted in `files`, that had the stored content already, and their bytes. */
  filesUnchanged: number;
  bytesUnchanged: number;
  /** Objects that the snapshot does not have, and their bytes. */
  deleted: number;
  deletedBytes: number;
  /** With a dry run, everything that would be changed or deleted, in order. */
  changes: { action: ChangeAction; path: string; pathBase64?: string; bytes: number }[];
  fetchedBytes: number;
  problems: RestoreProblem[];
  /** Parts of the manifest that no leg has right: what stood there is not known, only between which paths. */
  lostEntries: { object: string; entries: number; first: string; last: string; problem: string }[];
  /** What was wrong with objects, by leg; `recovered`: another leg made up for it, or nothing of it was needed. */
  damagedObjects: { object: string; location: string; problem: string; recovered: boolean }[];
  /** Objects that belong to who restored instead of their stored owner; they have no setuid and setgid bits. */
  ownersNotSet: number;
  /** What does not change the outcome but should be looked at. */
  warnings: string[];
  durationMs: number;
  /** `contentsMs` is the time of fetching, decryption and extraction together; their own are sums over what went on side by side. */
  phases: {
    manifestMs: number;
    contentsMs: number;
    fetchMs: number;
    decryptMs: number;
    extractMs: number;
    metadataMs: number;
  };
}
