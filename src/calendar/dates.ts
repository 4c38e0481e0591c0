/** Calendar dates are texts `YYYY-MM-DD` here, counted in days: no time zone and no clock change can move them. */

const daysOfEra = 146_097;

export const weekDays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type WeekDay = (typeof weekDays)[number];

/** Days since 1970-01-01 in the proleptic Gregorian calendar. */
export function dayNumber(date: string): number {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  // Years begin in March, so that the leap day is their last one; a cycle of 400 years has the same number of days.
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * daysOfEra + dayOfEra - 719_468;
}

/** The date that is so many days after 1970-01-01. */
export function dateOf(number: number): string {
  const shifted = number + 719_468;
  const era = Math.floor(shifted / daysOfEra);
  const dayOfEra = shifted - era * daysOfEra;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
  const year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${String(year).padStart(4, '0')}-${two(month >= 10 ? month - 9 : month + 3)}-${two(day)}`;
}

export function addDays(date: string, days: number): string {
  return dateOf(dayNumber(date) + days);
}

export function weekDayOf(date: string): WeekDay {
  // 1970-01-01 was a Thursday.
  return weekDays[(((dayNumber(date) + 3) % 7) + 7) % 7]!;
}

/** A day that exists, such as 2028-02-29, written in full. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && dateOf(dayNumber(text)) === text;
}
