import type { Change } from '../directory.ts';
import type { EntryItem } from '../entry/entry.ts';
import type { FindingType } from '../model.ts';
import { type OpeningItem, openingId, placeOf } from '../person/opening.ts';
import { accountId, type Decision, type EntryHistory } from '../record.ts';

/**
 * What became of an entry. `planned`: the run has not come to it. `kept`: a person said no. `left`: it was not what the plan was made for any more. `part`: done
 * but for what is named, or cut off in the middle.
 */
export type EntryState = 'planned' | 'kept' | 'left' | 'part' | 'done' | 'restored';

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
  decision?: Omit<Decision, 'line'>;
  /** Taken back, by which run; conflicts stayed as somebody else had left them. */
  restored?: { at: string; by: string; conflicts: string[] };
}

export interface RunFacts {
  entries: ReadonlyMap<string, EntryHistory>;
  refusals: ReadonlyMap<string, string>;
  decisions: ReadonlyMap<string, Decision>;
}

/** Every entry of a plan with what the record says of it, in the order of the plan. */
export function entriesOfRun(items: readonly EntryItem[], facts: RunFacts): ShownEntry[] {
  return items.map((item) => {
    const account = accountId(item.directory, item.ref.key);
    return shownEntry(item, facts.entries.get(account), {
      refused: facts.refusals.get(account),
      decision: facts.decisions.get(item.line),
    });
  });
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
    const shown = shownEntry(base, facts.entries.get(id), { refused: facts.refusals.get(id), decision: undefined });
    return { ...shown, changes: ['create', ...(rights.length > 0 ? [`grant ${rights.join(', ')}`] : [])] };
  });
}

function shownEntry(
  item: Pick<EntryItem, 'line' | 'directory' | 'ref' | 'findings' | 'evidence' | 'changes' | 'person' | 'department'>,
  history: EntryHistory | undefined,
  { refused, decision }: { refused: string | undefined; decision: Decision | undefined },
): ShownEntry {
  const marks = history?.marks ?? [];
  const done = marks.flatMap((mark) => mark.done);
  const left = marks.flatMap((mark) => mark.left);
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
  };
  if (item.person !== undefined) shown.person = item.person;
  if (item.department !== undefined) shown.department = item.department;
  if (refused !== undefined) shown.refused = refused;
  if (decision) {
    const { line: _line, ...rest } = decision;
    shown.decision = rest;
  }
  if (history?.restored) shown.restored = history.restored;
  shown.state = stateOf(shown, marks.length);
  return shown;
}

function stateOf({ restored, decision, refused, left, cutOff }: ShownEntry, marks: number): EntryState {
  if (restored) return 'restored';
  if (left.length + cutOff.length > 0) return 'part';
  if (marks > 0) return 'done';
  if (decision?.decision === 'keep') return 'kept';
  return refused === undefined ? 'planned' : 'left';
}

export function tellChange(change: Change): string {
  if ('rights' in change && change.rights) return `${change.do} ${change.rights.join(', ')}`;
  if ('attributes' in change) return `${change.do} ${Object.keys(change.attributes).join(', ')}`;
  return change.do;
}
