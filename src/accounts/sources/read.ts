import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { AccountDoors } from '../ports.ts';
import type { SourceSpec } from '../schema/sources.ts';
import type { ReadSource, SourceRead } from '../source.ts';
import { readCsv } from './csv.ts';
import { checkAge, compareWithLast } from './health.ts';
import type { Reading } from './reading.ts';

export { acceptReading, type Measure, measureOf } from './health.ts';

export const readSource: ReadSource = async (spec, doors, signal) => {
  signal.throwIfAborted();
  const { found, address, modifiedMs, problems } = await answered(spec, doors, signal);
  const read: SourceRead = {
    id: spec.id,
    address,
    complete: spec.complete,
    people: found.people,
    rows: found.rows,
    problems: [...problems, ...found.problems],
  };
  if (modifiedMs !== undefined) {
    const age = checkAge(spec, {
      modifiedMs,
      nowMs: doors.nowMs(),
      timeZone: doors.timeZone,
      ...(found.asOf !== undefined && { asOf: found.asOf }),
    });
    Object.assign(read, age);
  }
  read.problems.push(...(await compareWithLast(await doors.facts(), spec, read, doors.nowMs())));
  return read;
};

/** What a door says without an exit code of its own is a source that did not answer. */
async function answered(spec: SourceSpec, doors: AccountDoors, signal: AbortSignal): Promise<Reading> {
  try {
    return await readingOf(spec, doors, signal);
  } catch (error) {
    if (!(error instanceof OaopsError) || error.exitCode !== ExitCode.failed) throw error;
    throw new OaopsError('source-unreachable', `the source "${spec.id}" did not answer: ${error.message}`, {
      exitCode: ExitCode.incomplete,
      cause: error,
      details: { ...error.details, code: error.code },
      ...(error.next !== undefined && { next: error.next }),
    });
  }
}

async function readingOf(spec: SourceSpec, doors: AccountDoors, signal: AbortSignal): Promise<Reading> {
  switch (spec.type) {
    case 'csv':
      return readCsv(spec, doors);
    case 'xlsx':
      return (await import('./xlsx/read.ts')).readXlsx(spec, doors);
    case 'sql':
      return (await import('./sql.ts')).readSql(spec, doors, signal);
    case 'ldap':
      return (await import('./ldap.ts')).readLdap(spec, doors, signal);
  }
}
