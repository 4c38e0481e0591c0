import { dateIn } from '../../core/zoned-time.ts';
import { mailsIn } from '../mails.ts';
import type { Person } from '../model.ts';
import { saysNothing } from '../nothing.ts';
import type { PersonField, SourceSpec } from '../schema/sources.ts';
import { personFields } from '../schema/sources.ts';
import type { SourceRead } from '../source.ts';
import { type Cell, CellProblem, own, textOf } from './cells.ts';
import { changedNumber } from './changed-number.ts';
import { dayOfEmployment, isFarAway, readDay, type Serials } from './days.ts';
import { disbelief, disbeliefAt, firstOf, type Place } from './disbelief.ts';
import { employmentOn } from './employment.ts';
import type { Columns } from './headers.ts';
import { type Statuses, statusesOf } from './statuses.ts';

type Read = SourceRead['people'][number];

/** What the rows of a source amount to. */
export interface Found {
  people: Read[];
  rows: number;
  problems: string[];
  /** The oldest day of the column `asOf`. */
  asOf?: string;
}

export interface Table {
  columns: Columns;
  asOfColumn?: number;
  /** What people should know of the columns. */
  remarks?: readonly string[];
  /** Of workbooks: what numbers in columns of days are. */
  serials?: Serials;
  /** Where a row stands, by the number or name that `row` is given. */
  place(row: number | string): Place;
}

/** A class for the same reason as `AccountRow`. */
class PersonRow {
  source: string;
  id: string;
  where: string;
  employment: Read['employment'] = 'active';

  constructor(source: string, id: string, where: string) {
    this.source = source;
    this.id = id;
    this.where = where;
  }
}

/** A few places are enough to look. */
const mostPlaces = 20;

/** Takes the rows of one source and judges them; the same rules for files, databases and directories. */
export class PeopleReader {
  readonly #spec: SourceSpec;
  readonly #table: Table;
  readonly #timeZone: string;
  readonly #today: string;
  readonly #statuses: Statuses;
  readonly #people: Read[] = [];
  readonly #byId = new Map<string, number>();
  /** People whose rows differ: where they stand. */
  readonly #differing = new Map<number, string[]>();
  readonly #contradictions: string[] = [];
  #contradicted = 0;
  readonly #withoutId: Place[] = [];
  #withoutIdCount = 0;
  readonly #words = new Map<string, string>();
  #rows = 0;
  #asOf: string | undefined;

  /** @throws OaopsError `source-statuses` (exit 2) when a status means both */
  constructor(spec: SourceSpec, table: Table, clock: { nowMs: number; timeZone: string }) {
    this.#spec = spec;
    this.#table = table;
    this.#timeZone = clock.timeZone;
    this.#today = dateIn(clock.timeZone, clock.nowMs);
    this.#statuses = statusesOf(spec);
  }

  /**
   * @param row what `place` is asked by
   * @throws OaopsError `source-date`, `source-value` (exit 4)
   */
  row(cells: readonly Cell[], row: number | string): void {
    this.#rows++;
    const { asOfColumn } = this.#table;
    if (asOfColumn !== undefined) {
      const day = this.#day(cells[asOfColumn], 'asOf', row);
      if (day !== undefined && (this.#asOf === undefined || day < this.#asOf)) this.#asOf = day;
    }
    const id = this.#id(cells[this.#table.columns.id], row);
    if (id === undefined) {
      this.#withoutIdCount++;
      if (this.#withoutId.length < mostPlaces) this.#withoutId.push(this.#table.place(row));
      return;
    }
    const person = this.#person(id, cells, row);
    const before = this.#byId.get(id);
    if (before === undefined) {
      this.#byId.set(id, this.#people.length);
      this.#people.push(person);
    } else this.#again(before, person);
  }

  /** @throws OaopsError `source-empty`, `source-too-small`, `source-id-missing`, `source-status-unknown`, `source-duplicates`, `source-date` (exit 4) */
  finish(): Found {
    const spec = this.#spec;
    if (this.#rows === 0) {
      throw disbelief('source-empty', `the source "${spec.id}" names nobody`, {
        next: 'An empty roster is believed by no means: look at the export.',
      });
    }
    if (this.#withoutIdCount > 0) this.#refuseWithoutId();
    this.#statuses.refuseUnknown(spec.id);
    const people = this.#people;
    if (people.length < spec.minRows) {
      throw disbelief(
        'source-too-small',
        `the source "${spec.id}" names ${people.length} people, fewer than ${spec.minRows}`,
        {
          next: 'Look at the export, or lower "minRows".',
        },
      );
    }
    const differing = this.#different();
    if (this.#table.asOfColumn !== undefined && this.#asOf === undefined) {
      throw disbelief('source-date', `no row of the source "${spec.id}" has the day of the export`, {
        next: 'Look at the column that "asOf" names.',
      });
    }
    return {
      people,
      rows: this.#rows,
      problems: [
        ...(this.#table.remarks ?? []),
        ...firstOf(differing),
        ...firstOf(this.#contradictions, this.#contradicted),
      ],
      ...(this.#asOf !== undefined && { asOf: this.#asOf }),
    };
  }

  #person(id: string, cells: readonly Cell[], row: number | string): Read {
    const { columns } = this.#table;
    const place = this.#table.place(row);
    const person: Read = new PersonRow(this.#spec.id, id, own(place.where));
    this.#put(person, 'name', cells[columns.name ?? -1], row);
    this.#put(person, 'login', cells[columns.login ?? -1], row);
    this.#putMails(person, cells[columns.mail ?? -1], row);
    this.#putWord(person, 'department', cells[columns.department ?? -1], row);
    this.#putWord(person, 'post', cells[columns.post ?? -1], row);
    this.#putWord(person, 'manager', cells[columns.manager ?? -1], row);
    const says = columns.status === undefined ? undefined : this.#status(person, cells[columns.status], place, row);
    const startsOn = columns.startsOn === undefined ? undefined : this.#day(cells[columns.startsOn], 'startsOn', row);
    const endsOn = columns.endsOn === undefined ? undefined : this.#day(cells[columns.endsOn], 'endsOn', row);
    if (startsOn !== undefined) person.startsOn = this.#word(startsOn);
    if (endsOn !== undefined && !isFarAway(endsOn)) person.endsOn = this.#word(endsOn);
    const { employment, why } = employmentOn(this.#today, {
      ...(says && { says }),
      ...(person.startsOn !== undefined && { startsOn: person.startsOn }),
      ...(person.endsOn !== undefined && { endsOn: person.endsOn }),
    });
    person.employment = employment;
    if (why !== undefined) {
      this.#contradicted++;
      if (this.#contradictions.length < mostPlaces)
        this.#contradictions.push(`${id} is left alone: ${why} (${place.where})`);
    }
    return person;
  }

  #put(person: Person, field: 'name' | 'login', cell: Cell | undefined, row: number | string): void {
    const text = this.#text(cell, field, row);
    if (text === '') return;
    person[field] = own(field === 'name' ? text : text.normalize('NFKC'));
  }

  #putMails(person: Person, cell: Cell | undefined, row: number | string): void {
    const text = this.#text(cell, 'mail', row).normalize('NFKC');
    if (text === '') return;
    const [mail, ...others] = mailsIn(text);
    person.mail = own(mail);
    if (others.length > 0) person.otherMails = others.map(own);
  }

  /** Many people share these. */
  #putWord(
    person: Person,
    field: 'department' | 'post' | 'manager',
    cell: Cell | undefined,
    row: number | string,
  ): void {
    const text = this.#text(cell, field, row);
    if (text !== '') person[field] = this.#word(field === 'manager' ? text.normalize('NFKC') : text);
  }

  #word(text: string): string {
    const known = this.#words.get(text);
    if (known !== undefined) return known;
    const kept = own(text);
    this.#words.set(kept, kept);
    return kept;
  }

  /** Text of a cell, empty where it says that there is nothing. */
  #text(cell: Cell | undefined, field: PersonField, row: number | string): string {
    if (cell === undefined) return '';
    if (cell instanceof CellProblem) throw this.#unreadable(cell, field, row);
    const text = textOf(cell);
    return saysNothing(text) ? '' : text;
  }

  #id(cell: Cell | undefined, row: number | string): string | undefined {
    const text = this.#text(cell, 'id', row).normalize('NFKC');
    if (text === '') return undefined;
    const changed = changedNumber(cell!, text);
    if (changed !== undefined) {
      throw disbeliefAt(
        this.#table.place(row),
        'source-value',
        `the employee number "${text}" was ${changed} by a spreadsheet`,
        'Format the column as text before the numbers are put in, and export it anew.',
      );
    }
    if (/\p{Cc}|\ufffd/u.test(text)) {
      throw disbeliefAt(
        this.#table.place(row),
        'source-value',
        'the employee number holds characters that are no text',
        'Look at its encoding in the source.',
      );
    }
    return own(text);
  }

  #status(person: Person, cell: Cell | undefined, place: Place, row: number | string): 'active' | 'left' | 'blank' {
    if (cell instanceof CellProblem) throw this.#unreadable(cell, 'status', row);
    const text = cell === undefined ? '' : textOf(cell);
    if (text === '') return 'blank';
    person.status = this.#word(text);
    return this.#statuses.meaningOf(text, place);
  }

  #day(cell: Cell | undefined, field: PersonField | 'asOf', row: number | string): string | undefined {
    if (cell === undefined) return undefined;
    if (cell instanceof CellProblem) throw this.#unreadable(cell, field, row);
    const read = readDay(cell, this.#timeZone, this.#table.serials);
    const day = read === undefined ? undefined : dayOfEmployment(read, cell);
    if (day === undefined) {
      throw disbeliefAt(
        this.#table.place(row),
        'source-date',
        `"${String(cell).slice(0, 40)}" is no day that is known here, in the column of ${field}`,
        'Write days as 2026-10-31, 2026/10/31, 20261031 or 2026年10月31日.',
      );
    }
    return day === 'none' ? undefined : day;
  }

  #unreadable({ why }: CellProblem, field: string, row: number | string): Error {
    return disbeliefAt(
      this.#table.place(row),
      'source-value',
      `the value of ${field} cannot be read: ${why}`,
      'Correct it in the source, and export it anew.',
    );
  }

  #again(index: number, person: Read): void {
    const first = this.#people[index]!;
    const places = this.#differing.get(index);
    if (places) {
      if (places.length < mostPlaces) places.push(person.where);
    } else if (
      personFields.some((field) => first[field] !== person[field]) ||
      first.otherMails?.join() !== person.otherMails?.join()
    ) {
      this.#differing.set(index, [first.where, person.where]);
    }
  }

  #different(): string[] {
    const spec = this.#spec;
    const lines: string[] = [];
    for (const [index, places] of this.#differing) {
      const person = this.#people[index]!;
      person.employment = 'unclear';
      lines.push(`${person.id} is left alone: its rows have different facts (${places.join(', ')})`);
    }
    const most = (Number.parseInt(spec.maxDuplicates, 10) * this.#people.length) / 100;
    if (lines.length > most) {
      throw disbelief(
        'source-duplicates',
        `${lines.length} people of the source "${spec.id}" have several rows with different facts, more than ${spec.maxDuplicates}`,
        {
          next: 'Look whether "id" is the column of the employee number, or raise "maxDuplicates".',
          details: { people: firstOf(lines) },
        },
      );
    }
    return lines;
  }

  #refuseWithoutId(): never {
    const [first] = this.#withoutId;
    const { type } = this.#spec;
    throw disbelief(
      'source-id-missing',
      `rows without an employee number: ${this.#withoutIdCount}, the first is ${first!.where}`,
      {
        next:
          type === 'sql' || type === 'ldap'
            ? 'Give them one, or leave them out by the query or the filter.'
            : 'Give them one, or take them out; a last line that is no person can be named as "trailer".',
        ...(first!.position && { position: first!.position }),
        details: { places: this.#withoutId.map(({ where }) => where) },
      },
    );
  }
}
