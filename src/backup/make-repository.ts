import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { usageError } from '../core/errors.ts';
import { readRecipientsFile } from './crypto/keys.ts';
import type { BackupDoor } from './door.ts';
import { objectNames } from './format/object-names.ts';
import { remember } from './keys/known-recipients.ts';
import type { ObjectStore } from './ports.ts';
import { type InitLegResult, initRepository, recipientsMissing } from './repository/init.ts';

export interface MadeRepository {
  repositoryId: string;
  encryption: 'age' | 'none';
  recipients: string[];
  legs: InitLegResult[];
  warnings: string[];
  text: string;
}

/** Below the folder of another repository its prune and its verification would meet files that are not its own. */
export function refuseInside(repo: string): void {
  if (repo.startsWith('s3:')) return;
  for (let folder = dirname(resolve(repo)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, objectNames.config)) && existsSync(join(folder, objectNames.keys(1))))
      throw usageError('repository-inside', `${repo} lies in the repository ${folder}`, {
        next: 'Name a folder outside of it.',
      });
    if (folder === dirname(folder)) return;
  }
}

/** What `backup init` does. Throws `recipients-missing` (exit 2) when encryption was neither chosen nor declined, `repository-inside` (exit 2). */
export async function makeRepository(
  door: BackupDoor,
  request: {
    repos: readonly string[];
    recipients: readonly string[];
    recipientsFile: string | undefined;
    noEncryption: boolean;
  },
): Promise<MadeRepository> {
  const recipients = [...request.recipients];
  if (request.recipientsFile !== undefined) recipients.push(...readRecipientsFile(request.recipientsFile));
  const unique = [...new Set(recipients)];
  // Before a folder is made.
  if (!request.noEncryption && unique.length === 0) throw recipientsMissing();
  const stores: ObjectStore[] = [];
  try {
    for (const repo of request.repos) refuseInside(repo);
    for (const repo of request.repos) stores.push(await door.openStore(repo, { create: true }));
    const { config, legs } = await initRepository(stores, {
      recipients: request.noEncryption ? 'none' : unique,
      clock: door.clock,
      random: door.random,
      companions: door.companions(),
    });
    const known = { repositoryId: config.repositoryId, encryption: config.encryption, recipients: unique };
    for (const leg of legs) if (leg.created) remember(door.stateDir, leg.location, known);
    const warnings: string[] = [];
    if (config.encryption === 'none') warnings.push('the repository is not encrypted: who reads it reads everything');
    if (unique.length === 1)
      warnings.push(
        'there is one recipient only: if its key is lost, every backup is lost; add a second one, sealed away, with "oaops backup key add"',
      );
    const text = [
      `repository ${config.repositoryId} ${config.encryption === 'age' ? `encrypted for ${unique.length} recipient${unique.length > 1 ? 's' : ''}` : 'without encryption'}`,
      ...legs.map((leg) => `  ${leg.created ? 'made' : 'was there'}  ${leg.location}`),
      ...(config.encryption === 'age'
        ? ['Keep the private keys where this machine cannot reach them: nobody can read the backups without one.']
        : []),
    ].join('\n');
    return {
      repositoryId: config.repositoryId,
      encryption: config.encryption,
      recipients: unique,
      legs,
      warnings,
      text,
    };
  } finally {
    for (const store of stores) await store.close();
  }
}
