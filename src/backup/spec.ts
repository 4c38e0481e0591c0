import { z } from 'zod';
import { oneOrManySchema } from '../runbook/schema/common.ts';

/** When a snapshot is so unlike the last good one that a person should look. */
export const guardsSpec = {
  maxShrinkPercent: z
    .int()
    .min(0)
    .max(100)
    .describe('Fewer files or bytes than the last good snapshot by more than this.'),
  maxChangePercent: z.int().min(0).max(100).describe('More than this of it, in files and in bytes, is not as it was.'),
};

/** Members that the action `backup.create` and the kind `Backup` have in common. */
export const backupContentSpec = {
  exclude: oneOrManySchema
    .optional()
    .describe(
      'Patterns of what is left out: *.tmp for names, /srv/*/cache for paths; * stops at slashes, ** does not.',
    ),
  excludeFile: oneOrManySchema
    .optional()
    .describe('Files of such patterns, one per line; empty lines and lines that begin with # are skipped.'),
  excludeIfPresent: oneOrManySchema.optional().describe('Folders that hold a file of this name are left out.'),
  excludeCaches: z.boolean().optional().describe('Leave out folders with a CACHEDIR.TAG.'),
  oneFileSystem: z.boolean().optional().describe('Do not go into other file systems.'),
  tags: oneOrManySchema.optional().describe('Labels of the snapshot.'),
  level: z.int().min(1).max(19).optional().describe('zstd level; default 3.'),
  rehash: z.boolean().optional().describe('Read every file again, also those that look unchanged.'),
  catchUp: z
    .boolean()
    .optional()
    .describe('Afterwards give each leg the earlier snapshots that it missed, for at most an hour; default true.'),
  refreshBelowPercent: z
    .int()
    .min(1)
    .max(99)
    .optional()
    .describe('Store again what is still current of packs of which less than this is; default not at all.'),
  spoolDir: z.string().min(1).optional().describe('Folder for packs that are not stored yet.'),
  identityFile: z.string().min(1).optional().describe('Private age key; only needed when the local cache was lost.'),
};
