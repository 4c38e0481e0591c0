import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { errnoOf } from '../../../core/errors.ts';
import { type ByteString, forFs, fromBytes } from '../../format/byte-string.ts';
import type { Entry } from '../../format/entry.ts';
import { AttributeReader, type Attributes } from '../../scan/xattrs.ts';
import type { AttributedEntry } from '../attributes.ts';
import type { PlannedFile } from '../file-plan.ts';
import type { RestoreOwners } from '../owners.ts';
import type { PlannedFolder, PlannedSpecial, RestorePlan } from '../plan.ts';
import { WorkerPool } from '../pool.ts';
import { stagedPath } from './stage.ts';

/** What decides that a file is the stored one: `time` = size and mtime, `content` = its sha256. */
export type Delta = 'time' | 'content';

export interface SurveyOptions {
  delta: Delta;
  /** What is in the way may be removed with all it holds. */
  mayDelete: boolean;
  /** Folders above what is restored stay as they are when they are there. */
  leavesAbove: boolean;
  signal: AbortSignal;
}

export type ChangeAction = 'restored' | 'updated' | 'metadata' | 'deleted';

export interface Change {
  action: ChangeAction;
  path: ByteString;
  bytes: number;
}

/** How the target differs from the plan. Nothing was changed to find out. */
export interface Survey {
  /** Folders that are not there. */
  newFolders: Set<ByteString>;
  /** Folders whose metadata is not set. */
  untouched: Set<ByteString>;
  /** Numbers of files that need no content, at their place or staged. */
  present: Set<number>;
  /** Numbers of those whose owner, mode or time is another. */
  adjust: Set<number>;
  /** Path to staged path of everything that replaces something or is new. */
  staged: Map<ByteString, ByteString>;
  /** Links, FIFOs and devices that are there as they should be, and those of them with another owner, mode or time. */
  keptSpecials: Set<ByteString>;
  adjustSpecials: Set<ByteString>;
  /** Further names that are already names of the right object. */
  keptLinks: Set<ByteString>;
  /** What has another type and must go first; folders with all they hold when `mayDelete`. */
  inTheWay: Set<ByteString>;
  /** Attributes that have to be set, and those that have to be removed. */
  attributes: AttributedEntry[];
  strip: { path: ByteString; names: ByteString[]; acl: boolean; isLink: boolean }[];
  /** What is not restored, with the reason. */
  refused: Map<ByteString, string>;
  changes: Change[];
  /** Files, and their bytes, whose content is the stored one. */
  unchangedFiles: number;
  unchangedBytes: number;
}

const batchFiles = 500;
const batchBytes = 64 * 1024 * 1024;

export async function surveyTarget(
  root: ByteString,
  plan: RestorePlan,
  owners: RestoreOwners,
  options: SurveyOptions,
): Promise<Survey> {
  const survey: Survey = {
    newFolders: new Set(),
    untouched: new Set(),
    present: new Set(),
    adjust: new Set(),
    staged: new Map(),
    keptSpecials: new Set(),
    adjustSpecials: new Set(),
    keptLinks: new Set(),
    inTheWay: new Set(),
    attributes: [],
    strip: [],
    refused: new Map(),
    changes: [],
    unchangedFiles: 0,
    unchangedBytes: 0,
  };
  const work = new SurveyWork(root, plan, owners, options, survey);
  work.folders();
  await work.files();
  work.specials();
  work.links();
  await work.attributes();
  return survey;
}

class SurveyWork {
  readonly #root: ByteString;
  readonly #plan: RestorePlan;
  readonly #owners: RestoreOwners;
  readonly #options: SurveyOptions;
  readonly #survey: Survey;
  /** What lies at a path, and is not replaced. */
  readonly #kept = new Map<ByteString, BigIntStats>();

  constructor(root: ByteString, plan: RestorePlan, owners: RestoreOwners, options: SurveyOptions, survey: Survey) {
    this.#root = root;
    this.#plan = plan;
    this.#owners = owners;
    this.#options = options;
    this.#survey = survey;
  }

  folders(): void {
    const { newFolders, untouched, refused, inTheWay, changes } = this.#survey;
    for (const folder of this.#plan.folders) {
      const { path } = folder;
      if (path === '.' || this.#isBelowRefused(path)) continue;
      const found = this.#look(path);
      const isAbove = this.#plan.above.has(path);
      if (found?.isDirectory() && isAbove && this.#options.leavesAbove) {
        untouched.add(path);
        continue;
      }
      if (found?.isDirectory()) {
        this.#kept.set(path, found);
        if (!this.#plan.implied.has(path) && this.#differs(found, folder))
          changes.push({ action: 'metadata', path, bytes: 0 });
        continue;
      }
      if (found?.isSymbolicLink() && (isAbove || !this.#options.mayDelete)) {
        refused.set(path, 'it is a folder in the snapshot and a symbolic link here: links are not followed');
        continue;
      }
      if (found) inTheWay.add(path);
      newFolders.add(path);
      changes.push({ action: found ? 'updated' : 'restored', path, bytes: 0 });
    }
  }

  async files(): Promise<void> {
    const { staged, changes } = this.#survey;
    const namesOf = new Map<ByteString, ByteString[]>();
    for (const { path, first } of this.#plan.links) namesOf.set(first, [...(namesOf.get(first) ?? []), path]);
    const compare: { number: number; at: ByteString; found: BigIntStats }[] = [];
    for (const [number, file] of this.#plan.files.entries()) {
      const { path } = file;
      if (this.#isBelowRefused(path)) continue;
      const at = stagedPath(path, file.sha256 ?? '');
      const found = this.#look(path);
      const before = this.#look(at);
      if (this.#isBlocked(path, found)) continue;
      staged.set(path, at);
      if (before?.isFile() && before.nlink === 1n && before.size === BigInt(file.size))
        compare.push({ number, at, found: before });
      if (!found?.isFile() || found.size !== BigInt(file.size)) continue;
      // Another name outside of this restore would change with it.
      const names = (namesOf.get(path) ?? []).filter((name) => isSame(this.#look(name), found));
      if (found.nlink !== BigInt(names.length + 1)) continue;
      if (this.#options.delta === 'content' && file.size > 0) compare.push({ number, at: path, found });
      else if (this.#options.delta === 'content' || found.mtimeNs === file.mtimeNs) this.#keep(number, path, found);
    }
    await this.#compareContents(compare);
    for (const [number, file] of this.#plan.files.entries()) {
      const { path } = file;
      if (staged.has(path) && !this.#survey.present.has(number))
        changes.push({ action: this.#look(path) ? 'updated' : 'restored', path, bytes: file.size });
    }
  }

  specials(): void {
    const { keptSpecials, adjustSpecials, staged, changes } = this.#survey;
    for (const entry of this.#plan.specials) {
      const { path } = entry;
      if (this.#isBelowRefused(path)) continue;
      const found = this.#look(path);
      if (this.#isBlocked(path, found)) continue;
      if (found && this.#isSpecial(entry, found)) {
        keptSpecials.add(path);
        this.#kept.set(path, found);
        if (!this.#differs(found, entry)) continue;
        adjustSpecials.add(path);
        changes.push({ action: 'metadata', path, bytes: 0 });
        continue;
      }
      staged.set(path, stagedPath(path, `${entry.type}${entry.target ?? ''}`));
      changes.push({ action: found ? 'updated' : 'restored', path, bytes: 0 });
    }
  }

  links(): void {
    const { keptLinks, staged, changes } = this.#survey;
    for (const { path, first } of this.#plan.links) {
      if (this.#isBelowRefused(path)) continue;
      const found = this.#look(path);
      if (this.#isBlocked(path, found)) continue;
      if (found && this.#kept.has(first) && isSame(found, this.#kept.get(first))) keptLinks.add(path);
      else {
        staged.set(path, stagedPath(path, `=${first}`));
        changes.push({ action: found ? 'updated' : 'restored', path, bytes: 0 });
      }
    }
  }

  /** Of objects that stay, those that differ; of new ones all. */
  async attributes(): Promise<void> {
    const { attributes, strip, changes } = this.#survey;
    const wanted = new Map(this.#plan.attributes.map((one) => [one.path, one]));
    const reader = new AttributeReader();
    const types = new Map<ByteString, Entry['type']>(this.#plan.folders.map(({ path }) => [path, 'd']));
    for (const { path, type } of this.#plan.specials) types.set(path, type);
    const differing = new Set<ByteString>();
    try {
      const kept = [...this.#kept.keys()];
      for (let at = 0; at < kept.length; at += batchFiles) {
        this.#options.signal.throwIfAborted();
        const batch = kept.slice(at, at + batchFiles);
        const found = await reader.read(batch.map((path) => `${this.#root}/${path}`));
        if (reader.isMissing) break;
        for (const path of batch) {
          const here = found.get(`${this.#root}/${path}`) ?? { xattrs: [], acl: undefined };
          const stored = wanted.get(path) ?? { xattrs: [], acl: undefined };
          if (textOf(here) === textOf(stored)) continue;
          differing.add(path);
          const names = here.xattrs
            .map(({ name }) => name)
            .filter((name) => !stored.xattrs.some((x) => x.name === name));
          const acl = here.acl !== undefined && here.acl !== stored.acl;
          strip.push({ path, names, acl, isLink: types.get(path) === 'l' });
          changes.push({ action: 'metadata', path, bytes: 0 });
        }
      }
    } finally {
      reader.close();
    }
    for (const [number, { path }] of this.#plan.files.entries()) {
      if (differing.has(path)) this.#survey.adjust.add(number);
      // chown(2) takes capabilities away, so what is adjusted gets its attributes anew.
      else if (this.#survey.adjust.has(number)) differing.add(path);
    }
    for (const { path } of this.#plan.specials) if (differing.has(path)) this.#survey.adjustSpecials.add(path);
    const { refused, untouched } = this.#survey;
    for (const one of this.#plan.attributes) {
      if (this.#isBelowRefused(one.path) || refused.has(one.path) || untouched.has(one.path)) continue;
      if (!this.#kept.has(one.path) || differing.has(one.path) || reader.isMissing) attributes.push(one);
    }
  }

  #keep(number: number, at: ByteString, found: BigIntStats): void {
    const { present, adjust, staged, changes } = this.#survey;
    const file = this.#plan.files[number]!;
    present.add(number);
    this.#survey.unchangedFiles += 1;
    this.#survey.unchangedBytes += file.size;
    if (at !== file.path) {
      // Left by a restore that was killed: nothing of it is set yet.
      adjust.add(number);
      changes.push({ action: this.#look(file.path) ? 'updated' : 'restored', path: file.path, bytes: 0 });
      return;
    }
    staged.delete(file.path);
    this.#kept.set(file.path, found);
    if (!this.#differs(found, file)) return;
    adjust.add(number);
    changes.push({ action: 'metadata', path: file.path, bytes: 0 });
  }

  /** At its place first: what is staged beside it is not needed then. */
  async #compareContents(list: readonly { number: number; at: ByteString; found: BigIntStats }[]): Promise<void> {
    const bytes = list.reduce((sum, { number }) => sum + this.#plan.files[number]!.size, 0);
    const pool = new WorkerPool({ bytes, jobs: Math.ceil(list.length / batchFiles) });
    const same = new Set<(typeof list)[number]>();
    try {
      const batches: (typeof list)[number][][] = [[]];
      let size = 0;
      for (const one of list) {
        const batch = batches.at(-1)!;
        batch.push(one);
        size += this.#plan.files[one.number]!.size;
        if (batch.length < batchFiles && size < batchBytes) continue;
        batches.push([]);
        size = 0;
      }
      const run = async (batch: (typeof list)[number][]) => {
        this.#options.signal.throwIfAborted();
        const files = batch.map(({ number, at }) => ({
          path: `${this.#root}/${at}`,
          sha256: this.#plan.files[number]!.sha256,
        }));
        const { same: found = [] } = await pool.run({ kind: 'compare', files });
        for (const index of found) same.add(batch[index]!);
      };
      const queue = batches.filter(({ length }) => length > 0);
      const lane = async () => {
        for (let batch = queue.shift(); batch; batch = queue.shift()) await run(batch);
      };
      await Promise.all(Array.from({ length: pool.size }, lane));
    } finally {
      await pool.close();
    }
    const isAtPlace = ({ number, at }: (typeof list)[number]) => at === this.#plan.files[number]!.path;
    for (const one of same) if (isAtPlace(one)) this.#keep(one.number, one.at, one.found);
    for (const one of same)
      if (!isAtPlace(one) && !this.#survey.present.has(one.number)) this.#keep(one.number, one.at, one.found);
  }

  #look(path: ByteString): BigIntStats | undefined {
    // Nothing lies in a folder that is not there.
    if (this.#survey.newFolders.has(parentOf(path))) return undefined;
    try {
      return lstatSync(forFs(`${this.#root}/${path}`), { bigint: true, throwIfNoEntry: false });
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR' || errnoOf(error) === 'EACCES') return undefined;
      throw error;
    }
  }

  /** A folder where the snapshot has something else: only what is empty goes without having been asked for. */
  #isBlocked(path: ByteString, found: BigIntStats | undefined): boolean {
    if (!found?.isDirectory()) return false;
    if (this.#options.mayDelete || readdirSync(forFs(`${this.#root}/${path}`)).length === 0) {
      this.#survey.inTheWay.add(path);
      return false;
    }
    this.#survey.refused.set(path, 'it is a folder here that is not empty; --delete replaces it');
    return true;
  }

  #isBelowRefused(path: ByteString): boolean {
    const { refused } = this.#survey;
    if (refused.size === 0) return false;
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      if (refused.has(path.slice(0, at))) return true;
    return false;
  }

  #isSpecial(entry: PlannedSpecial, found: BigIntStats): boolean {
    if (entry.type === 'p') return found.isFIFO();
    if (entry.type === 'l')
      return (
        found.isSymbolicLink() &&
        fromBytes(readlinkSync(forFs(`${this.#root}/${entry.path}`), { encoding: 'buffer' })) === entry.target
      );
    if (entry.type === 'b' ? !found.isBlockDevice() : !found.isCharacterDevice()) return false;
    const [major = 0, minor = 0] = (entry.target ?? '').split(':').map(BigInt);
    return found.rdev === deviceNumber(BigInt(major), BigInt(minor));
  }

  #differs(found: BigIntStats, wanted: PlannedFolder | PlannedFile): boolean {
    if (this.#owners.chown) {
      const isEntry = 'type' in wanted;
      const uid = isEntry ? this.#owners.uid(wanted) : wanted.uid;
      const gid = isEntry ? this.#owners.gid(wanted) : wanted.gid;
      if (found.uid !== BigInt(uid) || found.gid !== BigInt(gid)) return true;
    }
    const hasMode = !found.isSymbolicLink();
    return (hasMode && Number(found.mode & 0o7777n) !== wanted.mode) || found.mtimeNs !== wanted.mtimeNs;
  }
}

function parentOf(path: ByteString): ByteString {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function isSame(a: BigIntStats | undefined, b: BigIntStats | undefined): boolean {
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** As the C library of Linux packs it (makedev(3)). */
function deviceNumber(major: bigint, minor: bigint): bigint {
  return ((major & 0xfffff000n) << 32n) | ((major & 0xfffn) << 8n) | ((minor & 0xffffff00n) << 12n) | (minor & 0xffn);
}

function textOf({ xattrs, acl }: Attributes): string {
  return `${xattrs.map(({ name, hex }) => `${name}=${hex}`).join('\n')}\n${acl ?? ''}`;
}
