import { z } from 'zod';
import { defined, durationSchema, nameSchema } from '../../runbook/schema/common.ts';
import { commonSpec } from '../../runbook/schema/spec.ts';
import { stepsSchema } from '../../runbook/schema/steps.ts';
import { findingTypes } from '../model.ts';
import { directorySchema } from './directories.ts';
import { capsSchema, cleanupSchema, matchingSchema, policiesSchema, protectedSchema, rolesSchema } from './rules.ts';
import { sourceSchema } from './sources.ts';

const noticeSchema = z
  .strictObject({
    channel: nameSchema.optional().describe('Channel of the configuration; absent = nobody is told.'),
    to: z
      .array(z.enum(['person', 'head', 'owner']))
      .min(1)
      .prefault(['head', 'owner'])
      .describe('Who is told by mail about an account: its person, the head, the owner.'),
  })
  .transform((notice) => defined(notice));

/** How accounts are opened (AC-01). */
const openingSchema = z
  .strictObject({
    directories: z
      .array(nameSchema)
      .min(1)
      .optional()
      .describe('Where a new person gets an account; absent = wherever it can be made.'),
    approval: z
      .enum(['head', 'any', 'none'])
      .default('head')
      .describe('Whose signature is needed: the head of the person, or any second person.'),
    deliver: z
      .strictObject({ channel: nameSchema, to: z.enum(['person', 'head']).default('head') })
      .optional()
      .describe(
        'How the one-time password reaches the person. Absent: it is shown once at the terminal, to nobody else.',
      ),
    passwordLength: z.int().min(12).max(64).default(16),
    remindSecondFactor: z.boolean().default(true),
  })
  .transform((opening) => defined(opening));

/**
 * What a company says once about its people and accounts. It stands in a file of its own (`accounts` in the configuration, or `from`), in the
 * runbook, or in both: a key of the runbook stands over the same key of the file.
 */
export const companyKeys = {
  sources: z.array(sourceSchema).min(1).max(20).describe('Sources of truth about people.'),
  directories: z.array(directorySchema).min(1).max(50).describe('Where accounts are.'),
  matching: matchingSchema.describe('How accounts find their people.'),
  roles: rolesSchema.describe('Rights due by department and post (AC-02).'),
  policies: policiesSchema.describe('Figures that findings are measured against.'),
  caps: capsSchema.describe('How many accounts a run may change before a second person is asked.'),
  protected: protectedSchema.describe('Never touched, whatever was found.'),
  opening: openingSchema,
  notice: noticeSchema,
};

/** The file itself. */
export const companySchema = z.strictObject({
  ...companyKeys,
  matching: companyKeys.matching.prefault({}),
  roles: companyKeys.roles.prefault({}),
  policies: companyKeys.policies.prefault({}),
  caps: companyKeys.caps.prefault({}),
  protected: companyKeys.protected.prefault([]),
  opening: companyKeys.opening.prefault({}),
  notice: companyKeys.notice.prefault({}),
});
export type Company = z.infer<typeof companySchema>;

export const operations = ['audit', 'cleanup', 'review', 'open', 'change', 'revoke', 'policy'] as const;
export type Operation = (typeof operations)[number];

export const reviewSchema = z.strictObject({
  answerWithin: durationSchema
    .prefault('10d')
    .describe(
      'So long heads have to answer; lines without an answer then stay as they are, and the run ends incomplete.',
    ),
  signers: z
    .enum(['head', 'any'])
    .default('head')
    .describe(
      'Whose SSH signature over a list counts ("account review --import --signature"): that of the head of each line, or any key of the allowed signers.',
    ),
});

/** `spec` of a review of accounts. */
export const accountSpecSchema = z.strictObject({
  ...commonSpec,
  operation: z
    .enum(operations)
    .describe(
      'audit: find only; cleanup: find, then disable, hold, delete (AC-04); review: have heads sign the rights of their people (AC-05); open (AC-01), change and revoke (AC-03): one person; policy: what is enforced (AC-06).',
    ),
  from: z
    .string()
    .min(1)
    .optional()
    .describe('File with the company\'s sources, directories and rules; absent = "accounts" of the configuration.'),
  sources: companyKeys.sources.optional(),
  directories: companyKeys.directories.optional(),
  matching: companyKeys.matching.optional(),
  roles: companyKeys.roles.optional(),
  policies: companyKeys.policies.optional(),
  caps: companyKeys.caps.optional(),
  protected: companyKeys.protected.optional(),
  opening: companyKeys.opening.optional(),
  notice: companyKeys.notice.optional(),
  only: z.array(nameSchema).min(1).optional().describe('Only these directories.'),
  findings: z.array(z.enum(findingTypes)).min(1).optional().describe('Only these findings; absent = all.'),
  failOn: z.array(z.enum(findingTypes)).prefault([]).describe('Findings that make the run end as failed (exit 1).'),
  cleanup: cleanupSchema.optional().describe('Of operation "cleanup".'),
  review: reviewSchema.optional().describe('Of operation "review".'),
  person: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Of open, change and revoke: employee number, or ${{ inputs.person }}; of revoke also "leavers": everybody who has left; of change also "all": everybody whose account shows another department or post than the roster.',
    ),
  request: z
    .string()
    .optional()
    .describe(
      'Of open, instead of "person": a list (CSV or XLSX) of several people, with the columns of a roster. Column "login": the login; last day: a temporary account.',
    ),
  login: z.string().optional().describe('Of open: the login; absent = as the roster or the mail address says.'),
  until: z.string().optional().describe('Of open: last day of a temporary account, such as 2026-12-31.'),
  reason: z.string().optional().describe('Of revoke: why, where the roster does not say that the person has left.'),
  finally: stepsSchema
    .optional()
    .describe('At the end, however it ended. `steps.audit.outputs` has `summary`, `lines`, `counts`, `found`.'),
});
export type AccountSpec = z.infer<typeof accountSpecSchema>;
