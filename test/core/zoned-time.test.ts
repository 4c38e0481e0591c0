import { expect, test } from 'vitest';
import { dateIn, localClock, parseWrittenTime } from '../../src/core/zoned-time.ts';

const utc = (text: string) => Date.parse(text);
const from = (text: string, zone = 'Asia/Shanghai') => parseWrittenTime(text, zone)?.fromMs;

test('a time without a zone is that of the zone given', () => {
  expect(from('2026-11-20T12:00')).toBe(utc('2026-11-20T04:00:00Z'));
  expect(from('2026-11-20 12:00:05')).toBe(utc('2026-11-20T04:00:05Z'));
  expect(from('2026-11-20T12:00', 'America/New_York')).toBe(utc('2026-11-20T17:00:00Z'));
  expect(from('1970-01-01T00:00:00.25', 'UTC')).toBe(250);
});

test('a zone that is written counts', () => {
  expect(from('2026-11-20T12:00Z')).toBe(utc('2026-11-20T12:00:00Z'));
  expect(from('2026-11-20T12:00+08:00', 'UTC')).toBe(utc('2026-11-20T04:00:00Z'));
  expect(from('2026-11-20T12:00-0330', 'UTC')).toBe(utc('2026-11-20T15:30:00Z'));
});

test('a day lasts until its end, a second too, a minute is a moment', () => {
  expect(parseWrittenTime('2026-11-20', 'Asia/Shanghai')).toEqual({
    fromMs: utc('2026-11-19T16:00:00Z'),
    untilMs: utc('2026-11-20T15:59:59.999Z'),
  });
  const second = utc('2026-11-20T04:00:05Z');
  expect(parseWrittenTime('2026-11-20T12:00:05', 'Asia/Shanghai')).toEqual({ fromMs: second, untilMs: second + 999 });
  expect(parseWrittenTime('2026-11-20T12:00', 'UTC')?.untilMs).toBe(utc('2026-11-20T12:00:00Z'));
});

test('the day on which clocks change has 23 or 25 hours; a time that is left out or comes twice has one meaning', () => {
  const zone = 'Europe/Berlin';
  const hours = (day: string) => {
    const { fromMs, untilMs } = parseWrittenTime(day, zone)!;
    return (untilMs + 1 - fromMs) / 3_600_000;
  };
  expect(hours('2026-03-29')).toBe(23);
  expect(hours('2026-10-25')).toBe(25);
  expect(from('2026-10-25T02:30', zone)).toBe(utc('2026-10-25T00:30:00Z'));
  expect(from('2026-03-29T02:30', zone)).toBe(utc('2026-03-29T01:30:00Z'));
});

test.each([
  '',
  'yesterday',
  '2026-13-01',
  '2026-02-30',
  '2026-11-20T24:30',
  '2026-11-20Z',
  '20261120',
  '2026-11-20T12',
])('%s is no time', (text) => {
  expect(parseWrittenTime(text, 'UTC')).toBeUndefined();
});

test('the date is that of the zone', () => {
  const ms = Date.parse('2026-12-31T16:30:00Z');
  const zones = ['Asia/Shanghai', 'UTC', 'Pacific/Pago_Pago', 'Pacific/Kiritimati'];
  expect(zones.map((zone) => dateIn(zone, ms))).toEqual(['2027-01-01', '2026-12-31', '2026-12-31', '2027-01-01']);
});

test('a local clock reads as a written time does, and shows what was read, around every clock change too', () => {
  const zones = [
    'Asia/Shanghai',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Asia/Kolkata',
  ];
  for (const timeZone of zones) {
    const clock = localClock(timeZone);
    for (let day = 0; day < 400; day++) {
      const date = new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10);
      for (const time of ['00:00', '01:30', '02:30', '08:30', '23:59']) {
        const ms = clock.msAt(date, time);
        expect(ms, `${date} ${time} ${timeZone}`).toBe(parseWrittenTime(`${date}T${time}`, timeZone)!.fromMs);
        // A time that a clock leaves out is shown as a later one.
        const shown = clock.at(ms);
        if (shown.time !== time)
          expect(shown.time > time || shown.date > date, `${date} ${time} ${timeZone}`).toBe(true);
        else expect(shown).toEqual({ date, time });
      }
    }
  }
});
