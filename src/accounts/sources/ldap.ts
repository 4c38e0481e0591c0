import { isAbsolute, resolve } from 'node:path';
import { dnKey } from '../../core/dn.ts';
import { usageError } from '../../core/errors.ts';
import type { AccountDoors, LdapEntry, LdapLogin, LdapValue } from '../ports.ts';
import { type PersonField, personFields, type SourceSpec } from '../schema/sources.ts';
import { type Cell, CellProblem } from './cells.ts';
import { disbeliefAt } from './disbelief.ts';
import { type Found, PeopleReader } from './people.ts';
import type { Reading } from './reading.ts';

type LdapSpec = Extract<SourceSpec, { type: 'ldap' }>;

/** Where directories of OpenLDAP and Active Directory have them; days and states have no usual attribute. */
const usual: Readonly<Record<PersonField, readonly string[]>> = {
  id: ['employeeNumber', 'employeeID'],
  name: ['displayName', 'cn'],
  login: ['uid', 'sAMAccountName'],
  mail: ['mail'],
  department: ['department', 'departmentNumber', 'ou'],
  post: ['title'],
  manager: ['manager'],
  status: [],
  startsOn: [],
  endsOn: [],
};
/** Of these the first value is as good as another. */
const freeOf: readonly PersonField[] = ['name', 'mail', 'department', 'post'];

/**
 * People as a directory knows them. Every page, or an error.
 * @throws OaopsError `directory-login`, `source-columns` (exit 2), `source-value` (exit 4), those of the door and of `PeopleReader`
 */
export async function readLdap(spec: LdapSpec, doors: AccountDoors, signal: AbortSignal): Promise<Reading> {
  const attributes = attributesOf(spec);
  const mapped = personFields.filter((field) => attributes[field].length > 0);
  const people = new PeopleReader(
    spec,
    {
      columns: { id: 0, ...Object.fromEntries(mapped.map((field, at) => [field, at])) },
      place: (dn) => ({ where: String(dn) }),
    },
    { nowMs: doors.nowMs(), timeZone: doors.timeZone },
  );
  const ids = new Set<string>();
  const seen = new Set<PersonField>();
  const door = await doors.ldap();
  const session = await door.open(await loginOf(spec, doors), signal);
  try {
    const request = {
      base: spec.base,
      scope: spec.scope,
      filter: spec.filter,
      attributes: [...new Set(mapped.flatMap((field) => attributes[field]))],
    };
    for await (const page of session.search(request, signal)) {
      for (const entry of page) {
        people.row(
          mapped.map((field) => {
            const cell = cellOf(entry, field, attributes[field], ids);
            if (cell !== '') seen.add(field);
            return cell;
          }),
          entry.dn,
        );
      }
    }
  } finally {
    session.close();
  }
  if (ids.size > 1) {
    const field: PersonField = 'id';
    throw usageError(
      'source-columns',
      `several columns of the source "${spec.id}" could be ${field}: ${[...ids].join(', ')}`,
      { next: 'Name one of them in "fields".' },
    );
  }
  const found = people.finish();
  // It may be misspelled, or hidden from this login.
  const unseen = mapped.filter((field) => spec.fields[field] !== undefined && !seen.has(field));
  const heads = headsByNumber(found);
  return {
    found,
    address: `${spec.url.replace(/\/$/, '')}/${spec.base}??${spec.scope}?${spec.filter}`,
    problems: [
      ...unseen.map((field) => `no entry of the source "${spec.id}" has ${attributes[field].join(', ')} for ${field}`),
      ...(heads === 0 ? [] : [`heads that the source "${spec.id}" does not name itself: ${heads}`]),
    ],
  };
}

function attributesOf(spec: LdapSpec): Record<PersonField, readonly string[]> {
  const taken = new Set(
    Object.values(spec.fields)
      .flat()
      .map((name) => name.toLowerCase()),
  );
  const attributes: Record<PersonField, readonly string[]> = { ...usual };
  for (const field of personFields) {
    const said = spec.fields[field];
    attributes[field] =
      said === undefined ? usual[field].filter((name) => !taken.has(name.toLowerCase())) : [said].flat();
  }
  return attributes;
}

async function loginOf(spec: LdapSpec, doors: AccountDoors): Promise<LdapLogin> {
  // RFC 4513 section 5.1.2: a name without a password is let in as nobody, who may see only a part.
  if ((spec.bindDn === undefined) !== (spec.password === undefined)) {
    throw usageError('directory-login', 'a login at the directory needs "bindDn" and "password"', {
      next: 'Give both, or neither to search without a login.',
    });
  }
  const { caFile } = spec;
  return {
    url: spec.url,
    startTls: spec.startTls,
    timeoutMs: spec.timeout,
    ...(spec.bindDn !== undefined &&
      spec.password !== undefined && { bind: { dn: spec.bindDn, password: await doors.secret(spec.password) } }),
    ...(caFile !== undefined && { caFile: isAbsolute(caFile) ? caFile : resolve(doors.baseDir, caFile) }),
  };
}

/** The value of the first attribute that the entry has. @param ids attributes that employee numbers came from */
function cellOf({ dn, attributes }: LdapEntry, field: PersonField, names: readonly string[], ids: Set<string>): Cell {
  const name = names.find((each) => (attributes[each]?.length ?? 0) > 0);
  const values: readonly LdapValue[] = name === undefined ? [] : attributes[name]!;
  if (name === undefined) return '';
  if (field === 'id') ids.add(name);
  if (values.length > 1 && !freeOf.includes(field)) {
    if (field !== 'id') return new CellProblem(`${name} has ${values.length} values`);
    const shown = values.slice(0, 5).map((value) => (typeof value === 'string' ? value : '(bytes)'));
    throw disbeliefAt(
      { where: dn },
      'source-value',
      `an employee number has one value, and ${name} has ${values.length}: ${shown.join(', ')}`,
      'Choose an attribute with one value as "id".',
    );
  }
  // By each of them an account may be found.
  if (field === 'mail' && values.every((each) => typeof each === 'string')) return values.join('; ');
  const [value] = values;
  return typeof value === 'string' ? value : new CellProblem('it is not text');
}

/** Heads are named by their DN: their employee numbers take its place. @returns how many have none */
function headsByNumber({ people }: Found): number {
  const wanted = new Map<string, string | undefined>();
  for (const { manager } of people) if (manager?.includes('=')) wanted.set(dnKey(manager), undefined);
  if (wanted.size === 0) return 0;
  for (const { where, id } of people) {
    const dn = dnKey(where);
    if (wanted.has(dn)) wanted.set(dn, id);
  }
  for (const person of people) {
    if (!person.manager?.includes('=')) continue;
    const id = wanted.get(dnKey(person.manager));
    if (id === undefined) delete person.manager;
    else person.manager = id;
  }
  return [...wanted.values()].filter((id) => id === undefined).length;
}
