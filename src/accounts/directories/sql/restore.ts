import { isDeepStrictEqual } from 'node:util';
import { OaopsError } from '../../../core/errors.ts';
import { readSqlText } from '../../../core/sql-text.ts';
import type { Change, EntryRef, Restored } from '../../directory.ts';
import type { SqlValue } from '../../ports.ts';
import { carryOut } from './change.ts';
import { assertSame } from './seen.ts';
import { differing, isDone, parametersOf, type SqlImage, type SqlMark, statementOf } from './state.ts';
import type { Entry, SqlTables } from './tables.ts';

interface Made {
  change: Change;
  mark: SqlMark | null;
}

/**
 * Takes changes back, the last one first. An undo statement writes what it writes: it is not run when somebody else has changed a column since that it
 * touches or names. Afterwards the row is compared with what it was.
 */
export async function restoreEntry(
  tables: SqlTables,
  entry: EntryRef,
  image: SqlImage,
  marks: readonly Made[],
  signal: AbortSignal,
): Promise<Restored> {
  const ours = marks.filter(({ mark }) => !mark?.notOurs);
  if (ours.length === 0) return { done: [], conflicts: [] };
  return new Restoring(tables, entry, image, ours, signal).run();
}

class Restoring {
  readonly #tables: SqlTables;
  readonly #entry: EntryRef;
  readonly #image: SqlImage;
  readonly #made: readonly Made[];
  readonly #signal: AbortSignal;
  readonly #done: string[] = [];
  readonly #conflicts = new Set<string>();
  /** Columns and rights that have been told of. */
  readonly #told = new Set<string>();
  /** Values that the run has left behind, by column. */
  readonly #expected = new Map<string, SqlValue>();
  readonly #touched: string[][];
  #now: Entry = { rights: [] };
  #isMadeAnew = false;

  constructor(tables: SqlTables, entry: EntryRef, image: SqlImage, made: readonly Made[], signal: AbortSignal) {
    this.#tables = tables;
    this.#entry = entry;
    this.#image = image;
    this.#made = made;
    this.#signal = signal;
    this.#touched = made.map(({ mark }) => mark?.touched ?? []);
  }

  async run(): Promise<Restored> {
    await this.#look();
    const deletes = this.#made.some(({ change }) => change.do === 'delete');
    if (!this.#now.row && !deletes) return { done: [], conflicts: ['the account is gone'] };
    const other = this.#anotherAccount();
    if (other !== undefined) return { done: [], conflicts: [other] };
    for (const { mark } of this.#made)
      for (const column of mark?.touched ?? [])
        if (mark?.row && column in mark.row) this.#expected.set(column, mark.row[column]!);
    this.#readCutOff();
    for (let index = this.#made.length - 1; index >= 0; index--) await this.#takeBack(index);
    this.#compare();
    if (this.#isMadeAnew) this.#conflicts.add('its password is in no record: set a new one');
    return { done: this.#done, conflicts: [...this.#conflicts] };
  }

  /** Databases give keys again to others: the rights of whoever had it before are not for them. */
  #anotherAccount(): string | undefined {
    const [was, now] = [this.#image.account, this.#now.account];
    if (!now) return undefined;
    const sets = this.#made.some(({ change }) => change.do === 'update');
    const numbered = was.employee !== undefined && now.employee !== undefined && !sets;
    const isSame = numbered ? was.employee === now.employee : was.login === now.login;
    if (isSame) return undefined;
    const tell = ({ login, employee }: typeof was) => (employee === undefined ? login : `${login}, ${employee}`);
    return `the key ${this.#entry.key} is of another account now (${tell(was)} -> ${tell(now)}): nothing was taken back`;
  }

  /** What differs, and no other change has touched, is what the change that was cut off did, if it did anything. */
  #readCutOff(): void {
    const known = new Set(this.#touched.flat());
    for (const [index, { mark }] of this.#made.entries()) {
      if (mark) continue;
      const touched = differing(this.#image.row, this.#now.row).filter((column) => !known.has(column));
      this.#touched[index] = touched;
      for (const column of touched) this.#expected.set(column, this.#now.row![column]!);
    }
  }

  /** `again`: somebody has changed the entry in between, and it was looked at once more. */
  async #takeBack(index: number, again = false): Promise<void> {
    const { change } = this.#made[index]!;
    const rights = this.#rightsToTurn(index);
    if (!this.#isNeeded(index, rights)) return;
    const undo = statementOf(this.#tables.spec, change.do)?.undo;
    if (undo === undefined) {
      this.#conflicts.add(`"${change.do}" has no "undo", and is not taken back`);
      return;
    }
    if (this.#isEdited(index, undo)) return;
    const before = this.#now;
    const parameters = this.#parameters();
    const rows = statementOf(this.#tables.spec, change.do)!.rows;
    const isOfRights = change.do === 'strip' || change.do === 'grant';
    const statements = isOfRights
      ? rights.map((right) => ({ text: undo, parameters: { ...parameters, right }, rows }))
      : [{ text: undo, parameters, rows }];
    try {
      if (!(await this.#run(change, statements, before))) return;
    } catch (error) {
      if (again || !(error instanceof OaopsError) || error.code !== 'account-changed') throw error;
      await this.#look();
      return this.#takeBack(index, true);
    }
    for (const column of this.#touched[index]!)
      if (this.#now.row) this.#expected.set(column, this.#now.row[column] ?? null);
    this.#done.push(isOfRights ? `"${change.do}" taken back: ${rights.join(', ')}` : `"${change.do}" taken back`);
    if (change.do !== 'delete') return;
    this.#isMadeAnew = before.row === undefined;
    await this.#giveRights();
  }

  async #run(change: Change, statements: Parameters<typeof carryOut>[1], before: Entry): Promise<boolean> {
    try {
      await carryOut(this.#tables, statements, this.#signal, {
        check: async () => assertSame(this.#entry, before, await this.#tables.byKey(this.#entry.key, this.#signal)),
        lookAgain: async (error) => {
          await this.#look();
          if (isDeepStrictEqual(before, this.#now)) throw error;
        },
      });
    } catch (error) {
      const code = error instanceof OaopsError ? error.code : '';
      if (code !== 'statement-rows' && code !== 'statement-failed') throw error;
      this.#conflicts.add(`"${change.do}" is not taken back: ${(error as OaopsError).message}`);
      return false;
    }
    await this.#look();
    return true;
  }

  /** Rights that a change took and that are still missing, or gave and that are still there. */
  #rightsToTurn(index: number): string[] {
    const { change, mark } = this.#made[index]!;
    if (change.do === 'strip') {
      const taken = mark?.taken ?? this.#image.rights.filter((right) => change.rights?.includes(right) ?? true);
      return taken.filter((right) => !this.#now.rights.includes(right));
    }
    if (change.do !== 'grant') return [];
    const given = mark?.given ?? change.rights.filter((right) => !this.#image.rights.includes(right));
    return given.filter((right) => this.#now.rights.includes(right));
  }

  #isNeeded(index: number, rights: readonly string[]): boolean {
    const { change } = this.#made[index]!;
    if (change.do === 'strip' || change.do === 'grant') return rights.length > 0;
    if (!this.#now.row) return change.do === 'delete';
    const touched = this.#touched[index]!;
    if (touched.some((column) => this.#now.row![column] !== this.#image.row[column])) return true;
    // "look" does not show what it did: what the account counts as does.
    return touched.length === 0 && isDone(change, this.#now) === true && isDone(change, this.#image) === false;
  }

  /** Whether somebody else has changed a column since that the undo statement would write, or decide by. */
  #isEdited(index: number, undo: string): boolean {
    const { row } = this.#now;
    if (!row) return false;
    const { change } = this.#made[index]!;
    const named = readSqlText(undo, this.#tables.dialect).parameters.flatMap((name) =>
      name.startsWith('old_') ? [name.slice(4)] : [],
    );
    let edited = false;
    for (const column of new Set([...this.#touched[index]!, ...named])) {
      if (!(column in row)) continue;
      const was = this.#image.row[column] ?? null;
      const left = this.#expected.has(column) ? this.#expected.get(column)! : was;
      const now = row[column]!;
      if (now === left || now === was) continue;
      edited = true;
      this.#told.add(column);
      this.#conflicts.add(
        `somebody has changed "${column}" since, from ${shown(left)} to ${shown(now)}: "${change.do}" is not taken back`,
      );
    }
    return edited;
  }

  /** Rights that went with the account. Those that were taken before it was deleted come back with "strip". */
  async #giveRights(): Promise<void> {
    const { strip, grant } = this.#tables.spec.statements;
    const text = strip?.undo ?? grant?.do;
    const apart = this.#made.flatMap(({ change, mark }) => (change.do === 'strip' ? (mark?.taken ?? []) : []));
    const missing = this.#image.rights.filter((right) => !this.#now.rights.includes(right) && !apart.includes(right));
    if (text === undefined || missing.length === 0 || !this.#now.account) return;
    const rows = (strip?.undo === undefined ? grant : strip)!.rows;
    const parameters = this.#parameters();
    const statements = missing.map((right) => ({ text, parameters: { ...parameters, right }, rows }));
    if (await this.#run({ do: 'grant', rights: missing }, statements, this.#now))
      this.#done.push(`rights given back: ${missing.join(', ')}`);
  }

  /** What is not as it was, of all that the run has touched. */
  #compare(): void {
    const { row, rights, account } = this.#now;
    if (!row) {
      if (this.#conflicts.size === 0) this.#conflicts.add('the account was made anew under another key');
      return;
    }
    const all = this.#made.some(({ change }) => change.do === 'delete');
    const columns: Iterable<string> = all ? Object.keys(this.#image.row) : new Set(this.#touched.flat());
    for (const column of columns) {
      const [was, now] = [this.#image.row[column] ?? null, row[column] ?? null];
      if (was === now || this.#told.has(column)) continue;
      this.#conflicts.add(`"${column}" is ${shown(now)} instead of ${shown(was)}`);
    }
    for (const { change, mark } of this.#made) {
      if (change.do === 'strip' || change.do === 'delete')
        for (const right of change.do === 'strip' && mark ? mark.taken : this.#image.rights)
          if (!rights.includes(right)) this.#conflicts.add(`the right "${right}" is still missing`);
      if (change.do === 'grant')
        for (const right of mark?.given ?? [])
          if (rights.includes(right)) this.#conflicts.add(`the right "${right}" is still there`);
    }
    if (this.#conflicts.size > 0) return;
    const [was, now] = [this.#image.account.state, account?.state ?? 'gone'];
    if (was !== now && was !== 'unknown') this.#conflicts.add(`it counts as ${now}, and was ${was}`);
  }

  #parameters(): Record<string, SqlValue> {
    return parametersOf(
      { key: this.#entry.key, login: this.#image.account.login },
      { row: this.#image.row, account: this.#image.account },
    );
  }

  async #look(): Promise<void> {
    this.#now = await this.#tables.byKey(this.#entry.key, this.#signal);
  }
}

function shown(value: SqlValue): string {
  if (value === null) return 'null';
  const text = String(value).replace(/\p{Cc}/gu, ' ');
  return `"${text.length > 60 ? `${text.slice(0, 60)}...` : text}"`;
}
