import { z } from 'zod';
import { secretRefSchema } from '../../runbook/schema/common.ts';

/** How a drill is made to go wrong on purpose, to prove that it can. */
export const sabotageKinds = [
  'none',
  'missing-pack',
  'flipped-bit',
  'truncated-pack',
  'missing-block',
  'missing-manifest',
  'wrong-key',
  'lost-canary',
] as const;
export type Sabotage = (typeof sabotageKinds)[number];

const file = z.string().min(1).describe('Path as on the source host; it is looked up in the restored copy.');

const expected = {
  equals: z.union([z.string(), z.number()]).optional().describe('What the first value must be.'),
  atLeast: z.number().optional().describe('What the first value must reach.'),
};

const loadId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,30}$/, { error: 'not an id; use lower-case letters, digits, - and _' });

/** How a dump of the restored copy is loaded into a scratch database, which is dropped at the end whatever happens. */
export const loadSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('postgres'),
      id: loadId.describe('Name by which checks ask it.'),
      dump: file.describe('The dump in the snapshot, such as /.oaops-dumps/oa-db/oa.dump.'),
      address: z.string().min(1).optional().describe('Server to load into, never by the name of the live database.'),
      port: z.int().min(1).max(65_535).optional(),
      user: z.string().min(1).optional().describe('Login that may create databases.'),
      password: secretRefSchema.optional(),
      programs: z.string().min(1).optional().describe('Folder of psql and pg_restore, or of the client of MySQL.'),
    }),
    z.strictObject({
      type: z.literal('mysql'),
      id: loadId,
      dump: file,
      address: z.string().min(1).optional(),
      port: z.int().min(1).max(65_535).optional(),
      user: z.string().min(1).optional(),
      password: secretRefSchema.optional(),
      programs: z.string().min(1).optional(),
    }),
    z.strictObject({ type: z.literal('sqlite'), id: loadId, dump: file }),
  ])
  .meta({ id: 'drillLoad', description: 'A dump that is loaded into a scratch database.' });
export type LoadSpec = z.infer<typeof loadSchema>;

/** A value that was planted before the backup (oaops drill plant) and must come back. */
export const canarySchema = z
  .strictObject({
    name: z.string().min(1).describe('As planted with "oaops drill plant NAME".'),
    file: file.optional().describe('File that holds the value.'),
    load: loadId.optional().describe('Database in which the query finds the value.'),
    query: z.string().min(1).optional().describe('One select; its first value must be the planted one.'),
    value: z.string().min(1).optional().describe('The value, when another machine planted it.'),
  })
  .refine(({ file: path, load, query }) => (path === undefined) === (load !== undefined && query !== undefined), {
    error: 'a canary lies in a file, or in a row that load and query find',
  });
export type CanarySpec = z.infer<typeof canarySchema>;

export const smokeCheckSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('file-exists'),
      file,
      minBytes: z.int().nonnegative().default(1).describe('Smallest size that counts.'),
    }),
    z.strictObject({
      type: z.literal('canary'),
      file,
      contains: z.string().min(1).describe('Text that was planted in the file before the backup.'),
    }),
    z.strictObject({
      type: z.literal('sqlite'),
      file,
      query: z.string().min(1).default('select 1').describe('One select; its first value is compared.'),
      ...expected,
    }),
    z.strictObject({
      type: z.literal('sql'),
      load: loadId.describe('Which loaded database is asked.'),
      query: z.string().min(1),
      ...expected,
    }),
    z.strictObject({
      type: z.literal('command'),
      argv: z
        .array(z.string())
        .min(1)
        .describe('Runs in the restored copy; exit code 0 passes. OAOPS_DRILL_ROOT names it.'),
      timeoutSeconds: z.int().min(1).max(86_400).default(600).describe('Ends the command.'),
    }),
  ])
  .meta({ id: 'smokeCheck', description: 'A check of the restored copy.' });
export type SmokeCheck = z.infer<typeof smokeCheckSchema>;

/** What says that data came back, and not only that something did. */
export function provesData({ compare, checks, canary }: DrillProof): boolean {
  const proving = ['canary', 'sqlite', 'sql', 'command'];
  return compare === 'hashes' || canary !== undefined || checks.some(({ type }) => proving.includes(type));
}

export interface DrillProof {
  compare: 'hashes' | 'none';
  checks: readonly SmokeCheck[];
  load: readonly LoadSpec[];
  canary?: CanarySpec | undefined;
}

/** Ids of databases that are asked and not loaded, or loaded twice. */
export function unknownLoads({ checks, load, canary }: DrillProof): string[] {
  const ids = load.map(({ id }) => id);
  const asked = [
    ...checks.flatMap((check) => (check.type === 'sql' ? [check.load] : [])),
    ...(canary?.load ? [canary.load] : []),
  ];
  return [...asked.filter((id) => !ids.includes(id)), ...ids.filter((id, i) => ids.indexOf(id) !== i)];
}

/** What is restored and how it is judged: the same for the kind and for the action. */
export const drillBodySpec = {
  snapshot: z.string().min(1).default('latest').describe('Which snapshot: latest, an id, or part of one.'),
  identityFile: z
    .string()
    .min(1)
    .optional()
    .describe('Private age key; else OAOPS_IDENTITY_FILE or the configuration.'),
  include: z.array(z.string().min(1)).default([]).describe('Only what matches; default everything.'),
  scratch: z
    .string()
    .min(1)
    .optional()
    .describe('Folder in which a fresh folder is made; default the temporary folder.'),
  keep: z.enum(['never', 'on-failure', 'always']).default('never').describe('Whether the restored copy stays.'),
  compare: z
    .enum(['hashes', 'none'])
    .default('hashes')
    .describe('Whether every restored file is read and compared with the manifest.'),
  stockPath: z
    .boolean()
    .default(false)
    .describe('Restore with the script that lies in the leg and stock tools alone, without oaops.'),
  load: z.array(loadSchema).default([]).describe('Dumps that are loaded into scratch databases before the checks.'),
  canary: canarySchema.optional().describe('A value planted before the backup that must come back.'),
  checks: z.array(smokeCheckSchema).default([]).describe('Smoke checks; recovery has ended when they pass.'),
};
