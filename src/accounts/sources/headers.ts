import { type OaopsError, type Position, usageError } from '../../core/errors.ts';
import { type PersonField, personFields, type SourceSpec } from '../schema/sources.ts';
import { headerNames } from './header-names.ts';

/** Where each field stands: the number of its column, from 0. */
export type Columns = Partial<Record<PersonField, number>> & { id: number };

/** The columns of a source: names, and where the line with them stands. */
export interface Header {
  names: readonly string[];
  position?: Position;
}

/** A name without regard to case, blanks, signs between words, marks of a required field, full-width signs. */
export function plainName(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s_*.:\p{Cf}-]/gu, '');
}

/**
 * Finds the columns of the fields: by `fields`, else by common names, of which one column may fit. Columns that `fields` names are not
 * looked at for others.
 * @throws OaopsError `source-columns` (exit 2)
 */
export function findColumns(spec: SourceSpec, header: Header): Columns {
  const plain = header.names.map(plainName);
  const columns: Partial<Record<PersonField, number>> = {};
  for (const field of personFields) {
    const said = spec.fields[field];
    if (said !== undefined) columns[field] = columnOf(field, [said].flat(), spec, header, plain);
  }
  const taken = new Set(Object.values(columns));
  for (const field of personFields) {
    if (columns[field] !== undefined) continue;
    const fits = plain.flatMap((name, at) => (!taken.has(at) && headerNames[field].includes(name) ? [at] : []));
    if (fits.length > 1) throw ambiguous(field, fits, spec, header);
    if (fits.length === 1) columns[field] = fits[0]!;
  }
  const { id } = columns;
  if (id === undefined) {
    throw columnsError(`no column of the source "${spec.id}" is known as the employee number`, spec, header);
  }
  return { ...columns, id };
}

const telling =
  /离职|离岗|离司|退工|辞职|退休|在职|在岗|状态|status|state|left|leave|leaving|termina|resign|quit|lastday|enddate/;

/** Columns that may tell who has left, where no column was found that does: everybody would count as employed. */
export function passedOver(spec: SourceSpec, columns: Columns, names: readonly string[]): string[] {
  if (columns.status !== undefined || columns.endsOn !== undefined) return [];
  const found = names.filter((name) => telling.test(plainName(name))).map((name) => `"${name.trim().slice(0, 60)}"`);
  return found.length === 0
    ? []
    : [
        `everybody in the source "${spec.id}" counts as employed: "fields" names no status or endsOn, and these columns are not read: ${found.join(', ')}`,
      ];
}

/**
 * The column of a name that the configuration says.
 * @throws OaopsError `source-columns` (exit 2)
 */
export function namedColumn(name: string, key: string, spec: SourceSpec, header: Header): number {
  return columnOf(key, [name], spec, header, header.names.map(plainName));
}

function columnOf(key: string, names: string[], spec: SourceSpec, header: Header, plain: readonly string[]): number {
  for (const name of names) {
    const exact = header.names.flatMap((each, at) => (each.trim() === name ? [at] : []));
    const fits = exact.length > 0 ? exact : plain.flatMap((each, at) => (each === plainName(name) ? [at] : []));
    if (fits.length > 1) throw ambiguous(key, fits, spec, header);
    if (fits.length === 1) return fits[0]!;
  }
  throw columnsError(`the source "${spec.id}" has no column "${names.join('", "')}" for ${key}`, spec, header);
}

function ambiguous(key: string, fits: readonly number[], spec: SourceSpec, header: Header): OaopsError {
  const names = fits.map((at) => `"${header.names[at]!.trim()}"`).join(', ');
  return columnsError(`several columns of the source "${spec.id}" could be ${key}: ${names}`, spec, header);
}

function columnsError(message: string, spec: SourceSpec, { names, position }: Header): OaopsError {
  const known = names.filter((name) => name.trim() !== '').slice(0, 40);
  const columns = known.map((name) => name.trim().slice(0, 60)).join(', ');
  const next =
    spec.type === 'csv' && known.length === 1 && /[,;\t]/.test(known[0]!)
      ? `Check "separator": the only column is "${columns}".`
      : spec.type === 'xlsx'
        ? `Name it in "fields", or check "sheet" and "headerRow". Columns: ${columns}.`
        : `Name it in "fields". Columns: ${columns}.`;
  return usageError('source-columns', message, { next, ...(position && { position }) });
}
