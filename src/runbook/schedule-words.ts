import type { ScheduleSpec } from './schema/spec.ts';

/** A schedule as a person would say it, without its zone. */
export function scheduleInWords(schedule: ScheduleSpec): string {
  const holiday = 'ifHoliday' in schedule ? schedule.ifHoliday : undefined;
  const days = holiday === undefined || holiday === 'run' ? '' : `; ${ofDaysOff[holiday]}`;
  return `${timesInWords(schedule)}${days}`;
}

const ofDaysOff = {
  skip: 'days off are left out',
  previous: 'a day off moves to the working day before',
  next: 'a day off moves to the working day after',
};

function timesInWords(schedule: ScheduleSpec): string {
  switch (schedule.type) {
    case 'cron':
      return schedule.expression;
    case 'weekday':
      return `every ${inOne(schedule.days)} at ${schedule.at}`;
    case 'calendar-day': {
      const period = periodOf(schedule.day);
      return schedule.day.startsWith('first')
        ? `first day of the ${period} at ${schedule.at}`
        : `last day of the ${period} at ${schedule.at}`;
    }
    case 'shift': {
      const times = schedule.at.join(', ');
      return schedule.days === 'every-day' ? `shifts every day at ${times}` : `shifts on working days at ${times}`;
    }
    case 'working-day': {
      const { day, at, nth = 1 } = schedule;
      if (day === 'every') return `every working day at ${at}`;
      const period = periodOf(day);
      if (day.startsWith('first')) return `first working day of the ${period} at ${at}`;
      if (day.startsWith('last')) return `last working day of the ${period} at ${at}`;
      return nth > 0
        ? `working day ${nth} of the ${period} at ${at}`
        : `working day ${-nth} from the end of the ${period} at ${at}`;
    }
  }
}

function periodOf(day: string): string {
  const period = day.slice(day.indexOf('-of-') + 4);
  return period === 'half-year' ? 'half year' : period;
}

function inOne(days: readonly string[]): string {
  return days.slice(0, -1).reduceRight((rest, day) => `${day} and ${rest}`, days.at(-1)!);
}
