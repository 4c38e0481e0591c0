import { chmodSync, lchownSync } from 'node:fs';
import { messageOf } from '../../core/errors.ts';
import { type ByteString, forFs } from '../format/byte-string.ts';
import type { Entry } from '../format/entry.ts';
import { setAcls, setXattrs } from './attributes.ts';
import type { Metadata } from './file-plan.ts';
import type { Extra } from './in-place/extras.ts';
import { deleteExtras, placeLinks, placeStaged, stripAttributes } from './in-place/settle.ts';
import type { Survey } from './in-place/survey.ts';
import { ownerWasSet, withoutOwnerBits } from './owner-bits.ts';
import type { RestoreOwners } from './owners.ts';
import type { RestorePlan } from './plan.ts';
import { makeLinks, makeSpecials } from './specials.ts';
import { setTimes, type TimeToSet } from './times.ts';

export interface FinishContext {
  root: ByteString;
  plan: RestorePlan;
  owners: RestoreOwners;
  /** Files whose mode or time is still to be set. */
  later: readonly Metadata[];
  failed: ReadonlySet<ByteString>;
  /** Paths of objects whose owner could not be set; grows. */
  foreign: Set<ByteString>;
  /** Where something was there before. */
  survey: Survey | undefined;
  extras: readonly Extra[];
  problem(kind: 'metadata' | 'write', path: ByteString, message: string): void;
}

/**
 * Everything after the contents. Order: links and devices, owners, attributes, modes and times of what is no folder; then what
 * the snapshot does not have goes and what is staged takes its place; further names; folders last, from the deepest up.
 */
export async function finishRestore(context: FinishContext): Promise<{ deleted: Extra[] }> {
  const { root, plan, owners, failed, foreign, survey, problem } = context;
  const staged = survey?.staged;
  const at = (path: ByteString) => staged?.get(path) ?? path;
  const write = (path: ByteString, message: string) => problem('write', path, message);
  const made = plan.specials.filter(({ path }) => !survey?.keptSpecials.has(path));
  await makeSpecials(root, made, owners, write, foreign, at);
  if (!survey) makeLinks(root, plan.links, failed, write);

  const attempt = (path: ByteString, what: () => void) => {
    try {
      what();
    } catch (error) {
      problem('metadata', path, messageOf(error));
    }
  };
  const folders = plan.folders.filter(({ path }) => !plan.implied.has(path) && !survey?.untouched.has(path));
  const adjusted = survey ? adjustedOf(plan, survey, owners) : [];
  const toOwn = [
    ...folders.map((folder) => ({ path: folder.path, uid: owners.uid(folder), gid: owners.gid(folder) })),
    ...adjusted,
  ];
  for (const { path, uid, gid } of owners.chown ? toOwn : []) {
    if (failed.has(path)) continue;
    attempt(path, () => {
      if (!ownerWasSet(() => lchownSync(forFs(`${root}/${at(path)}`), uid, gid))) foreign.add(path);
    });
  }
  const setMode = ({ path, mode }: Pick<Entry, 'path' | 'mode'>) =>
    attempt(path, () => chmodSync(forFs(`${root}/${at(path)}`), foreign.has(path) ? withoutOwnerBits(mode) : mode));
  if (survey) await stripAttributes(root, survey.strip);
  const attributed = (survey?.attributes ?? plan.attributes)
    .filter(({ path }) => !failed.has(path))
    .map((one) => ({ ...one, path: at(one.path) }));
  const say = (messages: readonly string[]) => {
    for (const message of messages) problem('metadata', '.', message);
  };
  say(await setXattrs(root, attributed));
  const isFolder = (one: Pick<Entry, 'type'>) => one.type === 'd';
  say(
    await setAcls(
      root,
      attributed.filter((one) => !isFolder(one)),
    ),
  );
  const files = context.later.filter((file) => !failed.has(file.path));
  for (const file of files) if (file.later) setMode(file);
  for (const one of adjusted) if (!one.isLink && !failed.has(one.path)) setMode(one);

  const times = async (list: readonly TimeToSet[]) => {
    const moved = list.map(({ path, mtimeNs }) => ({ path: at(path), mtimeNs }));
    for (const path of await setTimes(root, moved))
      problem('metadata', path, 'its time could not be set to the nanosecond');
  };
  const specials = made.filter(({ path }) => !failed.has(path));
  await times([...files, ...specials, ...adjusted.filter(({ path }) => !failed.has(path))]);

  let deleted: Extra[] = [];
  if (survey) {
    const isBelowFailed = (path: ByteString) => {
      for (let slash = path.length; slash > 0; slash = path.lastIndexOf('/', slash - 1))
        if (failed.has(path.slice(0, slash))) return true;
      return false;
    };
    deleted = deleteExtras(root, context.extras, isBelowFailed, write);
    const paths = [...plan.files.filter(({ refused }) => !refused), ...made].map(({ path }) => path);
    placeStaged(root, survey, paths, failed, write);
    placeLinks(root, plan, survey, failed, write);
  }

  // From the deepest up: a folder without rights for its owner closes everything below.
  await times(folders);
  say(await setAcls(root, attributed.filter(isFolder).reverse()));
  for (const folder of [...folders].reverse()) setMode(folder);
  return { deleted };
}

/** Objects whose content was there already, and whose owner, mode or time is another one, or not set yet. */
function adjustedOf(plan: RestorePlan, survey: Survey, owners: RestoreOwners) {
  const files = [...survey.adjust].map((number) => ({ ...plan.files[number]!, isLink: false }));
  const specials = plan.specials
    .filter(({ path }) => survey.adjustSpecials.has(path))
    .map((entry) => ({ ...entry, uid: owners.uid(entry), gid: owners.gid(entry), isLink: entry.type === 'l' }));
  return [...files, ...specials];
}
