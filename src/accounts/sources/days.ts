import { dateOf, dayNumber, isDate } from '../../calendar/dates.ts';
import { dateIn } from '../../core/zoned-time.ts';

/** Written where no day is known, or none has been set. */
const noDay = /^(-+|—+|\/|无|暂无|至今|长期|无固定期限|null|n\/a|none|0000[-/]00[-/]00.*|1900[-/]0?1[-/]0?0)$/i;
const shapes = [
  /^(\d{4})-(\d{1,2})-(\d{1,2})(.*)$/,
  /^(\d{4})\/(\d{1,2})\/(\d{1,2})(.*)$/,
  /^(\d{4})\.(\d{1,2})\.(\d{1,2})(.*)$/,
  /^(\d{4})年(\d{1,2})月(\d{1,2})日(.*)$/,
  /^(\d{4})(\d{2})(\d{2})()$/,
];
const time = /^[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
/** Generalized time of LDAP (RFC 4517 section 3.3.13), in UTC. */
const generalized = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})?(\d{2})?(?:[.,]\d+)?Z$/;
/** Systems that need a last day write one in a far future. */
const farYear = 2900;

/** Which day the serial number 0 of a workbook is. */
export type Serials = '1900' | '1904';

/**
 * The day that a cell names, `none` where it says that there is none, undefined where it is no day. A moment with a zone is the day on the
 * clocks of `timeZone`. Only shapes that begin with the year: of 03/04/2026 nobody can tell which number is the month.
 */
export function readDay(cell: string | number, timeZone: string, serials?: Serials): string | 'none' | undefined {
  if (typeof cell === 'number') {
    const day = fromSerial(cell, serials);
    // 20261031 as a number: beyond every serial number.
    return day ?? readDay(String(cell), timeZone);
  }
  const text = cell.normalize('NFKC').trim();
  if (text === '' || noDay.test(text)) return 'none';
  const utc = generalized.exec(text);
  if (utc) {
    const [year, month, day, hour, minute = 0, second = 0] = utc
      .slice(1)
      .map((part) => (part === undefined ? 0 : Number(part)));
    if (!isDate(`${utc[1]}-${utc[2]}-${utc[3]}`) || hour! > 23) return undefined;
    return dateIn(timeZone, Date.UTC(year!, month! - 1, day!, hour!, minute, second));
  }
  for (const shape of shapes) {
    const match = shape.exec(text);
    if (!match) continue;
    const [, year, month, day, rest] = match;
    const date = `${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}`;
    if (!isDate(date)) return undefined;
    return rest === '' ? date : atTime(date, rest!, timeZone);
  }
  return undefined;
}

function atTime(date: string, rest: string, timeZone: string): string | undefined {
  const match = time.exec(rest);
  if (!match || Number(match[1]) > 23 || Number(match[2]) > 59) return undefined;
  const [, hour, minute, second = '00', zone] = match;
  if (zone === undefined) return date;
  const ms = Date.parse(
    `${date}T${hour!.padStart(2, '0')}:${minute}:${second}${zone.toUpperCase().replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`,
  );
  return Number.isNaN(ms) ? undefined : dateIn(timeZone, ms);
}

/** Whether a last day only says that there is none: 9999-12-31 and the like. */
export function isFarAway(day: string): boolean {
  return Number(day.slice(0, 4)) >= farYear;
}

/** With these days databases and programs fill columns in which there is none. */
const fillers = new Set(['0001-01-01', '1753-01-01', '1899-12-30', '1899-12-31', '1900-01-01', '1970-01-01']);

/** A day as one on which somebody began or left; undefined: it is none, such as a year alone that a spreadsheet takes for a day of 1905. */
export function dayOfEmployment(day: string | 'none', cell: string | number): string | 'none' | undefined {
  if (day === 'none' || fillers.has(day)) return 'none';
  if (day < '1940') return undefined;
  return typeof cell === 'number' && day > '2200' && !isFarAway(day) ? undefined : day;
}

/** Excel counts a 1900-02-29 that never was, as Lotus 1-2-3 did. */
function fromSerial(serial: number, serials: Serials | undefined): string | 'none' | undefined {
  if (serials === undefined || serial < 0 || serial >= 2_958_466) return undefined;
  const days = Math.floor(serial);
  if (serials === '1904') return dateOf(dayNumber('1904-01-01') + days);
  if (days === 0) return 'none';
  if (days === 60) return undefined;
  return dateOf(dayNumber('1899-12-31') + (days > 60 ? days - 1 : days));
}
