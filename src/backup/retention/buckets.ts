/** The periods of a calendar in which one snapshot each is kept. */
export const periods = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type Period = (typeof periods)[number];

/** Names the period of a moment; equal for all moments of one period. */
export type BucketNames = (period: Period, timeMs: number) => string;

/**
 * Periods by the calendar of a time zone: hours, days, weeks that begin on Monday (ISO 8601), months, years.
 * @throws RangeError for a time zone that is none
 */
export function bucketsIn(timeZone: string): BucketNames {
  const format = new Intl.DateTimeFormat('en-u-ca-iso8601', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    timeZoneName: 'longOffset',
  });
  return (period, timeMs) => {
    const parts = Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
    const { year = '', month = '', day = '', hour = '', timeZoneName = '' } = parts;
    // The hour that comes twice when clocks are set back is two hours.
    if (period === 'hourly') return `${year}-${month}-${day}T${hour}${timeZoneName}`;
    if (period === 'daily') return `${year}-${month}-${day}`;
    if (period === 'weekly') return String(weekOf(Number(year), Number(month), Number(day)));
    return period === 'monthly' ? `${year}-${month}` : year;
  };
}

/** Number of the week since that of 1970-01-01, a Thursday. */
function weekOf(year: number, month: number, day: number): number {
  return Math.floor((Date.UTC(year, month - 1, day) / 86_400_000 + 3) / 7);
}
