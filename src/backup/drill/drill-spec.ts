import { z } from 'zod';

/** How a drill is made to go wrong on purpose, to prove that it can. */
export const sabotageKinds = ['none', 'missing-pack', 'flipped-bit', 'wrong-key'] as const;
export type Sabotage = (typeof sabotageKinds)[number];

const file = z.string().min(1).describe('Path as on the source host; it is looked up in the restored copy.');

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
      equals: z.union([z.string(), z.number()]).optional().describe('What the first value must be.'),
      atLeast: z.number().optional().describe('What the first value must reach.'),
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
export function provesData(compare: 'hashes' | 'none', checks: readonly { type: string }[]): boolean {
  return (
    compare === 'hashes' || checks.some(({ type }) => type === 'canary' || type === 'sqlite' || type === 'command')
  );
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
  checks: z.array(smokeCheckSchema).default([]).describe('Smoke checks; recovery has ended when they pass.'),
};
