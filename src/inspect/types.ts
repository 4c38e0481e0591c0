import type { z } from 'zod';
import type { LocalizedText } from '../runbook/types.ts';
import type { CheckDoors } from './ports.ts';

/**
 * What a check can come to. `error`: it could not be judged, which is never a pass. `skipped` and `not-applicable` have a reason.
 * The `manual-` ones are of a person's sign-off; `waived` is a failure that somebody has taken upon themselves until a date.
 */
export const checkStates = [
  'pass',
  'warn',
  'fail',
  'error',
  'skipped',
  'not-applicable',
  'manual-pending',
  'manual-passed',
  'manual-failed',
  'waived',
] as const;
export type CheckState = (typeof checkStates)[number];

/** How bad a failure is, the worst first. */
export const severities = ['critical', 'major', 'minor'] as const;
export type Severity = (typeof severities)[number];

/** A figure of a check, with its thresholds, as performance data of monitoring plugins has it. */
export interface Measure {
  name: string;
  value: number;
  /** `%`, `s`, `B`, `c` (a counter), or nothing. */
  unit: '' | '%' | 's' | 'B' | 'c';
  /** Ranges. */
  warn?: string;
  fail?: string;
  min?: number;
  max?: number;
}

/** What a check type says of one host. */
export interface Judged {
  state: 'pass' | 'warn' | 'fail' | 'error' | 'skipped' | 'not-applicable';
  /** One line: the fact, with its figure. */
  message: string;
  measures?: Measure[];
  /** More lines: each filesystem, each line of a log. At most some tens. */
  details?: string[];
  /** What the person can do about it. */
  next?: string;
  /** Given to the next run of this check on this host as `About.kept`: a position in a log, a list to compare with. Absent: what was kept stays. */
  keep?: unknown;
}

/** What the host printed for one check. */
export interface Answer {
  exitCode: number;
  /** Lines of stdout, without their ends. */
  lines: string[];
  /** stderr, for messages. */
  err: string;
  /** The host printed more than is read. */
  truncated: boolean;
}

/** Of which host, and when, a check is judged. */
export interface About {
  host: { name: string; address: string };
  /** By the clock of this machine. */
  nowMs: number;
  /** When all questions were sent and the answer to this one had come, by the clock of this machine: between them the host has answered. */
  askedMs: number;
  answeredMs: number;
  /** What the last run kept (see `Judged.keep`); undefined for the first one. It comes from the record: its shape is to be checked. */
  kept: unknown;
}

interface CheckTypeBase<With> {
  name: string;
  title: LocalizedText;
  /** Arguments; strict. Durations and sizes are written as in runbooks. */
  withSchema: z.ZodType<With>;
  /** It gives `Judged.keep`: what was kept is looked up for it. */
  keeps?: true;
}

/**
 * A check that asks the host. `probe` is the body of a function of a POSIX shell that runs there (Debian, RHEL-like, BusyBox): it reads
 * only, prints facts and leaves judging to `judge`. Several checks go over in one script, so that a host is asked once.
 *
 * In the probe, `$1` ... are `words`, LC_ALL is C, `set -f` holds, stdin is empty. Conventions: `need PROGRAM...` ends it with 127 and the
 * reason when none of the programs is there, and sets `$tool` to the first that is; `deny "reason"` ends it as an error; `none "reason"` as
 * not applicable. Otherwise its exit code is 0, or `judge` reads it.
 */
export interface HostCheckType<With = unknown> extends CheckTypeBase<With> {
  place: 'host';
  probe: string;
  words(args: With, kept: unknown): string[];
  /** Pure. Garbage is an `error`, never a pass. */
  judge(args: With, answer: Answer, about: About): Judged;
  /** Exit codes other than 0 that `judge` reads; any other one is an error with what stands on stderr. */
  readsExit?: boolean;
  /** Its answer is timed: it is asked at the end of the script, when what the host has said is sent at once. */
  last?: true;
}

/** A check that is made from this machine: a request, a query, what the record knows. */
export interface NearCheckType<With = unknown> extends CheckTypeBase<With> {
  place: 'here';
  /** What it throws becomes an `error` with the message. */
  measure(args: With, doors: CheckDoors, about: About, signal: AbortSignal): Promise<Judged>;
}

export type CheckType = HostCheckType<never> | NearCheckType<never>;

/** A check as an inspection has it, its arguments as they are written. */
export interface PlannedCheck {
  id: string;
  section: string;
  check: string;
  with: Record<string, unknown>;
  /** false: switched off by an input. */
  enabled: boolean;
  timeoutMs: number;
}

/** What became of one check on one host. */
export interface CheckResult {
  check: string;
  section: string;
  type: string;
  host: string;
  state: CheckState;
  message: string;
  measures: Measure[];
  details: string[];
  next?: string;
  /** Of a sign-off. */
  by?: string;
  at?: string;
  evidence?: { name: string; sha256: string; path: string };
}
