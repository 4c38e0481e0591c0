import { hostname } from 'node:os';
import type { App } from '../../app.ts';
import { asksCalendar } from '../../calendar/rules.ts';
import { jitterOf } from '../../calendar/slots.ts';
import { type Timetable, timetable } from '../../calendar/timetable.ts';
import { type WorkingCalendar, workingCalendar } from '../../calendar/working-days.ts';
import { OaopsError, usageError } from '../../core/errors.ts';
import { findRunbook, listRunbooks } from '../../runbook/library.ts';
import { loadRunbook } from '../../runbook/load.ts';
import type { ScheduleSpec } from '../../runbook/schema/spec.ts';
import { calendarOf } from '../calendar.ts';

/** A runbook with a schedule, as it holds on this machine. */
export interface Scheduled {
  runbook: string;
  spec: ScheduleSpec;
  /** Absent for a rule that asks none: what is wrong with it must not stop such a runbook. */
  calendar: WorkingCalendar | undefined;
  table: Timetable;
  /** By which this machine starts later than the others: always the same, at most the jitter. */
  delayMs: number;
  /** Named in the configuration, and enabled: started by tick. */
  enabled: boolean;
  inputs: Readonly<Record<string, string | number | boolean>>;
  /** Channels that are told when it is overdue. */
  notify: readonly string[];
}

/** @throws OaopsError `schedule-missing` (exit 2), and those of finding and loading a runbook */
export async function scheduledOf(app: App, name: string): Promise<Scheduled> {
  const { file } = findRunbook(name, await app.runbookFolders(), process.cwd());
  const { metadata, schedule } = loadRunbook(file, { catalogue: await app.catalogue() });
  if (schedule === undefined)
    throw usageError('schedule-missing', `runbook ${name} has no schedule`, {
      next: 'Add "schedule" below its "spec", or take it out of "schedules" in the configuration.',
    });
  return withTable(app, metadata.name, schedule as ScheduleSpec);
}

/** Names in the configuration of what tick starts. */
export async function enabledNames(app: App): Promise<string[]> {
  const { schedules = {} } = (await app.config()).settings;
  return Object.entries(schedules).flatMap(([name, { enabled }]) => (enabled ? [name] : []));
}

/** Those that tick starts; what cannot be loaded beside them. */
export async function loadEnabled(
  app: App,
): Promise<{ schedules: Scheduled[]; failed: { runbook: string; error: OaopsError }[] }> {
  const schedules: Scheduled[] = [];
  const failed: { runbook: string; error: OaopsError }[] = [];
  for (const runbook of await enabledNames(app)) {
    try {
      schedules.push(await scheduledOf(app, runbook));
    } catch (error) {
      if (!(error instanceof OaopsError)) throw error;
      failed.push({ runbook, error });
    }
  }
  return { schedules, failed };
}

/** Every runbook of the library with a schedule, by name. What cannot be loaded is a warning. */
export async function loadAll(app: App): Promise<{ schedules: Scheduled[]; warnings: string[] }> {
  const catalogue = await app.catalogue();
  const schedules: Scheduled[] = [];
  const warnings: string[] = [];
  for (const entry of listRunbooks(await app.runbookFolders())) {
    if (entry.shadowedBy !== undefined || entry.name === '') continue;
    try {
      const { schedule } = loadRunbook(entry.file, { catalogue });
      if (schedule) schedules.push(await withTable(app, entry.name, schedule as ScheduleSpec));
    } catch (error) {
      if (!(error instanceof OaopsError)) throw error;
      warnings.push(`${entry.file}: ${error.message}`);
    }
  }
  return { schedules, warnings };
}

async function withTable(app: App, runbook: string, spec: ScheduleSpec): Promise<Scheduled> {
  const { settings } = await app.config();
  const named = spec.calendar === undefined ? {} : { workingDays: spec.calendar };
  const rule = { ...spec, timeZone: spec.timeZone ?? settings.timeZone };
  const calendar = asksCalendar(rule)
    ? calendarOf({ calendar: { ...settings.calendar, ...named } }, app.stateDir)
    : undefined;
  const { enabled, inputs = {}, notify = [] } = settings.schedules?.[runbook] ?? { enabled: false };
  return {
    runbook,
    spec,
    calendar,
    table: timetable(rule, calendar ?? workingCalendar('weekdays')),
    delayMs: jitterOf(`${hostname()} ${runbook}`, spec.jitter ?? 0),
    enabled,
    inputs,
    notify,
  };
}
