import { matchesPattern } from '../../core/patterns.ts';
import { comparable, comparableEntry } from '../matching/comparable.ts';
import { type KnownPerson, type Place, placesOf } from '../matching/people.ts';
import type { RolesSpec } from '../schema/rules.ts';

/** One row of the role matrix: who fits gets its rights. */
export interface RoleRow {
  /** Patterns with * and ?. */
  department: string;
  post: string;
  /** Directory -> rights. */
  rights: Readonly<Record<string, readonly string[]>>;
  /** Where it is written, for people: `matrix row 3`, `roles.csv:12`. */
  where: string;
}

/** A right and why it is due. */
export interface DueRight {
  directory: string;
  right: string;
  /** The rows that give it, for people. */
  because: string[];
}

/** Rows as the company's file or runbook has them. */
export function rowsOfSpec(roles: RolesSpec): RoleRow[] {
  return roles.matrix.map((row, index) => ({ ...row, where: `matrix row ${index + 1}` }));
}

/** Rights by comparable name, with the name as the matrix writes it. */
export type Rights = ReadonlyMap<string, string>;
const noRights: Rights = new Map();

/** How names of rights are compared: DNs and groups mean the same in upper and lower case. */
export function rightKey(right: string): string {
  return comparableEntry(right);
}

/** Rights due by department and post: the union of all rows that fit (AC-02). */
export class RoleMatrix {
  readonly rows: readonly RoleRow[];
  readonly #patterns: { department: string; post: string }[];
  /** Department -> post -> directory: joined names would be made for every account anew. */
  readonly #due = new Map<string | undefined, Map<string | undefined, Map<string, Rights>>>();
  readonly #named = new Map<string, Map<string, string>>();

  constructor(rows: readonly RoleRow[]) {
    this.rows = rows;
    this.#patterns = rows.map(({ department, post }) => ({
      department: comparable(department, true),
      post: comparable(post, true),
    }));
    for (const { rights } of rows)
      for (const [directory, names] of Object.entries(rights)) {
        const named = this.#named.get(directory) ?? new Map<string, string>();
        this.#named.set(directory, named);
        for (const name of names) named.set(rightKey(name), name);
      }
  }

  /** Every right of a directory that stands in the matrix. */
  named(directory: string): Rights {
    return this.#named.get(directory) ?? noRights;
  }

  /** What somebody at these places is to have in a directory. */
  due(places: readonly Place[], directory: string): Rights {
    const [place, ...others] = places;
    if (place === undefined) return noRights;
    const first = this.#dueAt(place).get(directory) ?? noRights;
    if (others.length === 0) return first;
    const union = new Map(first);
    for (const other of others)
      for (const [key, right] of this.#dueAt(other).get(directory) ?? []) union.set(key, right);
    return union;
  }

  /** Why a person is to have which rights; sorted by directory and right. */
  explain(person: Pick<KnownPerson, 'department' | 'post' | 'places'>): DueRight[] {
    const found = new Map<string, DueRight>();
    for (const place of placesOf(person as KnownPerson))
      for (const row of this.#fitting(place))
        for (const [directory, rights] of Object.entries(row.rights))
          for (const right of rights) {
            const key = `${directory}\n${rightKey(right)}`;
            const due = found.get(key) ?? { directory, right, because: [] };
            found.set(key, due);
            const because = `${row.department} / ${row.post} (${row.where})`;
            if (!due.because.includes(because)) due.because.push(because);
          }
    return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, due]) => due);
  }

  /** Whether a row asks for a department, or for a post: a person of whom that is not known cannot be compared. */
  asks(what: 'department' | 'post', directory: string): boolean {
    return this.rows.some((row) => row[what] !== '*' && row.rights[directory] !== undefined);
  }

  #fitting(place: Place): RoleRow[] {
    const department = comparable(place.department, true);
    const post = comparable(place.post, true);
    return this.rows.filter((_, index) => {
      const row = this.#patterns[index]!;
      return matchesPattern(row.department, department) && matchesPattern(row.post, post);
    });
  }

  #dueAt(place: Place): Map<string, Rights> {
    let posts = this.#due.get(place.department);
    if (!posts) {
      posts = new Map();
      this.#due.set(place.department, posts);
    }
    let due = posts.get(place.post);
    if (!due) {
      const made = new Map<string, Map<string, string>>();
      for (const { rights } of this.#fitting(place))
        for (const [directory, names] of Object.entries(rights)) {
          const own = made.get(directory) ?? new Map<string, string>();
          made.set(directory, own);
          for (const name of names) if (!own.has(rightKey(name))) own.set(rightKey(name), name);
        }
      due = made;
      posts.set(place.post, due);
    }
    return due;
  }
}
