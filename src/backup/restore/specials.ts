import { chmodSync, lchownSync, linkSync, lstatSync, symlinkSync } from 'node:fs';
import { messageOf } from '../../core/errors.ts';
import { type ByteString, forFs } from '../format/byte-string.ts';
import type { Entry } from '../format/entry.ts';
import { ownerWasSet, withoutOwnerBits } from './owner-bits.ts';
import type { RestoreOwners } from './owners.ts';
import type { PlannedSpecial, RestorePlan } from './plan.ts';
import { feed } from './times.ts';

type Problem = (path: ByteString, message: string) => void;

/** Makes symbolic links, FIFOs and devices with owner and mode, where `place` says; their times come later. */
export async function makeSpecials(
  root: ByteString,
  specials: readonly PlannedSpecial[],
  owners: RestoreOwners,
  problem: Problem,
  foreign: Set<ByteString>,
  place: (path: ByteString) => ByteString = (path) => path,
): Promise<void> {
  const at = (entry: PlannedSpecial) => `${root}/${place(entry.path)}`;
  const fifos = specials.filter(({ type }) => type === 'p');
  if (fifos.length > 0)
    await feed('xargs', ['-0', 'mkfifo', '-m', '0600', '--'], fifos.map((one) => `${at(one)}\0`).join(''));
  const devices = specials.filter(
    ({ type, target }) => (type === 'b' || type === 'c') && /^\d+:\d+$/.test(target ?? ''),
  );
  if (devices.length > 0) {
    // After `--` mknod(1) takes NAME TYPE MAJOR MINOR, four arguments for each device.
    const words = devices.map((one) => `${at(one)}\0${one.type}\0${one.target!.replace(':', '\0')}\0`);
    await feed('xargs', ['-0', '-n', '4', 'mknod', '-m', '0600', '--'], words.join(''));
  }
  for (const entry of specials) {
    try {
      if (entry.type === 'l') symlinkSync(forFs(entry.target ?? ''), forFs(at(entry)));
      else requireMade(entry.type, at(entry));
      const chown = () => lchownSync(forFs(at(entry)), owners.uid(entry), owners.gid(entry));
      if (owners.chown && !ownerWasSet(chown)) foreign.add(entry.path);
      if (entry.type !== 'l')
        chmodSync(forFs(at(entry)), foreign.has(entry.path) ? withoutOwnerBits(entry.mode) : entry.mode);
    } catch (error) {
      problem(entry.path, messageOf(error));
    }
  }
}

/** What could not be made is not to be taken for something else at its name: a mode is set through a symbolic link. */
function requireMade(type: Entry['type'], path: ByteString): void {
  const found = lstatSync(forFs(path), { throwIfNoEntry: false });
  const isRight = type === 'p' ? found?.isFIFO() : type === 'b' ? found?.isBlockDevice() : found?.isCharacterDevice();
  if (!isRight) throw new Error(type === 'p' ? 'mkfifo could not make it' : 'mknod could not make it');
}

/** Further names of hard-linked objects. */
export function makeLinks(
  root: ByteString,
  links: RestorePlan['links'],
  failed: ReadonlySet<ByteString>,
  problem: Problem,
): void {
  for (const { path, first } of links) {
    if (failed.has(first)) {
      problem(path, 'the object it is another name of could not be restored');
      continue;
    }
    try {
      linkSync(forFs(`${root}/${first}`), forFs(`${root}/${path}`));
    } catch (error) {
      problem(path, messageOf(error));
    }
  }
}
