/** A moment that a person wrote, and how long the thing that was written lasts: a second, a day, or a moment without length. */
export interface WrittenTime {
  /** Milliseconds since the epoch at which it begins. */
  fromMs: number;
  /** The last millisecond that is still meant: the end of the second, or of the day, that was written. */
  untilMs: number;
}

const pattern = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * Reads `2026-11-20`, `2026-11-20T12:00`, `2026-11-20 12:00:05.25`, each with `Z`, `+08:00` or nothing behind: then it is the time
 * on the clocks of `timeZone` (IANA name). A time that a clock shows twice in a year is the first of both; one that it leaves out
 * is counted on from before the gap. Undefined when the text is anything else.
 */
export function parseWrittenTime(text: string, timeZone: string): WrittenTime | undefined {
  const match = pattern.exec(text.trim());
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  if (hour === undefined && zone !== undefined) return undefined;
  const numbers = [year, month, day, hour ?? '0', minute ?? '0', second ?? '0'].map(Number);
  const wallMs = Date.UTC(numbers[0]!, numbers[1]! - 1, numbers[2]!, numbers[3]!, numbers[4]!, numbers[5]!);
  // Date.UTC rolls over: the 31st of February would become a day in March.
  const written = [year, month, day, hour ?? '00', minute ?? '00', second ?? '00'].join();
  if (new Date(wallMs).toISOString().slice(0, 19).replace(/[-T:]/g, ',') !== written) return undefined;
  const toMs = (wall: number) => (zone === undefined ? wall - offsetAt(wall, timeZone) : wall - offsetOf(zone));
  if (hour === undefined) return { fromMs: toMs(wallMs), untilMs: toMs(wallMs + 86_400_000) - 1 };
  const fromMs = toMs(wallMs) + Math.floor(Number(`0.${fraction ?? 0}`) * 1000);
  return { fromMs, untilMs: second !== undefined && fraction === undefined ? fromMs + 999 : fromMs };
}

/** The zone of this machine, as TZ and /etc/localtime say. */
export function localTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The date on the clocks of a zone, such as 2026-11-20. */
export function dateIn(timeZone: string, ms: number): string {
  return new Date(wallTimeOf(ms, timeZone)).toISOString().slice(0, 10);
}

/** A moment for people, on the clocks of a zone: `2026-11-20 18:00:05 Asia/Shanghai`. */
export function momentIn(timeZone: string, ms: number): string {
  return `${new Date(wallTimeOf(ms, timeZone)).toISOString().slice(0, 19).replace('T', ' ')} ${timeZone}`;
}

function offsetOf(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** What has to be taken from the time on the clocks of a zone to get UTC. */
function offsetAt(wallMs: number, timeZone: string): number {
  // A day before and after there may be another offset; the one that leads back to the same wall time is right.
  const offsets = [wallMs - 86_400_000, wallMs + 86_400_000].map((ms) => wallTimeOf(ms, timeZone) - ms);
  const fits = offsets.filter((offset) => wallTimeOf(wallMs - offset, timeZone) === wallMs);
  return fits.length > 0 ? Math.max(...fits) : offsets[0]!;
}

/** Making one takes longer than asking it a hundred times. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** The time on the clocks of a zone, in milliseconds as if it were UTC. */
export function wallTimeOf(ms: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(ms);
  const of = (type: string) => Number(parts.find((part) => part.type === type)!.value);
  return (
    Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) +
    (((ms % 1000) + 1000) % 1000)
  );
}

/** What the clocks of a time zone show. */
export interface LocalClock {
  /** Milliseconds since the epoch of `HH:MM` on a date, with the rules of `parseWrittenTime` for clock changes. */
  msAt(date: string, time: string): number;
  at(ms: number): { date: string; time: string };
}

const dayMs = 86_400_000;
const clocks = new Map<string, LocalClock>();

/** Remembers what it was asked: a report over a year asks for the same midnights again and again. */
export function localClock(timeZone: string): LocalClock {
  let clock = clocks.get(timeZone);
  if (!clock) {
    const asked = new Map<string, number>();
    const offsets = new Map<number, number>();
    const offsetOn = (day: number) => {
      let offset = offsets.get(day);
      if (offset === undefined) {
        offset = wallTimeOf(day * dayMs, timeZone) - day * dayMs;
        offsets.set(day, offset);
      }
      return offset;
    };
    clock = {
      msAt: (date, time) => {
        const written = `${date}T${time}`;
        let ms = asked.get(written);
        if (ms === undefined) {
          const wallMs = Date.parse(`${written}:00Z`);
          const day = Math.floor(wallMs / dayMs);
          const [before, after] = [offsetOn(day - 1), offsetOn(day + 2)];
          ms = wallMs - (before === after ? before : offsetAt(wallMs, timeZone));
          asked.set(written, ms);
        }
        return ms;
      },
      at: (ms) => {
        const wall = new Date(wallTimeOf(ms, timeZone)).toISOString();
        return { date: wall.slice(0, 10), time: wall.slice(11, 16) };
      },
    };
    clocks.set(timeZone, clock);
  }
  return clock;
}
