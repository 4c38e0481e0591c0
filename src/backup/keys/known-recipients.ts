import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurable } from '../../core/durable-file.ts';
import { errnoOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { sha256Hex } from '../../core/json.ts';

/** What this machine knows about the repository at one location. */
export interface KnownRepository {
  repositoryId: string;
  encryption: 'age' | 'none';
  recipients: readonly string[];
}

/** What is kept of it. `pending`: recipients that this machine was about to set, and does not know yet whether it did. */
type Remembered = KnownRepository & { pending?: readonly string[] };

/**
 * Compares a repository with what this machine knew of it. Whoever can write to the storage can lay a list of recipients
 * of his own there; the next backup would then be readable for him, or no longer for the owner. So the list is
 * trusted at first sight only, like a host key of ssh.
 * @throws OaopsError `recipients-changed`, `repository-changed` (exit 4)
 */
export function checkKnown(stateDir: string, location: string, now: KnownRepository): void {
  const known = readKnown(knownFile(stateDir, location));
  if (known === undefined) {
    remember(stateDir, location, now);
    return;
  }
  if (known.repositoryId !== now.repositoryId || known.encryption !== now.encryption)
    throw new OaopsError('repository-changed', `the repository at ${location} is not the one this machine knows`, {
      exitCode: ExitCode.refused,
      next: `Find out who replaced it. If that was you, run "oaops backup key accept --repo ${location}".`,
      details: { known: known.repositoryId, found: now.repositoryId },
    });
  // A change of this machine that was killed, perhaps with some legs changed: either list is right until it was made again.
  if (known.pending !== undefined && isSameList(known.pending, now.recipients)) return;
  const added = now.recipients.filter((one) => !known.recipients.includes(one));
  const removed = known.recipients.filter((one) => !now.recipients.includes(one));
  if (added.length + removed.length === 0) return;
  const changes = [...added.map((one) => `${one} was added`), ...removed.map((one) => `${one} was removed`)];
  throw new OaopsError(
    'recipients-changed',
    `who can read new backups at ${location} has changed: ${changes.join(', ')}`,
    {
      exitCode: ExitCode.refused,
      next: `If nobody who may do so changed them, somebody else can write to the storage. If they are right, run "oaops backup key accept --repo ${location}" on this machine.`,
      details: { added, removed },
    },
  );
}

/** From now on the repository at this location is the one described; with `pending` also the one that has these recipients. */
export function remember(
  stateDir: string,
  location: string,
  { repositoryId, encryption, recipients }: KnownRepository,
  pending?: readonly string[],
): void {
  const text = JSON.stringify({ location, repositoryId, encryption, recipients, pending });
  writeFileDurable(knownFile(stateDir, location), `${text}\n`);
}

/** Where it is remembered; the file is there when this machine knows the repository. */
export function knownFile(stateDir: string, location: string): string {
  return join(stateDir, 'known-repositories', `${sha256Hex(location).slice(0, 32)}.json`);
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}

function readKnown(file: string): Remembered | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as Remembered;
  } catch (error) {
    throw new OaopsError('known-repository-damaged', `${file} is not JSON`, {
      next: 'Compare the recipients with "oaops backup key list", then remove the file.',
      cause: error,
    });
  }
}
