import { digestOf, sha256Hex } from '../../core/json.ts';
import { rightKey } from '../company/roles.ts';
import type { ChangeName } from '../directory.ts';
import type { EntryItem } from '../entry/entry.ts';
import type { FindingType } from '../model.ts';
import { accountId } from '../record/account-id.ts';

/** One line of a list that people sign: an entry with all that is proposed for it, or one right of it. */
export interface ReviewLine {
  /** Short name; unique in the plan. */
  id: string;
  /** Line of the entry that it belongs to; the same as `id` unless rights are decided one by one. */
  item: string;
  directory: string;
  key: string;
  login: string;
  /** Where the entry is, for people. */
  account: string;
  /** Employee number. */
  person?: string;
  personName?: string;
  department?: string;
  /** Employee number of the head. */
  head?: string;
  headMail?: string;
  /** Names by which the head may sign a file. */
  headNames?: string[];
  /** As the roster calls the head. */
  headName?: string;
  findings: FindingType[];
  evidence: string[];
  right?: string;
  proposal: ChangeName[];
}

/** The lines of one head, or of a department that has none. */
export interface ReviewList {
  department?: string;
  head?: string;
  headMail?: string;
  lines: ReviewLine[];
}

/** Every line that is to be decided, in the order of the plan. */
export function linesOf(items: readonly EntryItem[]): ReviewLine[] {
  return items.flatMap((item) => {
    const line = lineOfItem(item);
    if (!item.byRight) return [line];
    return rightsOf(item).map((right): ReviewLine => ({ ...line, id: rightLine(item, right), right }));
  });
}

/** Rights that an item would take away, named one by one. */
export function rightsOf({ changes }: Pick<EntryItem, 'changes'>): string[] {
  return changes.flatMap((change) => (change.do === 'strip' ? (change.rights ?? []) : []));
}

/** The name of the line of one right: the same each time. */
export function rightLine({ directory, ref }: { directory: string; ref: { key: string } }, right: string): string {
  return sha256Hex(`${accountId(directory, ref.key)}\n${rightKey(right)}`).slice(0, 12);
}

function lineOfItem(item: EntryItem): ReviewLine {
  const line: ReviewLine = {
    id: item.line,
    item: item.line,
    directory: item.directory,
    key: item.ref.key,
    login: item.ref.login,
    account: item.ref.name,
    findings: item.findings,
    evidence: item.evidence,
    proposal: item.changes.map((change) => change.do),
  };
  if (item.person !== undefined) line.person = item.person;
  if (item.personName !== undefined) line.personName = item.personName;
  if (item.department !== undefined) line.department = item.department;
  if (item.head !== undefined) line.head = item.head;
  if (item.mails?.head !== undefined) line.headMail = item.mails.head;
  if (item.headNames !== undefined) line.headNames = item.headNames;
  if (item.headName !== undefined) line.headName = item.headName;
  return line;
}

/** By department; of a department with several heads, each has a list of its own people. Sorted by name, people without a department last. */
export function listsOf(lines: readonly ReviewLine[]): ReviewList[] {
  const groups = Map.groupBy(lines, ({ department, head }) => JSON.stringify([department ?? null, head ?? null]));
  return [...groups.values()]
    .map((own): ReviewList => {
      const { department, head } = own[0]!;
      const headMail = own.find((line) => line.headMail !== undefined)?.headMail;
      const list: ReviewList = { lines: own };
      if (department !== undefined) list.department = department;
      if (head !== undefined) list.head = head;
      if (headMail !== undefined) list.headMail = headMail;
      return list;
    })
    .sort((a, b) => compare(a.department, b.department) || compare(a.head, b.head));
}

/** Digest over the run and everything that a line says: whoever signs a line signs these facts. */
export function lineDigest(run: string, line: ReviewLine): string {
  const { headMail: _headMail, headNames: _headNames, headName: _headName, ...facts } = line;
  return digestOf({ run, ...facts }).slice(0, 16);
}

function compare(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  return b === undefined || a < b ? -1 : 1;
}
