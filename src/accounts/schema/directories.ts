import { z } from 'zod';
import { defined, durationSchema, nameSchema, oneOrManySchema, secretRefSchema } from '../../runbook/schema/common.ts';
import { becomeSchema } from '../../runbook/schema/steps.ts';
import { ldapLogin } from './sources.ts';

/** Patterns with * and ? over login, name (DN) or names of groups; compared without regard to case. */
const patterns = (what: string) => z.array(z.string().min(1)).prefault([]).describe(what);

export const usualMaxShrink = '20%';

const common = {
  id: nameSchema.describe('Unique among the directories.'),
  title: z.string().min(1).optional().describe('What people read; default the id.'),
  judgedBy: z
    .array(nameSchema)
    .min(1)
    .optional()
    .describe(
      'Sources that know the people of this directory; absent = all. Nobody else can make an account an orphan.',
    ),
  service: patterns('Accounts of programs: login or name. They are not compared with people.'),
  shared: patterns('Accounts that several people use on purpose.'),
  temporary: patterns('Accounts that must have an end.'),
  privileged: patterns('Groups, roles or accounts with special power, beyond those that the type knows itself.'),
  managed: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Rights that are compared with the role matrix, with * and ?; absent = a review compares all of them, and a transfer takes away only such as stand in the matrix.',
    ),
  owners: z
    .record(z.string(), z.string())
    .prefault({})
    .describe('Login of a service or shared account -> employee number, login or mail of who answers for it.'),
  maxShrink: z
    .string()
    .regex(/^(100|\d{1,2})%$/, { error: 'not a share; write 20%' })
    .default(usualMaxShrink)
    .describe(
      'So many fewer accounts, or accounts that show their employee number or mail, than at the reading before are believed; with more it was not read. Not of hosts.',
    ),
};

const ldapFields = z
  .strictObject({
    login: z.string().min(1).optional(),
    employee: z.string().min(1).optional(),
    mail: z.string().min(1).optional(),
    personName: z.string().min(1).optional(),
    department: z.string().min(1).optional(),
    post: z.string().min(1).optional(),
    owner: z.string().min(1).optional(),
    expires: z
      .string()
      .min(1)
      .optional()
      .describe('Attribute with the end of a temporary account: generalized time, a date, or days since 1970.'),
    secondFactor: z
      .string()
      .min(1)
      .optional()
      .describe('Attribute that is there when a second factor is bound; absent = the directory does not tell.'),
  })
  .transform((fields) => defined(fields));

/** A statement with named parameters, and the one that takes it back. */
const statementSchema = z.strictObject({
  do: z
    .string()
    .min(1)
    .describe(
      'Changes one row. Parameters: :key, :login, :name, :mail, :employee, :department, :post, :right (strip, grant), and the columns of "look" as :old_<column>; of create :login, :password, :name, :mail, :employee, :department, :post, :expires_at.',
    ),
  undo: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Takes it back, with the same parameters; :old_<column> is as before the run. Without it the change is not planned but for "create" and "sessions".',
    ),
  rows: z.int().min(0).default(1).describe('Rows that it must change; another number takes it back. 0 = any.'),
});
export type StatementSpec = z.infer<typeof statementSchema>;

/** A directory of accounts; told apart by `type`. */
export const directorySchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('openldap'),
    ...common,
    ...ldapLogin,
    scope: z.enum(['one', 'sub']).default('sub'),
    filter: z.string().min(1).default('(objectClass=person)'),
    fields: ldapFields.prefault({}).describe('Default: uid, employeeNumber, mail, cn, departmentNumber, title.'),
    groupBase: z.string().min(1).optional().describe('DN below which groups lie; absent = "base".'),
    groupFilter: z
      .string()
      .min(1)
      .default('(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))'),
    holdBase: z.string().min(1).optional().describe('DN below which disabled accounts are held.'),
    createBase: z.string().min(1).optional().describe('DN below which accounts are made; absent = "base".'),
    createClasses: z.array(z.string().min(1)).min(1).prefault(['inetOrgPerson']),
    defaultPolicy: z
      .string()
      .min(1)
      .optional()
      .describe('DN of the default password policy; absent = as cn=config says, where the login may read it.'),
  }),
  z.strictObject({
    type: z.literal('active-directory'),
    ...common,
    ...ldapLogin,
    scope: z.enum(['one', 'sub']).default('sub'),
    filter: z.string().min(1).default('(&(objectCategory=person)(objectClass=user))'),
    fields: ldapFields
      .prefault({})
      .describe('Default: sAMAccountName, employeeID, mail, displayName, department, title, managedBy.'),
    groupBase: z.string().min(1).optional().describe('DN below which groups lie; absent = the domain.'),
    holdBase: z.string().min(1).optional().describe('DN below which disabled accounts are held.'),
    createBase: z
      .string()
      .min(1)
      .optional()
      .describe('DN below which accounts are made; absent = CN=Users of the domain.'),
  }),
  z.strictObject({
    type: z.literal('linux'),
    ...common,
    targets: oneOrManySchema.describe('Hosts of the inventory: names, group:NAME or all.'),
    become: becomeSchema.optional(),
    createOn: oneOrManySchema
      .optional()
      .describe(
        'Of these hosts, those on which a new person gets an account, where the role matrix gives rights here; absent = the one host, and of several none.',
      ),
    minUid: z
      .int()
      .min(0)
      .default(1000)
      .describe('Accounts below it belong to the system; of them only root is looked at.'),
    maxUid: z.int().min(0).default(60_000),
    employee: z
      .enum(['gecos', 'none'])
      .default('none')
      .describe('gecos: the first field of the comment that is an employee number (digits, or letters and digits).'),
    adminGroups: z.array(z.string().min(1)).prefault(['sudo', 'wheel', 'adm', 'docker', 'lxd', 'disk', 'shadow']),
    timeout: durationSchema.prefault('60s'),
  }),
  z.strictObject({
    type: z.literal('sql'),
    ...common,
    url: z.string().min(1).describe('postgres://, mysql:// or sqlite: URL, without a password.'),
    password: secretRefSchema.optional(),
    timeout: durationSchema.prefault('60s'),
    accounts: z
      .string()
      .min(1)
      .describe(
        'A query that reads one row an account. Columns: key, login (both needed), employee, mail, person_name, department, post, use, enabled, held, created_at, last_used_at, password_changed_at, password_never_expires, expires_at, second_factor, privileged, owner; others are left out.',
      ),
    rights: z.string().min(1).optional().describe('A query that reads rights, one a row. Columns: key, right.'),
    look: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A query that reads the whole row of one account by :key: what "undo" can put back. Needed for changes. Leave password hashes out, and columns that every change touches (updated_at).',
      ),
    neverUsed: z
      .boolean()
      .default(false)
      .describe('An empty last_used_at means that it was never used; else nothing is known.'),
    statements: z
      .strictObject({
        disable: statementSchema.optional(),
        strip: statementSchema.optional().describe('For each right.'),
        hold: statementSchema.optional(),
        delete: statementSchema.optional(),
        grant: statementSchema.optional().describe('For each right.'),
        update: statementSchema
          .optional()
          .describe('Sets those of :name, :mail, :employee, :department, :post that it names.'),
        sessions: statementSchema.optional(),
        create: statementSchema.optional(),
      })
      .transform((statements) => defined(statements))
      .prefault({})
      .describe('Each kind of change that may be made, and how it is taken back.'),
    policy: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A query that reads the password policy. Columns: rule, value, and unit, scope, exceptions where there are any.',
      ),
  }),
  z.strictObject({
    type: z.literal('csv'),
    ...common,
    file: z
      .string()
      .min(1)
      .describe(
        'Relative to the folder of the file that says so. Columns as those of "accounts" of a SQL directory, and rights.',
      ),
    encoding: z.enum(['auto', 'utf-8', 'gbk']).default('auto'),
    separator: z.enum([',', ';', '\t']).default(','),
    fields: z.record(z.string(), z.string()).prefault({}).describe('Column as named above -> column of the file.'),
    rightSeparator: z.string().min(1).default(';').describe('Between several rights in one cell.'),
    maxAge: durationSchema.optional().describe('An older file stops the review.'),
    neverUsed: z
      .boolean()
      .default(false)
      .describe('An empty last_used_at means that it was never used; else nothing is known.'),
  }),
]);
export type DirectorySpec = z.infer<typeof directorySchema>;
export type DirectorySpecOf<T extends DirectorySpec['type']> = Extract<DirectorySpec, { type: T }>;
