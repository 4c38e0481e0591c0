import { z } from 'zod';
import { isDate } from '../../calendar/dates.ts';
import { defined, durationSchema, nameSchema } from '../../runbook/schema/common.ts';
import { findingTypes } from '../model.ts';

export const matchWays = ['employee', 'mail', 'login', 'name+department'] as const;
export type MatchWay = (typeof matchWays)[number];

/** How an account finds its person. */
export const matchingSchema = z.strictObject({
  by: z
    .array(z.enum(matchWays))
    .min(1)
    .prefault(['employee', 'mail', 'login'])
    .describe(
      'In this order. Two that name different people make the account unknown. name+department alone has to be confirmed by a person.',
    ),
  ignoreCase: z.boolean().default(true),
});

const age = (text: string, what: string) => durationSchema.prefault(text).describe(what);

/** What directories are required to enforce (AC-06). Each is compared with what they say themselves. */
const requiredSchema = z
  .strictObject({
    minLength: z.int().min(1).max(256).optional().describe('Passwords have at least so many characters.'),
    classes: z.int().min(1).max(4).optional().describe('Of upper case, lower case, digits and signs at least so many.'),
    maxAge: durationSchema.optional().describe('Passwords live at most so long.'),
    minAge: durationSchema.optional().describe('Passwords live at least so long.'),
    history: z.int().min(1).max(1000).optional().describe('So many earlier passwords cannot be taken again.'),
    lockoutAttempts: z.int().min(1).max(1000).optional().describe('Locked after at most so many wrong passwords.'),
    lockoutDuration: durationSchema.optional().describe('Locked for at least so long; without an end is enough.'),
    qualityCheck: z.literal(true).optional().describe('New passwords are checked for quality.'),
    secondFactor: z.enum(['all', 'privileged']).optional().describe('Whose accounts have to have a second factor.'),
  })
  .transform((required) => defined(required));
export type RequiredPolicy = z.infer<typeof requiredSchema>;

/** Figures that findings are measured against. */
export const policiesSchema = z.strictObject({
  leaverGrace: age('0d', 'So long after the last day an account may stay enabled.'),
  dormantAfter: age(
    '90d',
    'Not used for so long. Active Directory: at least 30d, because lastLogonTimestamp lags up to 14 days.',
  ),
  neverUsedAfter: age('30d', 'Made so long ago and never used.'),
  passwordMaxAge: durationSchema.optional().describe('Older passwords are found; absent = no age is too old.'),
  passwordNeverExpires: z.boolean().default(true).describe('Passwords that never expire are found.'),
  secondFactor: z
    .enum(['all', 'privileged', 'none'])
    .default('privileged')
    .describe('Whose accounts need a second factor, where the directory tells.'),
  required: requiredSchema
    .optional()
    .describe('Of operation "policy": what each directory has to enforce. A weaker rule makes the run fail (exit 1).'),
  defaultAccounts: z
    .array(z.string().min(1))
    .prefault(['guest', 'test', 'demo', 'admin', 'administrator', 'oracle', 'ftp', 'user', 'sa'])
    .describe('Logins that systems come with; found when enabled.'),
  exceptions: z
    .array(
      z.strictObject({
        finding: z.enum(findingTypes),
        account: z.string().min(1).describe('Login or name, with * and ?.'),
        directory: nameSchema.optional(),
        right: z.string().min(1).optional().describe('Of rights-beyond-role and rights-missing: only this right.'),
        until: z.string().refine(isDate, { error: 'not a date; write 2026-12-31' }).describe('Last day.'),
        by: z.string().min(1).describe('Who answers for it.'),
        reason: z.string().min(1),
      }),
    )
    .max(5000)
    .prefault([])
    .describe('What is known and accepted until a date; listed in every report.'),
});
export type Policies = z.infer<typeof policiesSchema>;

const pattern = z.string().min(1).default('*');

const roleSchema = z.strictObject({
  department: pattern.describe('With * and ?.'),
  post: pattern.describe('With * and ?.'),
  rights: z.record(nameSchema, z.array(z.string().min(1))).describe('Directory -> rights that are due.'),
});

/** Rights due by department and post (AC-02): the union of all rows that fit a person. */
export const rolesSchema = z
  .strictObject({
    matrix: z.array(roleSchema).prefault([]),
    file: z
      .string()
      .min(1)
      .optional()
      .describe('CSV with the columns department, post, directory, right; its rows come on top of "matrix".'),
  })
  .transform((roles) => defined(roles));
export type RolesSpec = z.infer<typeof rolesSchema>;

/** More changes than these need a second person. */
export const capsSchema = z.strictObject({
  share: z
    .string()
    .regex(/^(100|\d{1,2})%$/, { error: 'not a share; write 10%' })
    .default('10%')
    .describe('Of the enabled accounts of persons of a directory.'),
  count: z
    .int()
    .min(0)
    .default(50)
    .describe('Accounts of all directories together; 0 = each run that changes something.'),
  refuse: z
    .string()
    .regex(/^(100|\d{1,2})%$/, { error: 'not a share; write 50%' })
    .default('50%')
    .describe('More than this share of a directory is an error of the data: refused, whoever signs.'),
});
export type Caps = z.infer<typeof capsSchema>;

/** Never touched, whatever was found; looked at last. */
export const protectedSchema = z.array(
  z
    .strictObject({
      account: z.string().min(1).optional().describe('Login or name (DN), with * and ?.'),
      group: z.string().min(1).optional().describe('Holders of this right, with * and ?.'),
      directory: nameSchema.optional().describe('Absent = all.'),
      reason: z.string().min(1),
    })
    .refine(({ account, group }) => account !== undefined || group !== undefined, {
      error: 'name an account or a group',
    }),
);

export const stages = ['disable', 'strip', 'sessions', 'hold'] as const;

/** What is done about a finding. */
export const cleanupSchema = z
  .strictObject({
    rules: z
      .array(
        z.strictObject({
          finding: z.enum([
            'leaver',
            'dormant',
            'never-used',
            'orphan',
            'duplicate',
            'default-account',
            'expired-temporary',
          ]),
          do: z
            .array(z.enum(stages))
            .min(1)
            .prefault(['disable', 'strip', 'hold'])
            .describe('In this order, each where the directory is able to.'),
          deleteAfter: durationSchema
            .optional()
            .describe('Held unchanged for so long after it was disabled, a later run deletes it. Absent = never.'),
        }),
      )
      .prefault([{ finding: 'leaver' }]),
    sign: z
      .enum(['person', 'heads', 'none'])
      .default('person')
      .describe('Who signs the list first: one person, the head of each department for its people, or nobody (cron).'),
    planMaxAge: durationSchema.prefault('7d').describe('A list that was signed later is not carried out.'),
    parallel: z.int().min(1).max(100).default(4),
  })
  .transform((cleanup) => defined(cleanup));
export type CleanupSpec = z.infer<typeof cleanupSchema>;
