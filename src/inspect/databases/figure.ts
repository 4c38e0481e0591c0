import { messageOf, OaopsError } from '../../core/errors.ts';
import { formatSize } from '../../core/units.ts';
import { type Limits, measured, worst } from '../judging/limits.ts';
import type { Judged, Measure } from '../types.ts';
import { numberOf } from './ask.ts';

export type Row = Record<string, unknown>;
/** Asks the database; gives its rows. */
export type Ask = (query: string) => Promise<Row[]>;

/** What a check of a database can look at. */
export interface Figure<With> {
  /** Taken where the inspection writes none. */
  preset: Limits;
  look(ask: Ask, args: With & Limits): Promise<Judged>;
}

/** A figure of a database server, whose absence is a failure; what it refuses to tell is an error. */
export async function lookAt<With extends Limits>(
  figure: Figure<With>,
  ask: Ask,
  args: With,
  signal: AbortSignal,
): Promise<Judged> {
  const limited = args.warn === undefined && args.fail === undefined ? { ...args, ...figure.preset } : args;
  try {
    return await figure.look(ask, limited);
  } catch (error) {
    if (signal.aborted || !(error instanceof OaopsError)) throw error;
    const down = ['database-unreachable', 'database-tls', 'query-timeout'].includes(error.code);
    // A name that is not known here says nothing about the server.
    if (!down || /^(ENOTFOUND|EAI_AGAIN)$/.test(String(error.details['code']))) throw error;
    return { state: 'fail', message: messageOf(error), ...(error.next ? { next: error.next } : {}) };
  }
}

/** A number that must be there. @throws OaopsError `figure-missing` */
export function need(row: Row | undefined, column: string): number {
  const value = numberOf(row?.[column]);
  if (value === undefined) throw new OaopsError('figure-missing', `the database does not tell ${column}`);
  return value;
}

/** @throws OaopsError `rights-missing` when the row says that the user sees only part of it */
export function needRights(row: Row | undefined, next: string): void {
  if (row?.['rights'] === true || numberOf(row?.['rights']) === 1) return;
  throw new OaopsError('rights-missing', 'the user of the check does not see what others do', { next });
}

export function oneFigure(
  measure: Pick<Measure, 'name' | 'value' | 'unit'> & Partial<Measure>,
  limits: Limits,
  message: string,
  more: { details?: string[]; next?: string } = {},
): Judged {
  const { measure: made, state } = measured({ min: 0, ...measure }, limits);
  return {
    state,
    message,
    measures: [made],
    ...(more.details && more.details.length > 0 ? { details: more.details } : {}),
    ...(more.next && state !== 'pass' ? { next: more.next } : {}),
  };
}

/** Connections that are taken of those that can be. */
export function connectionsFigure(used: number, most: number, limits: Limits): Judged {
  if (!(most > 0)) return { state: 'error', message: 'the database does not tell how many connections it takes' };
  const percent = Math.round((used / most) * 1000) / 10;
  return oneFigure(
    { name: 'connections', value: percent, unit: '%', max: 100 },
    limits,
    `${used} of ${most} connections are in use (${percent} %)`,
    { next: 'Look who holds them, and whether the pool of the application gives them back.' },
  );
}

export function sizeFigure(name: string, bytes: number, limits: Limits): Judged {
  return oneFigure({ name: 'size', value: bytes, unit: 'B' }, limits, `${name} has ${formatSize(bytes)}`);
}

/** Reads that were answered out of memory. */
export function cacheFigure(hits: number, reads: number, limits: Limits): Judged {
  if (hits + reads === 0)
    return { state: 'not-applicable', message: 'the database has read nothing since its figures began' };
  const percent = Math.floor((hits / (hits + reads)) * 1000) / 10;
  return oneFigure(
    { name: 'cache', value: percent, unit: '%', max: 100 },
    limits,
    `${percent} % of what is read comes out of memory`,
  );
}

/** One replica: how far it is behind, or why it does not follow. */
export interface Replica {
  name: string;
  seconds: number | undefined;
  problem: string | undefined;
}

/** Replicas beside how many there must be. None is a failure: a check that watches for nothing sees no trouble. */
export function replicasFigure(replicas: readonly Replica[], least: number, limits: Limits): Judged {
  const each = replicas.map(({ name, seconds, problem }) => {
    if (problem !== undefined) return { state: 'fail' as const, text: `${name}: ${problem}` };
    if (seconds === undefined) return { state: 'error' as const, text: `nobody knows how far ${name} is behind` };
    const { measure, state } = measured({ name: `lag ${name}`, value: seconds, unit: 's', min: 0 }, limits);
    return { state, measure, text: `${name} is ${seconds} s behind` };
  });
  const few = replicas.length < least;
  const bad = each.filter(({ state }) => state !== 'pass');
  const shown = bad.length > 0 ? bad : each;
  return {
    state: worst([...each.map(({ state }) => state), ...(few ? (['fail'] as const) : [])]),
    message: [
      ...(few ? [`${replicas.length} replicas follow, and there should be ${least}`] : []),
      ...shown.map(({ text }) => text),
    ].join('; '),
    measures: each.flatMap(({ measure }) => (measure ? [measure] : [])),
    ...(few || bad.length > 0 ? { next: 'Look at the log of the replica and at its connection.' } : {}),
  };
}
