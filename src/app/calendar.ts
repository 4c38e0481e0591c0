import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../app.ts';
import { firstUnknownDay } from '../calendar/month.ts';
import { type Notice, parseNotice } from '../calendar/notice.ts';
import { type NoticedDays, type OwnDay, type WorkingCalendar, workingCalendar } from '../calendar/working-days.ts';
import type { Settings } from '../config/schema.ts';
import { isoTime } from '../core/clock.ts';
import { writeFileDurable } from '../core/durable-file.ts';
import { messageOf, usageError } from '../core/errors.ts';

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
  return workingCalendar(workingDays, days, importedNotices(stateDir));
}

export async function siteCalendar(app: App): Promise<WorkingCalendar> {
  return calendarOf((await app.config()).settings, app.stateDir);
}

export async function calendarStatus(app: App): Promise<CalendarStatus> {
  const { settings } = await app.config();
  const calendar = calendarOf(settings, app.stateDir);
  const today = localDate(app.clock.nowMs());
  const working = calendar.isWorkingDay(today);
  return {
    calendar: calendar.name,
    years: calendar.years,
    imported: [...importedNotices(app.stateDir).keys()].sort((a, b) => a - b),
    days: settings.calendar?.days ?? [],
    today,
    todayIs: working === undefined ? 'unknown' : working ? 'working-day' : 'day-off',
    unknownFrom: firstUnknownDay(calendar, today, horizonDays) ?? null,
  };
}

/** @throws OaopsError `file-unreadable`, `notice-invalid` (exit 2), `notice-empty` (exit 4) */
export function importNotice(app: App, file: string): Notice {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError('file-unreadable', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const notice = parseNotice(file, text);
  keepNotice(app.stateDir, notice);
  return notice;
}

/** The date on this machine's wall. */
export function localDate(nowMs: number): string {
  const offsetMs = new Date(nowMs).getTimezoneOffset() * 60_000;
  return isoTime(nowMs - offsetMs).slice(0, 10);
}

/** Keeps a notice for all commands of this machine. */
function keepNotice(stateDir: string, { year, off, work }: Notice): void {
  const folder = folderIn(stateDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const day = (isOffDay: boolean) => (date: string) => ({ name: '', date, isOffDay });
  const days = [...off.map(day(true)), ...work.map(day(false))];
  writeFileDurable(join(folder, `china-${year}.json`), `${JSON.stringify({ year, days })}\n`);
}

/** Notices that were imported, by year. @throws OaopsError as `parseNotice`: a file that was damaged is not passed over */
function importedNotices(stateDir: string): Map<number, NoticedDays> {
  const folder = folderIn(stateDir);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return new Map();
  }
  const files = names.filter((name) => /^china-\d{4}\.json$/.test(name)).map((name) => join(folder, name));
  return new Map(
    files.map((file) => {
      const { year, off, work } = parseNotice(file, readFileSync(file, 'utf8'));
      return [year, { off, work }];
    }),
  );
}

function folderIn(stateDir: string): string {
  return join(stateDir, 'calendar');
}
