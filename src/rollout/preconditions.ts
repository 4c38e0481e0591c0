import { z } from 'zod';
import { weekDays } from '../calendar/dates.ts';
import { freezeSchema } from '../calendar/freezes.ts';
import { parseDuration, tryParseDuration } from '../core/units.ts';
import { windowDays } from './window.ts';

/** As written: it is read when it is used. */
const durationText = z
  .string()
  .refine((text) => tryParseDuration(text) !== undefined, { error: 'not a duration; write 24h or 30d' });
const artefact = z.string().min(1).describe('The package file: evidence counts for this very content, by its sha256.');
const notTime = { error: 'not a time of day; write hours and minutes, such as 22:00' };
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, notTime);
/** 24:00 is the end of the day (ISO 8601). */
const endOfTime = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, notTime);
const zone = z.string().refine(isTimeZone, { error: 'not a time zone; write a name such as Asia/Shanghai' });

/** A detached signature of the package, and the one file that says whose signature counts. */
const signatureSchema = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('gpg'),
    file: z.string().min(1).describe('The detached signature, as "gpg --detach-sign" makes it.'),
    keyring: z.string().min(1).describe('File with the public keys that count, as "gpg --export" writes it.'),
  }),
  z.strictObject({
    by: z.literal('ssh'),
    file: z.string().min(1).describe('The signature, as "ssh-keygen -Y sign" makes it.'),
    allowedSigners: z.string().min(1).describe('File of those who may sign: ssh-keygen(1), ALLOWED SIGNERS.'),
    namespace: z.string().min(1).default('file').describe('What was given to "ssh-keygen -Y sign" as -n.'),
  }),
]);
export type PackageSignature = z.infer<typeof signatureSchema>;

/** What must hold before a rollout begins, each with its evidence; told apart by `what`. */
export const preconditionSchema = z.discriminatedUnion('what', [
  z.strictObject({
    what: z.literal('package'),
    artefact,
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, { error: 'not a sha256; write 64 hex digits in lower case' })
      .optional(),
    signature: signatureSchema
      .optional()
      .describe(
        'Must be there and good, by a key that is valid now. Relative paths start at the folder of the runbook.',
      ),
  }),
  z.strictObject({
    what: z.literal('test-rounds'),
    artefact,
    atLeast: z.int().min(3, { error: 'at least 3 rounds are prescribed (UP-04)' }).default(3),
  }),
  z.strictObject({ what: z.literal('rehearsal'), artefact, maxAge: durationText.default('30d') }),
  z.strictObject({
    what: z.literal('risk'),
    artefact,
    maxPercent: z.number().nonnegative().max(3, { error: 'more than 3 % is not allowed (UP-03)' }).default(3),
  }),
  z.strictObject({ what: z.literal('notice'), artefact, maxAge: durationText.default('7d') }),
  z
    .strictObject({
      what: z.literal('window'),
      days: z
        .array(z.enum(windowDays))
        .min(1)
        .default([...weekDays])
        .describe(
          'Days on which the window opens: of the week, or "working-day" and "day-off" by the calendar of the configuration.',
        ),
      from: timeOfDay,
      to: endOfTime.describe('Earlier than "from": on the next day. 24:00 is the end of the day.'),
      timeZone: zone,
      freezes: z
        .array(freezeSchema)
        .default([])
        .describe('Times in which nothing is changed, whatever the window says, besides those of the calendar.'),
    })
    .refine(({ from, to }) => from !== to, {
      error: 'it ends when it begins, and never opens; write 00:00 and 24:00 for the whole day',
      path: ['to'],
    }),
  z.strictObject({
    what: z.literal('backup'),
    runbook: z.string().min(1).describe('Name of the backup whose last run must have gone well.'),
    maxAge: durationText.default('24h'),
  }),
]);
export type Precondition = z.infer<typeof preconditionSchema>;
/** Those that look for evidence of a package in the record. */
export type EvidenceCondition = Exclude<Precondition, { what: 'package' | 'window' | 'backup' }>;

/** Kinds of evidence that are recorded for a package. */
export const evidenceKinds = ['test-round', 'rehearsal', 'risk', 'notice'] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

/** A fact of the record, by the package's sha256. */
export interface EvidenceFact {
  run: string;
  by: string;
  passed: boolean;
  /** Estimated probability of abnormal operation, of `risk`. */
  percent?: number;
  note?: string;
}

/** Topic of the facts of one kind. */
export function evidenceTopic(kind: EvidenceKind): string {
  return `patch.${kind}`;
}

type Known = readonly { at: string; body: EvidenceFact }[];

/** Rounds since the last one that failed, one for each run. UP-04: of this very package. */
export function passedRounds(facts: Known): string[] {
  const lastFailure = facts.findLastIndex(({ body }) => !body.passed);
  return [...new Set(facts.slice(lastFailure + 1).map(({ body }) => body.run))];
}

/** Why evidence of this kind is missing, too old or bad; undefined when it is fine. `facts`: of the package, oldest first. */
export function evidenceProblem(condition: EvidenceCondition, facts: Known, nowMs: number): string | undefined {
  const last = facts.at(-1);
  if (condition.what === 'test-rounds') {
    const rounds = passedRounds(facts);
    return rounds.length >= condition.atLeast
      ? undefined
      : `test rounds passed by this package: ${rounds.length}, needed ${condition.atLeast}`;
  }
  if (!last) return `there is no ${words[condition.what]} of this package on record`;
  if (condition.what === 'risk') {
    const { percent } = last.body;
    if (percent === undefined) return 'the risk assessment names no probability';
    // The figure says more than that it was too high.
    if (percent > condition.maxPercent)
      return `the risk is assessed at ${percent} %, at most ${condition.maxPercent} % is allowed`;
  }
  if (!last.body.passed) return `the last ${words[condition.what]} of this package failed (run ${last.body.run})`;
  if (condition.what === 'risk') return undefined;
  const ageMs = nowMs - Date.parse(last.at);
  return ageMs <= parseDuration(condition.maxAge)
    ? undefined
    : `the last ${words[condition.what]} of this package was at ${last.at}, longer ago than ${condition.maxAge}`;
}

const words = {
  'test-rounds': 'test round',
  rehearsal: 'rehearsal of the rollback',
  risk: 'risk assessment',
  notice: 'notice to the users',
};

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
