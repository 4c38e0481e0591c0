import type { Member } from '../../engine/plan/plan-types.ts';
import type { Inventory } from '../../engine/ports.ts';
import type { DirectoryDoor, QueryDoor } from '../ports.ts';
import { fromCsv } from './from-csv.ts';
import { fromInventory } from './from-inventory.ts';
import { fromLdap } from './from-ldap.ts';
import { fromSql } from './from-sql.ts';
import { type Found, membersOf } from './members.ts';
import type { PopulationSpec } from './schema.ts';

export interface Population {
  /** Never empty, each id once, in the order in which they are reached. */
  members: Member[];
  /** Where they come from, as data for people: an address, a file, inventory names. Holds no secrets. */
  source: string;
  /** Files that were read. */
  files?: { file: string; sha256: string }[];
}

export interface PopulationPlace {
  directory(): Promise<DirectoryDoor>;
  query(): Promise<QueryDoor>;
  inventory: Inventory;
  /** Value of a secret reference. */
  secret(ref: string): Promise<string>;
  /** Relative files of the runbook are meant from here. */
  baseDir: string;
  signal: AbortSignal;
}

/**
 * Whom a rollout reaches. A source that cannot be read as a whole is an error, never an empty or a smaller population.
 * @throws OaopsError of `membersOf` and of the source
 */
export async function resolvePopulation(spec: PopulationSpec, place: PopulationPlace): Promise<Population> {
  const found = await find(spec, place);
  return {
    members: membersOf(found, spec),
    source: found.source,
    ...(found.files && { files: found.files }),
  };
}

async function find(spec: PopulationSpec, place: PopulationPlace): Promise<Found> {
  const { baseDir, signal } = place;
  switch (spec.from) {
    case 'csv':
      return fromCsv(spec, baseDir);
    case 'inventory':
      return fromInventory(spec, place.inventory);
    case 'ldap':
      return fromLdap(spec, { door: await place.directory(), ...(await login()), baseDir, signal });
    case 'sql':
      return fromSql(spec, { door: await place.query(), ...(await login()), baseDir, signal });
  }

  async function login(): Promise<{ password?: string }> {
    const ref = 'password' in spec ? spec.password : undefined;
    return ref === undefined ? {} : { password: await place.secret(ref) };
  }
}
