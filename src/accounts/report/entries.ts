import type { Change } from '../directory.ts';
import type { EntryItem } from '../entry/entry.ts';
import type { FindingType } from '../model.ts';
import { type OpeningItem, openingId, placeOf } from '../person/opening.ts';
import { accountId } from '../record/account-id.ts';
import type { Decision } from '../record/decisions.ts';
import { type EntryHistory, notDone } from '../record/entries.ts';
import { linesOf } from '../review/lines.ts';
import type { SignedList } from '../review/signed.ts';

/**
 * What became of an entry. `planned`: the run has not come to it. `kept`: a person said no. `unanswered`: nobody did, in time. `left`: it was not what the plan was made for any more. `part`: done
 * but for what is named, or cut off in the middle.
 */
export type EntryState = 'planned' | 'kept' | 'unanswered' | 'left' | 'part' | 'done' | 'restored';

export interface ShownDecision extends Omit<Decision, 'line'> {
  right?: string;
}

export interface ShownEntry {
  line: string;
  directory: string;
  login: string;
  /** Where it is, or was. */
  name: string;
  person?: string;
  department?: string;
  findings: FindingType[];
  evidence: string[];
  /** For people: `disable`, `strip admins`. */
  changes: string[];
  state: EntryState;
  done: string[];
  left: string[];
  /** Changes that were begun and of which nobody knows how far they came. */
  cutOff: string[];
  refused?: string;
  /** What people have said to it, or to each of its rights. */
  decisions: ShownDecision[];
  /** Lines that nobody had answered when the list was closed. */
  unanswered: number;
  /** Taken back, by which run; conflicts stayed as somebody else had left them. */
  restored?: { at: string; by: string; conflicts: string[] };
}

export interface RunFacts {
  entries: ReadonlyMap<string, EntryHistory>;
  refusals: ReadonlyMap<string, string>;
  decisions: ReadonlyMap<string, Decision>;
  /** The list as it was closed; absent: it is open, or there is none. */
  signed?: Pick<SignedList, 'open'>;
}

/** Every entry of a plan with what the record says of it, in the order of the plan. */
export function entriesOfRun(items: readonly EntryItem[], facts: RunFacts): ShownEntry[] {
  const open = new Set(facts.signed?.open);
  return items.map((item) => {
    const account = accountId(item.directory, item.ref.key);
    const lines = linesOf([item]);
    return shownEntry(item, facts.entries.get(account), {
      refused: facts.refusals.get(account),
      decisions: lines.flatMap(({ id, right }) => decisionOn(facts.decisions.get(id), right)),
      unanswered: lines.filter(({ id }) => open.has(id)).length,
    });
  });
}

function decisionOn(decision: Decision | undefined, right: string | undefined): ShownDecision[] {
  if (!decision) return [];
  const { line: _line, ...rest } = decision;
  return [right === undefined ? rest : { right, ...rest }];
}

/** Accounts that a run has made, or was to make. */
export function openingsOfRun(items: readonly OpeningItem[], facts: RunFacts): ShownEntry[] {
  return items.map((item) => {
    const { line, directory, login, person, rights } = item;
    const name = placeOf(item);
    const id = openingId(item);
    const base = {
      line,
      directory,
      ref: { key: name, name, login },
      person,
      findings: [],
      evidence: [],
      changes: [],
    };
    const history = facts.entries.get(id);
    const shown = shownEntry(base, history, { refused: facts.refusals.get(id) });
    // The record keeps the making of an account as the setting of its attributes.
    const cutOff = shown.cutOff.map((change) => (change.startsWith('update ') ? 'create' : change));
    const changes = ['create', ...(rights.length > 0 ? [`grant ${rights.join(', ')}`] : [])];
    const opened = { ...shown, cutOff, changes };
    const isMade = history?.marks.some(({ mark }) => mark?.['ref'] !== undefined) === true;
    if (!isMade || history.restored || history.delivered) return opened;
    return {
      ...opened,
      left: [...opened.left, 'its password was not handed over, as far as the record tells'],
      state: 'part',
    };
  });
}

function shownEntry(
  item: Pick<EntryItem, 'line' | 'directory' | 'ref' | 'findings' | 'evidence' | 'changes' | 'person' | 'department'>,
  history: EntryHistory | undefined,
  {
    refused,
    decisions = [],
    unanswered = 0,
  }: { refused: string | undefined; decisions?: ShownDecision[]; unanswered?: number },
): ShownEntry {
  const marks = history?.marks ?? [];
  const done = marks.flatMap((mark) => mark.done);
  const left = refused === undefined || marks.length > 0 ? notDone(history) : [];
  const cutOff = marks.filter(({ mark }) => mark === null).map(({ change }) => tellChange(change));
  const shown: ShownEntry = {
    line: item.line,
    directory: item.directory,
    login: item.ref.login,
    name: history?.name ?? item.ref.name,
    findings: item.findings,
    evidence: item.evidence,
    changes: item.changes.map(tellChange),
    state: 'planned',
    done,
    left,
    cutOff,
    decisions,
    unanswered,
  };
  if (item.person !== undefined) shown.person = item.person;
  if (item.department !== undefined) shown.department = item.department;
  if (refused !== undefined) shown.refused = refused;
  if (history?.restored) shown.restored = history.restored;
  shown.state = stateOf(shown, marks.length);
  return shown;
}

function stateOf({ restored, decisions, unanswered, refused, left, cutOff }: ShownEntry, marks: number): EntryState {
  if (restored) return 'restored';
  if (marks > 0) return left.length + cutOff.length > 0 ? 'part' : 'done';
  // It was tried, and the directory says that nothing was changed.
  if (left.length > 0) return 'left';
  const carried = decisions.some(({ decision }) => decision === 'do');
  if (!carried && unanswered > 0) return 'unanswered';
  if (!carried && decisions.length > 0) return 'kept';
  return refused === undefined ? 'planned' : 'left';
}

export function tellChange(change: Change): string {
  if ('rights' in change && change.rights) return `${change.do} ${change.rights.join(', ')}`;
  if ('attributes' in change) return `${change.do} ${Object.keys(change.attributes).join(', ')}`;
  return change.do;
}
