import { addDays } from '../../../calendar/dates.ts';
import { localClock, parseWrittenTime } from '../../../core/zoned-time.ts';
import { filetimeMs, generalizedTimeMs } from '../times.ts';

/** A cell that is not what its column says. */
export const wrong = Symbol('wrong');

const truths = new Map([
  ...['1', 't', 'true', 'y', 'yes', 'on', '是'].map((word) => [word, true] as const),
  ...['0', 'f', 'false', 'n', 'no', 'off', '否'].map((word) => [word, false] as const),
]);

/** The text of a cell; undefined: it is empty. */
export function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  const text = (typeof value === 'object' ? JSON.stringify(value) : String(value)).trim();
  return text === '' ? undefined : text;
}

export function truthOf(value: unknown): boolean | undefined | typeof wrong {
  if (typeof value === 'boolean') return value;
  const text = textOf(value);
  if (text === undefined) return undefined;
  return truths.get(text.toLowerCase()) ?? wrong;
}

const secondsOfNumbers = 1e11;
const dayMs = 86_400_000;
/** 1970-01-01 is over everywhere. */
const earliestMs = 2 * dayMs;

/**
 * A moment: ISO 8601 and what databases write, `2026/1/2 3:04`, `20260102`, `20260102030405`, generalized time, FILETIME, seconds or milliseconds
 * since 1970. Without an offset it is the time on the clocks of `timeZone`. `endOfDay`: what a day alone means, its last second or its first.
 * @returns undefined: there is none; it is empty, zero, infinite, or the first day of a calendar (1900-01-01, 1970-01-01), by which databases say so
 */
export function timeOf(value: unknown, timeZone: string, endOfDay: boolean): number | undefined | typeof wrong {
  const time = timeIn(value, timeZone, endOfDay);
  return typeof time === 'number' && time < earliestMs ? undefined : time;
}

function timeIn(value: unknown, timeZone: string, endOfDay: boolean): number | undefined | typeof wrong {
  const text = textOf(value);
  if (text === undefined || /^(-?infinity|0+|000[01]-0[01]-0[01].*)$/i.test(text)) return undefined;
  const compact = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?$/.exec(text);
  if (compact) {
    const [, year, month, day, hour, minute, second] = compact;
    const time = hour === undefined ? '' : ` ${hour}:${minute}:${second}`;
    return writtenTime(`${year}-${month}-${day}${time}`, timeZone, endOfDay);
  }
  if (/^\d{17,18}$/.test(text)) return filetimeMs(text) ?? wrong;
  if (/^\d{9,13}(\.\d+)?$/.test(text)) {
    const number = Number(text);
    return Math.floor(number < secondsOfNumbers ? number * 1000 : number);
  }
  return generalizedTimeMs(text) ?? writtenTime(isoText(text), timeZone, endOfDay);
}

/** Two digits each, and an offset with minutes. */
function isoText(text: string): string {
  const two = (part: string) => part.padStart(2, '0');
  return text
    .replace(
      /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?=$|[T ])/,
      (_, y: string, m: string, d: string) => `${y}-${two(m)}-${two(d)}`,
    )
    .replace(/([T ])(\d):/, '$10$2:')
    .replace(/(:\d\d(?:\.\d+)?) ?([+-]\d\d)$/, '$1$2:00')
    .replace(/(\d) ([+-]\d\d:?\d\d|Z)$/i, '$1$2');
}

function writtenTime(text: string, timeZone: string, endOfDay: boolean): number | typeof wrong {
  // Databases write years that no clock shows.
  const local = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?$/.exec(text);
  const quick = local && localTime(local, timeZone);
  if (quick !== undefined && quick !== null) return endOfDay && local![2] === undefined ? quick + dayMs - 1000 : quick;
  const time = parseWrittenTime(text, timeZone);
  if (!time) return wrong;
  return endOfDay && local !== null && local[2] === undefined ? time.untilMs - 999 : time.fromMs;
}

/** Days are remembered; a day on which clocks are changed, or that there is not, is left to the slow way. */
function localTime([, date, hour, minute, second]: RegExpExecArray, timeZone: string): number | undefined {
  if (
    Number.isNaN(Date.parse(`${date}T00:00:00Z`)) ||
    new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10) !== date
  )
    return undefined;
  const [hours, minutes, seconds] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const clock = localClock(timeZone);
  const begin = clock.msAt(date!, '00:00');
  if (clock.msAt(addDays(date!, 1), '00:00') - begin !== dayMs) return undefined;
  return begin + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}
