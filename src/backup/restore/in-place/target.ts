import { realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { messageOf, OaopsError, usageError } from '../../../core/errors.ts';
import { ExitCode } from '../../../core/exit-codes.ts';
import { makePrivateDir } from '../../../core/private-dir.ts';
import { type ByteString, fromText } from '../../format/byte-string.ts';
import type { Repository } from '../../repository/open.ts';
import { ownPlaces } from '../../scan/own-places.ts';
import type { Change } from './survey.ts';

/** The real path of the folder that is to become what was stored. A link to it was named by who asked, so it is followed. */
export function inPlaceTarget(target: string, dryRun: boolean): string {
  const path = resolve(target);
  try {
    if (!dryRun) makePrivateDir(path);
    return realpathSync(path);
  } catch (error) {
    throw new OaopsError('target-unusable', `${path} can't be restored to: ${messageOf(error)}`, {
      next: 'Name a folder.',
      cause: error,
    });
  }
}

/**
 * Deleting is asked for by name.
 * @throws OaopsError `confirmation-needed`, `confirmation-wrong` (exit 4)
 */
export function refuseUnconfirmedDelete(target: string, confirm: string | undefined): void {
  refuseUnconfirmed(target, confirm, `--delete removes what the snapshot does not have from ${target}`);
}

/**
 * What is overwritten is lost for good, so that too is asked for by name.
 * @throws OaopsError `confirmation-needed`, `confirmation-wrong` (exit 4)
 */
export function refuseUnconfirmedOverwrite(
  target: string,
  confirm: string | undefined,
  changes: readonly Change[],
): void {
  const overwritten = changes.filter(({ action }) => action === 'updated').length;
  if (overwritten > 0 || confirm !== undefined)
    refuseUnconfirmed(
      target,
      confirm,
      `--in-place overwrites what has another content now in ${target}: ${overwritten}`,
    );
}

function refuseUnconfirmed(target: string, confirm: string | undefined, needed: string): void {
  const name = basename(target) || '/';
  if (confirm === name || confirm === target) return;
  throw new OaopsError(
    confirm === undefined ? 'confirmation-needed' : 'confirmation-wrong',
    confirm === undefined ? needed : `--confirm says "${confirm}", but the target is "${name}"`,
    { exitCode: ExitCode.refused, next: `Look at what goes with --dry-run, then give --confirm ${name}.` },
  );
}

/** The whole of a running machine is too much for --delete. @throws OaopsError (exit 2) */
export function refuseDeleteAll(target: string, sources: readonly ByteString[], include: readonly string[]): void {
  if (target !== '/' || include.length > 0 || !sources.includes('/')) return;
  throw usageError('delete-everything', '--delete would remove from / whatever the snapshot does not have', {
    next: 'Say with --include what is meant.',
  });
}

/** Folders and files that oaops needs itself: the repository above all may lie in what is restored. */
export function protectedPlaces({ store, others = [] }: Repository, places: readonly string[]): ByteString[] {
  const legs = [store, ...others].filter(({ kind }) => kind === 'directory').map(({ location }) => location);
  return [...ownPlaces([...legs, ...places]), ...[...legs, ...places].map((place) => fromText(resolve(place)))];
}
