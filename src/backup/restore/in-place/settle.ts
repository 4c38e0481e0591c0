import { chmodSync, lchownSync, linkSync, lstatSync, mkdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { errnoOf, messageOf } from '../../../core/errors.ts';
import { type ByteString, forFs } from '../../format/byte-string.ts';
import type { RestoreOwners } from '../owners.ts';
import type { RestorePlan } from '../plan.ts';
import { feed } from '../times.ts';
import type { Extra } from './extras.ts';
import { stagedPath } from './stage.ts';
import type { Survey } from './survey.ts';

type Problem = (path: ByteString, message: string) => void;

/** Takes what the survey refused, and all below, out of the plan. */
export function leaveOutRefused(plan: RestorePlan, survey: Survey): void {
  const { refused } = survey;
  if (refused.size === 0) return;
  const isOut = (path: ByteString) => {
    if (refused.has(path)) return true;
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      if (refused.has(path.slice(0, at))) return true;
    return false;
  };
  plan.folders = plan.folders.filter(({ path }) => !isOut(path));
  plan.specials = plan.specials.filter(({ path }) => !isOut(path));
  plan.links = plan.links.filter(({ path }) => !isOut(path));
  plan.unreadable = plan.unreadable.filter((path) => !isOut(path));
  for (const file of plan.files) {
    if (!isOut(file.path)) continue;
    // Numbers of files are used everywhere, so its place in the list stays.
    file.present = true;
    file.refused = true;
  }
}

/** Makes the folders that are missing, and room beside what is replaced. Nothing that is there is changed but what is in the way of a folder. */
export function prepareFolders(
  root: ByteString,
  plan: RestorePlan,
  survey: Survey,
  owners: RestoreOwners,
  problem: Problem,
): void {
  for (const folder of plan.folders) {
    const { path } = folder;
    if (path === '.') continue;
    const at = forFs(`${root}/${path}`);
    try {
      if (!survey.newFolders.has(path)) {
        // Who is not root needs the right to write; the stored mode comes at the end.
        const { mode } = lstatSync(at);
        if ((mode & 0o300) !== 0o300 && process.geteuid?.() !== 0) chmodSync(at, (mode & 0o7777) | 0o700);
        continue;
      }
      if (survey.inTheWay.has(path)) unlinkSync(at);
      // What is only above is not looked at again, so it is right from the beginning.
      if (!plan.above.has(path)) mkdirSync(at, { mode: 0o700 });
      else {
        mkdirSync(at, { mode: 0o700 });
        if (owners.chown) lchownSync(at, owners.uid(folder), owners.gid(folder));
        chmodSync(at, folder.mode);
      }
    } catch (error) {
      if (errnoOf(error) === 'EEXIST' && lstatSync(at).isDirectory()) continue;
      problem(path, messageOf(error));
    }
  }
  for (const [number, file] of plan.files.entries()) {
    const at = survey.staged.get(file.path);
    if (at === undefined) continue;
    file.at = at;
    if (!survey.present.has(number)) drop(`${root}/${at}`);
  }
  for (const { path } of plan.specials) {
    const at = survey.staged.get(path);
    if (at !== undefined) drop(`${root}/${at}`);
  }
}

/** Attributes that the stored object does not have. */
export async function stripAttributes(root: ByteString, strip: Survey['strip']): Promise<void> {
  const words = strip.flatMap(({ path, names }) => names.map((name) => `-h\0-x\0${name}\0--\0${root}/${path}\0`));
  if (words.length > 0) await feed('xargs', ['-0', '-n', '5', 'setfattr'], words.join(''));
  const acls = strip.filter(({ acl, isLink }) => acl && !isLink).map(({ path }) => `${root}/${path}\0`);
  if (acls.length > 0) await feed('xargs', ['-0', 'setfacl', '-b', '--'], acls.join(''));
}

/** Removes what the snapshot does not have. Gives what was removed. */
export function deleteExtras(
  root: ByteString,
  extras: readonly Extra[],
  failed: (path: ByteString) => boolean,
  problem: Problem,
): Extra[] {
  return extras.filter(({ path, isFolder }) => {
    if (failed(path)) return false;
    const at = forFs(`${root}/${path}`);
    try {
      if (isFolder) rmdirSync(at);
      else unlinkSync(at);
      return true;
    } catch (error) {
      // A folder in which something could not be deleted was told by that.
      if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'ENOENT') problem(path, withHint(error));
      return false;
    }
  });
}

/** Puts everything staged in its place: each name has the old or the new object at any moment. */
export function placeStaged(
  root: ByteString,
  survey: Survey,
  paths: Iterable<ByteString>,
  failed: ReadonlySet<ByteString>,
  problem: Problem,
): void {
  for (const path of paths) {
    const staged = survey.staged.get(path);
    if (staged === undefined || failed.has(path)) continue;
    try {
      if (survey.inTheWay.has(path) && isFolder(`${root}/${path}`)) rmdirSync(forFs(`${root}/${path}`));
      renameSync(forFs(`${root}/${staged}`), forFs(`${root}/${path}`));
    } catch (error) {
      drop(`${root}/${staged}`);
      problem(path, withHint(error));
    }
  }
}

/** Further names, each made beside and renamed. */
export function placeLinks(
  root: ByteString,
  plan: RestorePlan,
  survey: Survey,
  failed: ReadonlySet<ByteString>,
  problem: Problem,
): void {
  for (const { path, first } of plan.links) {
    if (survey.keptLinks.has(path)) continue;
    if (failed.has(first)) {
      problem(path, 'the object it is another name of could not be restored');
      continue;
    }
    const staged = survey.staged.get(path) ?? stagedPath(path, `=${first}`);
    try {
      drop(`${root}/${staged}`);
      linkSync(forFs(`${root}/${first}`), forFs(`${root}/${staged}`));
      if (survey.inTheWay.has(path) && isFolder(`${root}/${path}`)) rmdirSync(forFs(`${root}/${path}`));
      renameSync(forFs(`${root}/${staged}`), forFs(`${root}/${path}`));
      // Renaming one name of an object to another name of it does nothing.
      drop(`${root}/${staged}`);
    } catch (error) {
      drop(`${root}/${staged}`);
      problem(path, withHint(error));
    }
  }
}

/** Staged objects of restores that were killed. */
export function dropLeftovers(root: ByteString, leftovers: readonly ByteString[]): void {
  for (const path of leftovers) drop(`${root}/${path}`);
}

function drop(absolute: ByteString): void {
  try {
    unlinkSync(forFs(absolute));
  } catch {
    // Is not there.
  }
}

function isFolder(absolute: ByteString): boolean {
  return lstatSync(forFs(absolute), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function withHint(error: unknown): string {
  const message = messageOf(error);
  if (errnoOf(error) === 'EPERM') return `${message}; it may be immutable (lsattr, chattr -i)`;
  if (errnoOf(error) === 'ENOTEMPTY') return 'it is a folder here that holds protected files';
  return message;
}
