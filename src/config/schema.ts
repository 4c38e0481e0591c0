import { z } from 'zod';
import { isDate } from '../calendar/dates.ts';
import { namedFreezeSchema } from '../calendar/freezes.ts';
import { procedureRulesSchema } from '../calendar/procedures/schema.ts';
import { calendarNames, ownDaySchema } from '../calendar/working-days.ts';
import { nameSchema, standingSecretRefSchema } from '../runbook/schema/common.ts';
import { pingSchema, pingUrlSchema } from '../runbook/schema/ping.ts';

const pathSchema = z
  .string()
  .min(1)
  .describe('A path; a relative one counts from the folder of the configuration file, and ~/ is the home folder.')
  .meta({ id: 'path' });

const timeZoneSchema = z
  .string()
  .refine(isTimeZone, { error: 'not a time zone; write an IANA name, such as Asia/Shanghai' })
  .describe('IANA time zone, such as Asia/Shanghai; default: that of the machine.');

const recordUrlSchema = z
  .string()
  .regex(/^(env:[A-Za-z_]\w*|file:.+|cred:[\w.:@-]+|postgres(ql)?:\/\/.+)$/, {
    error: 'not a record; write postgres://host/database or a reference: env:NAME, file:/path, cred:NAME',
  })
  .refine((url) => !/^postgres(ql)?:\/\/[^/@]*:[^/@]*@/.test(url), {
    error: 'a password stands in the URL; put the whole URL behind a reference: env:NAME, file:/path, cred:NAME',
  });

const pruneKeysSchema = z
  .strictObject({
    profile: z.string().optional().describe('Profile of ~/.aws.'),
    accessKeyId: standingSecretRefSchema.optional(),
    secretAccessKey: standingSecretRefSchema.optional(),
  })
  .refine((keys) => (keys.accessKeyId === undefined) === (keys.secretAccessKey === undefined), {
    error: 'one half of a key; write accessKeyId and secretAccessKey, or profile',
  });

const objectLockSchema = z
  .strictObject({
    mode: z.enum(['governance', 'compliance']).describe('compliance: nobody can delete before the time is over.'),
    days: z
      .int()
      .min(1)
      .max(3650)
      .describe('What a snapshot needs cannot be deleted for at least so many days after it was made.'),
    confirmCompliance: z.literal(true).optional().describe('Needed with compliance: it cannot be taken back.'),
  })
  .refine(({ mode, confirmCompliance }) => mode !== 'compliance' || confirmCompliance === true, {
    error:
      'compliance cannot be taken back, not even by the owner of the account; add "confirmCompliance: true" if that is meant',
  });

const legSchema = z.strictObject({
  name: nameSchema.describe('Name of this copy, such as local or off-site.'),
  location: z.string().min(1).describe('Folder, or s3://bucket/prefix.'),
  ping: pingUrlSchema.optional().describe('Told how this leg fared in each run that backs up to it.'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('URL of an S3-compatible server; default: AWS.'),
  region: z.string().optional(),
  pathStyle: z
    .boolean()
    .optional()
    .describe('Address buckets by path instead of by host name; default: true with an endpoint, false with AWS.'),
  profile: z.string().optional().describe('Profile of ~/.aws; default: AWS_PROFILE.'),
  accessKeyId: standingSecretRefSchema.optional(),
  secretAccessKey: standingSecretRefSchema.optional(),
  prune: pruneKeysSchema
    .optional()
    .describe('Keys with the right to delete, used by prune and unpin only; then those above need no such right.'),
  objectLock: objectLockSchema
    .optional()
    .describe(
      'Write-once protection of a bucket that was made with Object Lock; prune reports what it may not delete as retained.',
    ),
  appendOnly: z.boolean().optional().describe('A folder: backups stored there are not deleted by this program.'),
  immutable: z
    .boolean()
    .optional()
    .describe('A folder: stored objects get chattr +i, their folders +a; needs root and a file system that has it.'),
  pruneLifts: z
    .boolean()
    .optional()
    .describe('A folder: prune may delete in spite of appendOnly, and takes off the attributes of immutable.'),
});

const repositorySchema = z.strictObject({
  legs: z.array(legSchema).min(1).refine(distinctNames, { error: 'two legs have the same name; give each its own' }),
  recipients: z
    .array(z.string().regex(/^age1[0-9a-z]+$/, { error: 'not an age recipient; write age1...' }))
    .optional()
    .describe('Public keys that init encrypts for, when no flag says otherwise.'),
  recipientsFile: pathSchema.optional().describe('File with a recipient a line, used by init.'),
  identityFile: pathSchema.optional().describe('Private age key, needed to list, verify and restore.'),
});

const caFileSchema = pathSchema
  .optional()
  .describe('PEM file of a certificate authority to trust besides the usual ones.');

const smtpSchema = z.strictObject({
  type: z.literal('smtp'),
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).optional().describe('Default 587, or 465 with security tls.'),
  security: z.enum(['starttls', 'tls', 'none']).default('starttls').describe('starttls is required, never only tried.'),
  from: z.string().min(3),
  to: z.array(z.string().min(3)).min(1),
  user: z.string().optional(),
  password: standingSecretRefSchema.optional(),
  caFile: caFileSchema,
  plainLogin: z
    .boolean()
    .optional()
    .describe('Lets the login go over the network in clear, with security none; default: only to this machine.'),
});

const webhookSchema = z.strictObject({
  type: z.literal('webhook'),
  url: z
    .union([standingSecretRefSchema, z.url({ protocol: /^https?$/ })])
    .describe('URL, or a reference to it when it holds a token.'),
  headers: z
    .record(
      z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, { error: 'not a header name' }),
      z.union([
        z.string().regex(/^[\t\x20-\x7e\xa0-\xff]*$/, { error: 'not a header value; line ends have no place in it' }),
        z.strictObject({ secret: standingSecretRefSchema }),
      ]),
    )
    .optional()
    .describe('More headers; {secret: env:NAME} for a value that is one.'),
  caFile: caFileSchema,
});

/**
 * The configuration file. Every key is optional, unknown keys are errors. The published JSON Schema and
 * docs/configuration.md are made from this.
 */
export const configSchema = z.strictObject({
  lang: z.enum(['en', 'zh-CN']).optional().describe('Language of texts; default: that of the locale.'),
  timeZone: timeZoneSchema.optional(),
  runbooks: z
    .array(pathSchema)
    .optional()
    .describe("Folders of the site's runbooks; one of the same name as a shipped one is used instead of it."),
  inventory: pathSchema
    .optional()
    .describe('Inventory used by runbooks that name none (own YAML, or Ansible INI or YAML).'),
  accounts: pathSchema
    .optional()
    .describe(
      "File with the company's sources of people, directories and rules for accounts: used by account reviews that name none.",
    ),
  record: z
    .strictObject({
      url: recordUrlSchema
        .optional()
        .describe('PostgreSQL URL of a record shared by several machines; default: SQLite in the state folder.'),
    })
    .optional(),
  ssh: z
    .strictObject({
      knownHosts: z.array(pathSchema).optional().describe('Default: ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts.'),
      configFile: pathSchema.optional().describe('Default: ~/.ssh/config.'),
    })
    .optional(),
  notify: z
    .strictObject({
      channels: z.record(nameSchema, z.discriminatedUnion('type', [smtpSchema, webhookSchema])).optional(),
    })
    .optional(),
  approvals: z
    .strictObject({ allowedSigners: pathSchema.optional().describe('ssh-keygen allowed-signers file; owned by root.') })
    .optional(),
  signing: z
    .strictObject({ key: pathSchema.optional().describe('SSH private key that signs plans, evidence and anchors.') })
    .optional(),
  audit: z
    .strictObject({
      syslog: z
        .boolean()
        .optional()
        .describe('After each backup also hand the anchor of the audit log to syslog, by logger(1).'),
    })
    .optional(),
  metrics: z
    .strictObject({
      textfileDir: pathSchema
        .optional()
        .describe('Folder of the textfile collector of node_exporter: after each run a file oaops-RUNBOOK.prom.'),
    })
    .optional(),
  calendar: z
    .strictObject({
      freezes: z
        .array(namedFreezeSchema)
        .refine(distinctNames, { error: 'two freezes have the same name; give each its own' })
        .optional()
        .describe('Times in which nothing is changed: every change window of a rollout honours them besides its own.'),
      workingDays: z
        .enum(calendarNames)
        .optional()
        .describe(
          'Default "china": by the yearly notices; of a year without one nothing is known. "weekdays": Monday to Friday.',
        ),
      days: z
        .array(ownDaySchema)
        .optional()
        .describe("Days of the site's own, and those of a year that this oaops has no notice of; later entries win."),
    })
    .optional(),
  procedures: procedureRulesSchema
    .optional()
    .describe(
      'Where this site differs from the handbooks, by procedure ID: "oaops today" and "oaops compliance" go by it.',
    ),
  complianceSince: z
    .string()
    .refine(isDate, { error: 'not a date; write 2026-12-31' })
    .optional()
    .describe('What was due before this date is not called missed; default: the day of the first run in the record.'),
  pings: z
    .record(nameSchema, pingSchema)
    .optional()
    .describe('By runbook: who is told how its runs go; instead of "ping" in the runbook.'),
  schedules: z
    .record(
      nameSchema,
      z.strictObject({
        enabled: z.boolean().default(true).describe('False: not started by "oaops tick".'),
        inputs: z
          .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
          .optional()
          .describe('What its runs are given.'),
        notify: z
          .array(nameSchema)
          .optional()
          .describe('Channels that are told, once for each time, that a run has not ended well by its "deadline".'),
      }),
    )
    .optional()
    .describe('Runbooks that "oaops tick" starts when the schedule in them says so; others it never starts.'),
  repositories: z
    .record(nameSchema, repositorySchema)
    .optional()
    .describe('Backup repositories by name, for --repo NAME.'),
});

export type Settings = z.infer<typeof configSchema>;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format() !== '';
  } catch {
    return false;
  }
}

function distinctNames(legs: readonly { name: string }[]): boolean {
  return new Set(legs.map((leg) => leg.name)).size === legs.length;
}

/** Paths inside the settings, by dotted key with `*` for any name or index: these are made absolute when loaded. */
export const pathKeys: readonly string[] = [
  'runbooks.*',
  'inventory',
  'accounts',
  'ssh.knownHosts.*',
  'ssh.configFile',
  'approvals.allowedSigners',
  'signing.key',
  'metrics.textfileDir',
  'notify.channels.*.caFile',
  'repositories.*.recipientsFile',
  'repositories.*.identityFile',
];

/** JSON Schema (draft-07) of the configuration file, for editors and `oaops config schema`. */
export function configJsonSchema(): unknown {
  return { title: 'oaops configuration', ...z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' }) };
}
