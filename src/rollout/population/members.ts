import { type OaopsError, usageError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import { nearest } from '../../core/nearest.ts';
import type { Member } from '../../engine/plan/plan-types.ts';
import type { PopulationSpec } from './schema.ts';

/** A member as it was found. */
export interface Candidate extends Member {
  /** Where, for messages: `people.csv:3`, a DN, `row 17`. */
  place: string;
}

/** What a source gave, before it is put in order. */
export interface Found {
  candidates: Candidate[];
  /** Which source it was, as data for people, without secrets. */
  source: string;
  files?: { file: string; sha256: string }[];
}

/**
 * The members in the one order that does not depend on how the source gave them. Whatever could make two runs differ, or reach somebody twice
 * or not at all, is an error.
 * @throws OaopsError `population-empty`, `member-id-invalid`, `member-twice`, `exclude-unknown`, `order-field-unknown`, `ring-empty` (exit 2)
 */
export function membersOf({ candidates, source }: Found, spec: Pick<PopulationSpec, 'order' | 'exclude'>): Member[] {
  if (candidates.length === 0) throw populationEmpty(`the population is empty: ${source} names nobody`);
  for (const candidate of candidates) requireUsableId(candidate);
  requireDistinct(candidates);
  const left = withoutExcluded(candidates, spec.exclude);
  if (left.length === 0) throw populationEmpty('the population is empty: everybody is excluded');
  return inOrder(left, spec.order).map(({ id, vars }) => ({ id, vars }));
}

export function populationEmpty(message: string): OaopsError {
  return usageError('population-empty', message, {
    next: 'Look at its source and filter: an empty population is never rolled out to.',
  });
}

/** An id may be any text that a process can be given. */
function requireUsableId({ id, place }: Candidate): void {
  if (id.trim() === '') {
    throw usageError('member-id-invalid', `${place} has no id`, {
      next: 'Give it one, or leave it out by the filter or the query.',
    });
  }
  if (id.includes('\0') || id.includes('\uFFFD') || !id.isWellFormed()) {
    throw usageError('member-id-invalid', `the id of ${place} holds characters that are no text`, {
      next: 'Look at its encoding in the source.',
    });
  }
}

/** Directories, mail and most databases take `Bob` and `bob`, and the two ways to write an accent, for one. */
function foldedId(id: string): string {
  return id.normalize('NFC').toLowerCase().replaceAll('ς', 'σ').normalize('NFC');
}

function requireDistinct(candidates: readonly Candidate[]): void {
  const seen = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = foldedId(candidate.id);
    const first = seen.get(key);
    seen.set(key, candidate);
    if (!first) continue;
    const places = [first.place, candidate.place].join(', ');
    throw usageError(
      'member-twice',
      first.id === candidate.id
        ? `"${candidate.id}" is twice in the population: ${places}`
        : `"${first.id}" and "${candidate.id}" differ only in how they are written: ${places}`,
      {
        next: 'Correct the source, so that it names each member once.',
        details: { places: [first.place, candidate.place] },
      },
    );
  }
}

function withoutExcluded(candidates: readonly Candidate[], exclude: readonly string[]): readonly Candidate[] {
  if (exclude.length === 0) return candidates;
  const ids = new Set(candidates.map(({ id }) => id));
  for (const id of exclude) {
    if (ids.has(id)) continue;
    const meant = nearest(id, ids);
    throw usageError('exclude-unknown', `"${id}", which is to be left out, is not in the population`, {
      next:
        meant === undefined
          ? 'Correct "exclude": somebody who must not be reached could be reached.'
          : `Did you mean "${meant}"? Somebody who must not be reached could be reached.`,
    });
  }
  const left = new Set(exclude);
  return candidates.filter(({ id }) => !left.has(id));
}

function inOrder(candidates: readonly Candidate[], order: PopulationSpec['order']): Candidate[] {
  const byId = (a: Candidate, b: Candidate) => compareTexts(a.id, b.id);
  if (!order) return candidates.toSorted(byId);
  const { by, first } = order;
  const known = new Set(candidates.flatMap(({ vars }) => Object.keys(vars)));
  if (!known.has(by) && by !== 'id') {
    throw usageError('order-field-unknown', `no member has the field "${by}" that orders them`, {
      next:
        known.size === 0
          ? 'Name it in "fields".'
          : `Known fields: ${[...known].sort(compareTexts).slice(0, 20).join(', ')}.`,
    });
  }
  const sortedBy = ({ id, vars }: Candidate): unknown => (known.has(by) ? vars[by] : id);
  const rings = new Map([...new Set(first)].map((value, index) => [value, index]));
  // A list is a set of labels: groups of a host, values of an attribute.
  const labelsOf = (candidate: Candidate) => [sortedBy(candidate)].flat().map(String);
  const values = new Set(candidates.flatMap(labelsOf));
  const empty = first.find((value) => !values.has(value));
  if (empty !== undefined) {
    throw usageError('ring-empty', `nobody has "${empty}" as "${by}", which was to come first`, {
      next: 'Correct "order.first", or take the value out of it.',
    });
  }
  const ringOf = (candidate: Candidate) =>
    labelsOf(candidate).reduce((least, label) => Math.min(least, rings.get(label) ?? rings.size), rings.size);
  return candidates.toSorted((a, b) => ringOf(a) - ringOf(b) || compareValues(sortedBy(a), sortedBy(b)) || byId(a, b));
}

/** Numbers by size, then texts by their code units, then whatever else by its JSON, and last those that have no value. */
function compareValues(a: unknown, b: unknown): number {
  const [rankA, rankB] = [rankOf(a), rankOf(b)];
  if (rankA !== rankB) return rankA - rankB;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return typeof a === 'string' && typeof b === 'string'
    ? compareTexts(a, b)
    : compareTexts(canonicalJson(a), canonicalJson(b));
}

function rankOf(value: unknown): number {
  if (value === null || value === undefined) return 3;
  return typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : 2;
}

/** The same on every machine, whatever its language. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
