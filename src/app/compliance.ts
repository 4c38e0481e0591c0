import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { App } from '../app.ts';
import { procedures as catalogue, siteProcedures } from '../calendar/procedures/catalogue.ts';
import { isoTime } from '../core/clock.ts';
import { messageOf, OaopsError, usageError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { localClock, localTimeZone } from '../core/zoned-time.ts';
import { type Compliance, makeCompliance, periodsWithin, runsNeeded } from '../report/compliance.ts';
import { dateRange } from '../report/period-range.ts';
import { calendarOf } from './calendar.ts';
import { findingsSince, recordSince } from './today.ts';

export interface ComplianceRequest {
  /** IDs as they were typed; none = all. */
  procedures: readonly string[];
  period?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** @throws OaopsError `procedure-unknown` and those of `dateRange` (exit 2) */
export async function compliance(app: App, request: ComplianceRequest): Promise<Compliance> {
  const wanted = request.procedures.map(requireProcedure);
  const { settings } = await app.config();
  const timeZone = settings.timeZone ?? localTimeZone();
  const nowMs = app.clock.nowMs();
  const range = dateRange(request, localClock(timeZone).at(nowMs).date);
  const procedures = siteProcedures(settings.procedures).filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  const calendar = calendarOf(settings, app.stateDir);
  const periods = periodsWithin(procedures, range, { calendar, timeZone });
  const needed = runsNeeded(periods, range, timeZone);
  const { reports } = await app.record();
  return makeCompliance(
    {
      procedures,
      calendar,
      timeZone,
      range,
      nowMs,
      sinceMs: await recordSince(app, timeZone),
      runs: await reports.counted({ since: isoTime(needed.sinceMs), until: isoTime(needed.untilMs) }),
      found: await findingsSince(app, needed.sinceMs),
    },
    periods,
  );
}

function requireProcedure(typed: string): string {
  const id = typed.toUpperCase();
  const ids: string[] = catalogue.map((procedure) => procedure.id);
  if (ids.includes(id)) return id;
  const close = nearest(id, ids);
  throw usageError('procedure-unknown', `there is no procedure ${typed}`, {
    next: close === undefined ? 'See docs/procedures.md for all of them.' : `Did you mean "${close}"?`,
  });
}

/** @throws OaopsError `report-not-written` */
export function writeReport(file: string, text: string): string {
  const out = resolve(file);
  try {
    writeFileSync(out, text, { mode: 0o640, flush: true });
  } catch (error) {
    throw new OaopsError('report-not-written', `${out} cannot be written: ${messageOf(error)}`, {
      next: 'Name another file with --out.',
      cause: error,
    });
  }
  return out;
}
