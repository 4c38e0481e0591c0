import { Flags } from '@oclif/core';
import { openApp } from '../src/app.ts';
import { BaseCommand, type CommandResult } from '../src/cli/base-command.ts';
import { type Paint, wantsColor } from '../src/cli/color.ts';
import { type AgendaEntry, type AgendaSection, agenda } from '../src/cli/render/agenda.ts';
import { wrapLines } from '../src/cli/render/width.ts';
import { localized, text } from '../src/cli/texts/texts.ts';
import { ExitCode } from '../src/core/exit-codes.ts';
import type { Today } from '../src/report/today.ts';
import type { TodayText, ToldItem } from '../src/report/today-text.ts';

export default class TodayCommand extends BaseCommand<typeof TodayCommand> {
  static override summary = 'Show what is due today, overdue, waiting for a person, failing, done, and coming up';
  static override description =
    `Reads the record and the headers of the runbooks, starts nothing and asks no host. A procedure is due by its cadence ("procedures" in the configuration; docs/procedures.md) and done when a run that counts for it ended well. Before the first run of the record, or "complianceSince" of the configuration, nothing is overdue. With --verbose procedures that were never carried out, or that no runbook carries out, are named.
With --check, for monitoring: exit 1 when the last run of a runbook did not end well, 3 when something is overdue, else 0.`;
  static override examples = [
    '<%= config.bin %> today',
    '<%= config.bin %> today --date 2026-12-31 --verbose',
    '<%= config.bin %> today --check --quiet',
    '<%= config.bin %> today --json',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage, ExitCode.incomplete];
  static override flags = {
    date: Flags.string({
      description: 'another day, as it was when it ended or will be when it begins',
      helpValue: 'YYYY-MM-DD',
    }),
    check: Flags.boolean({ description: 'exit 1 or 3 when something needs attention' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ today }, { TodayText: Text }] = await Promise.all([
      import('../src/app/today.ts'),
      import('../src/report/today-text.ts'),
    ]);
    const found = await today(app, this.flags.date);
    const { failing, overdue } = found;
    const verdict = failing.length > 0 ? ExitCode.failed : overdue.length > 0 ? ExitCode.incomplete : ExitCode.success;
    return {
      exitCode: this.flags.check ? verdict : ExitCode.success,
      json: found,
      text: this.#shown(found, new Text(found)),
    };
  }

  #shown(found: Today, words: TodayText): string {
    const items = (key: 'overdue' | 'due' | 'done' | 'upcoming', tone: Paint): AgendaSection => {
      // What comes up is one line each; of what is due, those that nobody can do are one line together.
      const folded = key === 'overdue' || key === 'due';
      const { told, rest } = words.split(found[key], !folded || this.globals.verbose);
      const entries = told.map((one) => this.#entry(one.id, localized(this.lang, one.title), words[key](one)));
      return this.#section(key, tone, entries, { count: found[key].length, remark: rest && this.say(rest) });
    };
    const runs = (key: 'waiting' | 'failing' | 'underWay', tone: Paint): AgendaSection => {
      const entries = found[key].map((one) => this.#entry(one.procedures[0] ?? '', one.runbook, words.run(one, key)));
      return this.#section(key, tone, entries);
    };
    const freezes = found.freezes.map((one) => this.#entry('', one.name ?? '', words.freeze(one)));
    const sections = [
      items('overdue', 'red'),
      runs('waiting', 'yellow'),
      runs('failing', 'red'),
      items('due', 'bold'),
      runs('underWay', 'cyan'),
      items('done', 'green'),
      items('upcoming', 'bold'),
      this.#section('freezes', 'bold', freezes),
    ];
    const color = this.globals.color && wantsColor(process.stdout, process.env);
    const columns = process.stdout.columns ?? 80;
    const heading = words.heading.map((part) => this.say(part)).join('  ');
    const remarks = words.remarks(this.globals.verbose).map((remark) => wrapLines(this.say(remark), columns));
    return [heading, agenda(sections, { columns, color }), remarks.join('\n')]
      .filter((part) => part !== '')
      .join('\n\n');
  }

  #section(
    key: 'overdue' | 'waiting' | 'failing' | 'due' | 'underWay' | 'done' | 'upcoming' | 'freezes',
    tone: Paint,
    entries: AgendaEntry[],
    more: Pick<AgendaSection, 'count' | 'remark'> = {},
  ): AgendaSection {
    return { title: text(this.lang, `today.${key}`), tone, entries, ...more };
  }

  #entry(id: string, title: string, { when, weekDay, lines, commands }: ToldItem) {
    const day = weekDay === undefined ? '' : ` ${this.say(weekDay)}`;
    return { id, title, when: `${this.say(when)}${day}`, lines: lines.map((line) => this.say(line)), commands };
  }
}
