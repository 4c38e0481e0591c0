import type { Clock } from '../../core/clock.ts';
import type { OaopsError } from '../../core/errors.ts';
import type { RandomSource } from '../../core/ids.ts';
import type { RepositoryConfig } from '../format/repository-config.ts';
import type { BucketExamination, ObjectStore } from '../ports.ts';

/** What one probe found. */
export interface Finding {
  /** `list`, `race`, `clock`: the file of the probe. */
  probe: string;
  /** `note`: worth knowing; `lost`: something that backups rely on is not there; `failed`: backups do not work, or are in danger. */
  status: 'ok' | 'note' | 'lost' | 'failed';
  message: string;
  /** What one does without, or risks, because of it. */
  lost?: string;
  next?: string;
}

/** What the probes of a leg get. */
export interface LegProbe {
  store: ObjectStore;
  /** Undefined when there is no repository yet. */
  config: RepositoryConfig | undefined;
  /** What the bucket said of itself; undefined for a folder. */
  bucket: BucketExamination | undefined;
  clock: Clock;
  random: RandomSource;
  stateDir: string;
  /** A free name for an object of a probe; everything that gets one is removed in the end. */
  probeName(): string;
  signal: AbortSignal;
}

export type Probe = (leg: LegProbe) => Promise<Finding[]>;

export function ok(probe: string, message: string): Finding {
  return { probe, status: 'ok', message };
}

export function note(probe: string, message: string, next?: string): Finding {
  return { probe, status: 'note', message, ...(next ? { next } : {}) };
}

export function lost(probe: string, message: string, what: string, next?: string): Finding {
  return { probe, status: 'lost', message, lost: what, ...(next ? { next } : {}) };
}

/** A call that failed, in the words of its error. */
export function failed(probe: string, { message, next }: OaopsError): Finding {
  return { probe, status: 'failed', message, ...(next ? { next } : {}) };
}
