import { commandSource } from './command.ts';
import { ldapSource } from './ldap.ts';
import { mysqlSource } from './mysql.ts';
import { postgresSource } from './postgres.ts';
import type { DumpSource, SourceType } from './schema.ts';
import { sqliteSource } from './sqlite.ts';
import type { SourceKind, SourcePlan, SourceRunner } from './types.ts';

const kinds: { [T in SourceType]: SourceKind<T> } = {
  postgres: postgresSource,
  mysql: mysqlSource,
  sqlite: sqliteSource,
  ldap: ldapSource,
  command: commandSource,
};

function kindOf(type: SourceType): SourceKind<SourceType> {
  return kinds[type] as never;
}

/** What would be run for a source, and where. */
export function describeSource(source: DumpSource): string {
  const where = source.host === undefined ? '' : ` on ${source.host}`;
  return `${source.id} (${kindOf(source.type).describe(source)}${where})`;
}

export function planSource(source: DumpSource, runner: SourceRunner): Promise<SourcePlan> {
  return kindOf(source.type).plan(source, runner);
}
