import type { App } from '../app.ts';
import { changedDays, firstUnknownDay } from '../calendar/month.ts';
import type { Notice } from '../calendar/notice.ts';
import { type OwnDay, type WorkingCalendar, workingCalendar } from '../calendar/working-days.ts';
import type { Settings } from '../config/schema.ts';
import { OaopsError } from '../core/errors.ts';
import { dateIn, localTimeZone } from '../core/zoned-time.ts';
import { keepNotice, keptNotices, readNotice } from './kept-notices.ts';

/** So many days ahead have to be known: work is planned over them. */
const horizonDays = 31;

export interface CalendarStatus {
  calendar: string;
  /** Years of which everything is announced; empty for a calendar that needs no notices. */
  years: readonly number[];
  imported: readonly number[];
  days: readonly OwnDay[];
  today: string;
  todayIs: 'working-day' | 'day-off' | 'unknown';
  /** The first of the next days that nobody has announced. */
  unknownFrom: string | null;
}

/** The working days of the site: built-in notices, those that were imported, and days of the configuration. */
export function calendarOf(settings: Pick<Settings, 'calendar'>, stateDir: string): WorkingCalendar {
  const { workingDays = 'china', days = [] } = settings.calendar ?? {};
  return workingCalendar(workingDays, days, keptNotices(stateDir));
}

export async function siteCalendar(app: App): Promise<WorkingCalendar> {
  return calendarOf((await app.config()).settings, app.stateDir);
}

export async function calendarStatus(app: App): Promise<CalendarStatus> {
  const { settings } = await app.config();
  const calendar = calendarOf(settings, app.stateDir);
  const today = await siteToday(app);
  const working = calendar.isWorkingDay(today);
  return {
    calendar: calendar.name,
    years: calendar.years,
    imported: [...keptNotices(app.stateDir).keys()].sort((a, b) => a - b),
    days: settings.calendar?.days ?? [],
    today,
    todayIs: working === undefined ? 'unknown' : working ? 'working-day' : 'day-off',
    unknownFrom: firstUnknownDay(calendar, today, horizonDays) ?? null,
  };
}

export interface ImportedNotice extends Notice {
  /** Days that were known before, and are told otherwise by this notice. */
  changed: readonly string[];
}

/**
 * Takes over a notice for all commands of this machine.
 * @throws OaopsError as `readNotice` and `keepNotice`
 */
export function importNotice(app: App, file: string): ImportedNotice {
  const notice = readNotice(file);
  const before = keptSoFar(app.stateDir);
  keepNotice(app.stateDir, notice);
  const known = workingCalendar('china', [], before);
  const told = workingCalendar('china', [], new Map(before).set(notice.year, notice));
  return { ...notice, changed: changedDays(known, told, notice.year) };
}

function keptSoFar(stateDir: string): Map<number, Notice> {
  try {
    return keptNotices(stateDir);
  } catch (error) {
    // One that is damaged is put right by importing it again, so it must not stand in the way.
    if (error instanceof OaopsError) return new Map();
    throw error;
  }
}

/** The date of the site: by `timeZone` of the configuration, else by the clocks of this machine. */
export async function siteToday(app: App): Promise<string> {
  const { settings } = await app.config();
  return dateIn(settings.timeZone ?? localTimeZone(), app.clock.nowMs());
}
