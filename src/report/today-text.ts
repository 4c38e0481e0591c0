import { addDays, type WeekDay, weekDayOf } from '../calendar/dates.ts';
import { localClock } from '../core/zoned-time.ts';
import type { Evidence } from './evaluate.ts';
import type { Today, TodayItem, TodayRun } from './today.ts';

/** One line of the list, in English: what is beside the title, and what is told below. */
export interface ToldItem {
  when: string;
  /** Told beside `when`. */
  weekDay?: WeekDay;
  lines: string[];
  commands?: string[];
}

/** How the parts of `Today` are told to people. */
export class TodayText {
  readonly #today: Today;

  constructor(today: Today) {
    this.#today = today;
  }

  /** Parts of the first line, each a text of its own. */
  get heading(): string[] {
    const { date, weekDay, workingDay, at, timeZone } = this.#today;
    const day =
      workingDay === null ? 'nobody has announced whether it is worked' : workingDay ? 'working day' : 'day off';
    return [weekDay, date, day, `${localClock(timeZone).at(Date.parse(at)).time} ${timeZone}`];
  }

  overdue(item: TodayItem): ToldItem {
    const { missed, period } = item;
    if (missed) {
      const what = missed.state === 'failed' ? `failed: ${missed.key}` : `not done: ${missed.key}`;
      const again = period?.due && period.state !== 'overdue' ? [`again ${this.#by(period.due)}`] : [];
      const since = period?.due && period.state === 'overdue' ? [`overdue since ${this.#end(period.due)}`] : [];
      return { when: what, ...this.#below(item, [...again, ...since]) };
    }
    return { when: `since ${this.#end(period!.due!)}`, ...this.#below(item) };
  }

  due(item: TodayItem): ToldItem {
    const running = item.period!.state === 'running';
    return { when: this.#by(item.period!.due!), ...this.#below(item, running ? ['a run is under way, or waits'] : []) };
  }

  done(item: TodayItem): ToldItem {
    const run = item.last?.findings ? item.last : (item.lastWell ?? item.last);
    const late = item.period?.state === 'late' ? ['later than it was due'] : [];
    return { when: run?.ended ? this.#time(run.ended) : '', lines: [...late, ...(run ? [this.#evidence(run)] : [])] };
  }

  upcoming(item: TodayItem): ToldItem {
    const day = this.#dayOf(item.period!.due!);
    return { when: day, weekDay: weekDayOf(day), lines: [] };
  }

  run(run: TodayRun, list: 'waiting' | 'failing' | 'underWay'): ToldItem {
    const { by, begun, ended, message, waits, wakeAt, status, interrupted, command } = run;
    const lines: string[] = [];
    const commands: string[] = [];
    for (const { step, message: said, next } of waits) {
      if (said !== null) lines.push(`${step}: ${said}`);
      // The command by itself, so that it can be copied; what else may be answered stands before it.
      const [, answer, others] = /(oaops (?:runs answer|approve) .*?)( \(.*\))?$/.exec(next ?? '') ?? [];
      if (answer !== undefined) commands.push(answer);
      else if (next !== null) lines.push(next);
      if (others !== undefined) lines.push(others.trim());
    }
    if (waits.length === 0 && message !== null) lines.push(message);
    if (interrupted) lines.push('its process is gone');
    if (list !== 'failing') lines.push(`begun ${this.#time(begun)} by ${by}`);
    if (list === 'underWay' && wakeAt !== null) lines.push(`goes on at ${this.#time(wakeAt)}`);
    return {
      when: list === 'failing' ? `${status} ${this.#time(ended ?? begun)}` : status,
      lines,
      commands: commands.length > 0 ? commands : [command],
    };
  }

  freeze({ from, to, reason, inForce }: Today['freezes'][number]): ToldItem {
    const when = inForce ? `in force until ${this.#time(to)}` : `from ${this.#time(from)} until ${this.#time(to)}`;
    return { when, lines: [reason] };
  }

  /** Those that have something to tell, and, in one line, those that nobody can carry out yet and nobody ever did. */
  split(items: readonly TodayItem[], all: boolean): { told: readonly TodayItem[]; rest: string | undefined } {
    if (all) return { told: items, rest: undefined };
    const isBare = ({ runbooks, last }: TodayItem) => runbooks.length === 0 && last === null;
    const bare = items.filter(isBare).map(({ id }) => id);
    return {
      told: items.filter((item) => !isBare(item)),
      rest: bare.length === 0 ? undefined : `never carried out, without a runbook: ${bare.join(', ')}`,
    };
  }

  /** What there is to say of procedures that are in no list; `all`: with their names. */
  remarks(all: boolean): string[] {
    const { unknownFrom, noRunbook, never, notApplicable } = this.#today;
    const names = (ids: readonly string[]) => (all && ids.length > 0 ? `: ${ids.join(', ')}` : '');
    return [
      ...(unknownFrom === null
        ? []
        : [`nobody has announced ${unknownFrom}: import the notice with "oaops calendar import FILE"`]),
      `procedures never carried out: ${never.length}${names(never)}`,
      `procedures without a runbook: ${noRunbook.length}${names(noRunbook)}`,
      ...(notApplicable.length === 0
        ? []
        : [`procedures that do not apply here: ${notApplicable.length}${names(notApplicable.map(({ id }) => id))}`]),
    ];
  }

  #below(
    { last, lastWell, runbooks, period }: TodayItem,
    first: readonly string[] = [],
  ): { lines: string[]; commands?: string[] } {
    const lines = [...first];
    if (last) lines.push(`last: ${this.#evidence(last)}`);
    if (last && last.status !== 'ok' && !last.findings)
      lines.push(lastWell ? `last that ended well: ${this.#evidence(lastWell)}` : 'none has ended well yet');
    const never = last ? [] : ['never carried out'];
    if (runbooks.length === 0) return { lines: [...lines, [...never, 'no runbook carries it out'].join('; ')] };
    lines.push(...never);
    if (runbooks.length > 1) lines.push(`also by ${runbooks.slice(1).join(', ')}`);
    // A second run beside one that is under way would help nobody.
    if (period?.state === 'running') return { lines };
    return { lines, commands: [`oaops run ${runbooks[0]}`] };
  }

  #evidence({ status, begun, ended, by, run, findings }: Evidence): string {
    const time = this.#time(ended ?? begun);
    return findings ? `with findings ${time} by ${by}, run ${run}` : `${status} ${time} by ${by}, run ${run}`;
  }

  /** A due time at midnight is the end of the day before. */
  #by(due: string): string {
    const { date, time } = localClock(this.#today.timeZone).at(Date.parse(due));
    if (time === '00:00') return date === addDays(this.#today.date, 1) ? 'due today' : `due on ${this.#dayOf(due)}`;
    return `due by ${this.#time(due)}`;
  }

  /** As `#time`; the end of a day is told by its date. */
  #end(due: string): string {
    const { time } = localClock(this.#today.timeZone).at(Date.parse(due));
    return time === '00:00' ? this.#dayOf(due) : this.#time(due);
  }

  #dayOf(due: string): string {
    return localClock(this.#today.timeZone).at(Date.parse(due) - 1).date;
  }

  /** The time alone on the day itself. */
  #time(iso: string): string {
    const { date, time } = localClock(this.#today.timeZone).at(Date.parse(iso));
    return date === this.#today.date ? time : `${date} ${time}`;
  }
}
