import type { App } from '../../app.ts';
import { localClock, localTimeZone } from '../../core/zoned-time.ts';

/** Times of schedules for people: those on the clocks of one zone. */
export interface ShownTimes {
  /** That of the configuration, else of this machine. */
  timeZone: string;
  /** `2026-11-30 08:15` of an ISO time in UTC; a day stays a day. */
  of(time: string): string;
}

export async function shownTimes(app: App): Promise<ShownTimes> {
  const timeZone = (await app.config()).settings.timeZone ?? localTimeZone();
  const clock = localClock(timeZone);
  return {
    timeZone,
    of: (time) => {
      if (!time.includes('T')) return time;
      const at = clock.at(Date.parse(time));
      return `${at.date} ${at.time}`;
    },
  };
}
