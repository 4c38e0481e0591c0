import Tick from '../tick.ts';

/** The same as `oaops tick`, where people look for it. */
export default class ScheduleRunDue extends Tick {
  static override summary = 'Start what is due now, and go on with runs whose time has come';
  static override description =
    'The same as "oaops tick", which cron or a systemd timer runs every minute: each time of a schedule is run once, whichever of them comes first.';
  static override examples = ['<%= config.bin %> schedule run-due', '<%= config.bin %> schedule run-due --json'];
}
