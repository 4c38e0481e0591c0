import { z } from 'zod';
import { tryParseDuration } from '../../core/units.ts';
import { secretRefSchema, sizeSchema } from '../../runbook/schema/common.ts';
import { becomeSchema } from '../../runbook/schema/steps.ts';

/*
 * What is backed up besides files. These schemas are read twice, by the kind and by the action that it becomes, so what they
 * give must be what they take: no transform that changes a value into another form.
 */

const idSchema = z
  .string()
  .regex(/^[a-z0-9]+([-_.][a-z0-9]+)*$/, {
    error: 'not an id of a source; use lower-case letters, digits and single hyphens, dots or underscores',
  })
  .max(63)
  .describe('Unique in the runbook; names the folder of the dumps in the snapshot: .oaops-dumps/<id>/.');

/** A reference, or an input of type secret. */
const passwordSchema = z
  .union([secretRefSchema, z.string().regex(/^\$\{\{.+\}\}$/s)])
  .describe(
    'Where the password is read from: env:NAME, file:/path, cred:NAME. Reaches the program by environment only.',
  );

const timeoutSchema = z
  .string()
  .refine((text) => (tryParseDuration(text) ?? 0) > 0, { error: 'not a duration; write such as 30m or 2h' })
  .describe('Longest time of one dump; then it has failed. Default: none.');

const common = {
  id: idSchema,
  host: z
    .string()
    .min(1)
    .optional()
    .describe('Inventory name of the host on which the programs run, over ssh; default this machine.'),
  become: becomeSchema.optional().describe('Run the programs as another user there; true means sudo to root.'),
  via: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Words before every program, such as [docker, exec, -i, -e, PGPASSWORD, oa-db].'),
  timeout: timeoutSchema.optional(),
  minBytes: sizeSchema.optional().describe('A dump that is smaller has failed; default 1.'),
};

const databasesSchema = z
  .union([z.literal('all'), z.array(z.string().min(1)).min(1)])
  .default('all')
  .describe('Names, or all that the server lists, templates and virtual ones left out.');

const connection = {
  address: z.string().min(1).optional().describe('Host name or socket folder of the server; default the local socket.'),
  port: z.int().min(1).max(65_535).optional(),
  user: z.string().min(1).optional().describe('Name to log in with at the server.'),
  password: passwordSchema.optional(),
};

const optionsSchema = z.array(z.string().min(1)).default([]).describe('Further arguments of the dump program.');

export const postgresSchema = z.strictObject({
  type: z.literal('postgres'),
  ...common,
  databases: databasesSchema,
  ...connection,
  format: z
    .enum(['custom', 'plain', 'tar'])
    .default('custom')
    .describe(
      'custom and tar are read by pg_restore, plain is SQL. None is compressed: packs are, and equal parts are found.',
    ),
  globals: z.boolean().default(true).describe('Roles and tablespaces too (pg_dumpall --globals-only).'),
  programs: z.string().min(1).optional().describe('Folder of pg_dump and psql, such as /usr/lib/postgresql/15/bin.'),
  options: optionsSchema,
});

export const mysqlSchema = z.strictObject({
  type: z.literal('mysql'),
  ...common,
  databases: databasesSchema,
  ...connection,
  programs: z.string().min(1).optional().describe('Folder of mariadb-dump or mysqldump, and of mariadb or mysql.'),
  options: optionsSchema,
});

export const sqliteSchema = z.strictObject({
  type: z.literal('sqlite'),
  ...common,
  file: z.string().min(1).describe('Path of the database file on its host.'),
  busyTimeout: timeoutSchema.default('60s').describe('How long to wait for somebody else who holds a lock.'),
});

export const ldapSchema = z.strictObject({
  type: z.literal('ldap'),
  ...common,
  method: z
    .enum(['slapcat', 'ldapsearch'])
    .default('slapcat')
    .describe('slapcat reads the files of the server on its own machine, ldapsearch asks over the network.'),
  suffixes: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Databases by suffix, such as dc=example,dc=com; slapcat finds them by itself in cn=config.'),
  config: z.boolean().default(true).describe('With slapcat: the configuration database cn=config too.'),
  configFolder: z.string().min(1).optional().describe('With slapcat: slapd.d, when it is not the default one.'),
  configFile: z.string().min(1).optional().describe('With slapcat: slapd.conf, for servers without cn=config.'),
  url: z.string().min(1).optional().describe('With ldapsearch: such as ldaps://ldap.example.com.'),
  user: z.string().min(1).optional().describe('With ldapsearch: the name (DN) to bind with.'),
  password: passwordSchema.optional(),
});

export const commandSourceSchema = z.strictObject({
  type: z.literal('command'),
  ...common,
  argv: z
    .array(z.string())
    .min(1)
    .describe('Program and arguments; its standard output is the dump. No shell reads them.'),
  file: z
    .string()
    .regex(/^[^/\0]{1,200}$/)
    .refine((name) => name !== '.' && name !== '..' && name !== 'source.json', { error: 'not a name for a dump' })
    .default('output')
    .describe('Name of the dump in the snapshot.'),
  cwd: z.string().min(1).optional().describe('Folder to work in.'),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
      z.union([z.string(), z.strictObject({ secret: secretRefSchema })]),
    )
    .default({})
    .describe('Environment variables; a value may be {secret: env:NAME}.'),
  exitCodes: z.array(z.int().min(0).max(255)).min(1).default([0]).describe('Exit codes that mean success.'),
  trailer: z
    .string()
    .min(1)
    .refine(isPattern, { error: 'not a regular expression' })
    .optional()
    .describe('Regular expression that the last 4 KiB of the dump must match (^ and $ match at lines).'),
  load: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Program and arguments that load the dump from standard input; used by backup restore --as command.'),
});

export const pathSourceSchema = z.strictObject({
  type: z.literal('path'),
  path: z.string().min(1).describe('A file or folder.'),
});

/** A source that is dumped. */
export const dumpSourceSchema = z
  .discriminatedUnion('type', [postgresSchema, mysqlSchema, sqliteSchema, ldapSchema, commandSourceSchema])
  .meta({ id: 'dumpSource', description: 'A database, a directory or a command whose output is backed up.' });
export type DumpSource = z.infer<typeof dumpSourceSchema>;
export type SourceType = DumpSource['type'];
export type SourceOf<T extends SourceType> = Extract<DumpSource, { type: T }>;

/** Dump sources of one backup: no two of one id. */
export const dumpSourcesSchema = z.array(dumpSourceSchema).superRefine((sources, context) => noTwins(sources, context));

/** `spec.sources` of the kind Backup: paths as texts, everything else as objects that say their type. */
export const sourcesSchema = z
  .union([
    z.string().min(1),
    z
      .array(
        z.union([
          z.string().min(1),
          z.discriminatedUnion('type', [
            pathSourceSchema,
            postgresSchema,
            mysqlSchema,
            sqliteSchema,
            ldapSchema,
            commandSourceSchema,
          ]),
        ]),
      )
      .min(1)
      .superRefine((sources, context) => noTwins(sources, context)),
  ])
  .transform((sources) => splitSources(typeof sources === 'string' ? [sources] : sources));

export interface SplitSources {
  paths: string[];
  dumps: DumpSource[];
}

function splitSources(sources: readonly (string | z.infer<typeof pathSourceSchema> | DumpSource)[]): SplitSources {
  const split: SplitSources = { paths: [], dumps: [] };
  for (const source of sources)
    if (typeof source === 'string') split.paths.push(source);
    else if (source.type === 'path') split.paths.push(source.path);
    else split.dumps.push(source);
  return split;
}

function noTwins(sources: readonly unknown[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, source] of sources.entries()) {
    const id = typeof source === 'object' && source !== null && 'id' in source ? String(source.id) : undefined;
    if (id === undefined) continue;
    if (seen.has(id))
      context.addIssue({ code: 'custom', path: [index, 'id'], message: `another source has the id "${id}"` });
    seen.add(id);
  }
}

function isPattern(pattern: string): boolean {
  try {
    new RegExp(pattern, 'mu');
    return true;
  } catch {
    return false;
  }
}
