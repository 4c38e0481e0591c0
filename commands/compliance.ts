import { Flags } from '@oclif/core';
import { openApp } from '../src/app.ts';
import { BaseCommand, type CommandResult } from '../src/cli/base-command.ts';
import { wantsColor } from '../src/cli/color.ts';
import { agenda } from '../src/cli/render/agenda.ts';
import { ExitCode } from '../src/core/exit-codes.ts';
import type { Compliance } from '../src/report/compliance.ts';

const formats = ['table', 'markdown', 'html', 'json', 'csv'] as const;

export default class ComplianceCommand extends BaseCommand<typeof ComplianceCommand> {
  static override summary =
    'Show for each procedure when it was due and what became of it: the matrix that auditors ask for';
  static override description =
    `Each time that a procedure was due is on time, late, tried and not done, missed, overdue, due, not yet due, not due because the day is off, unknown because nobody has announced the day, or before the record began; with the run that is the evidence, and who asked for it. Procedures without dates are shown with their runs, those that do not apply with their reason. Days are those of "timeZone" in the configuration; default: the month that we have.
The HTML page is one file without scripts, fit for print; texts are in the language of --lang.`;
  static override examples = [
    '<%= config.bin %> compliance',
    '<%= config.bin %> compliance --period 2026-Q4 --format html --out compliance.html --lang zh-CN',
    '<%= config.bin %> compliance --procedure IN-01 --from 2026-11-01 --to 2026-11-30',
    '<%= config.bin %> compliance --period 2026 --format csv --out compliance.csv',
  ];
  static override exitCodes = [ExitCode.success, ExitCode.failed, ExitCode.usage];
  static override flags = {
    procedure: Flags.string({ multiple: true, description: 'only this procedure, with every period', helpValue: 'ID' }),
    period: Flags.string({
      description: 'a year, half-year, quarter, month or week: 2026, 2026-H2, 2026-Q4, 2026-10, 2026-W41',
      helpValue: 'PERIOD',
    }),
    from: Flags.string({ description: 'first day; default: the first of the year of --to', helpValue: 'YYYY-MM-DD' }),
    to: Flags.string({ description: 'last day; default: today', helpValue: 'YYYY-MM-DD' }),
    format: Flags.option({
      description: 'default: by the ending of --out, else table',
      options: formats,
    })(),
    out: Flags.string({ description: 'write into this file', helpValue: 'FILE' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const { compliance, writeReport } = await import('../src/app/compliance.ts');
    const { procedure = [], out, ...range } = this.flags;
    const report = await compliance(app, { ...range, procedures: procedure });
    const text = await this.#document(report, async () => (await app.record()).audit.head());
    if (out === undefined) return { json: report, text };
    // Spreadsheets take a file without the mark for one in the encoding of their machine.
    const file = writeReport(out, this.#format === 'csv' ? `\uFEFF${text}` : text);
    return { json: { out: file, from: report.from, to: report.to }, text: this.say(`the report is in ${file}`) };
  }

  get #format(): (typeof formats)[number] {
    const { format, out } = this.flags;
    const ending = /\.(\w+)$/.exec(out ?? '')?.[1]?.toLowerCase() ?? '';
    const known = { md: 'markdown', htm: 'html', html: 'html', json: 'json', csv: 'csv' } as const;
    return format ?? (Object.hasOwn(known, ending) ? known[ending as keyof typeof known] : 'table');
  }

  async #document(report: Compliance, head: () => Promise<{ seq: number; hash: string }>): Promise<string> {
    switch (this.#format) {
      case 'json':
        return `${JSON.stringify(report, null, 2)}\n`;
      case 'csv':
        return (await import('../src/report/compliance-csv.ts')).complianceCsv(report, this.lang);
      case 'markdown':
        return (await import('../src/report/compliance-markdown.ts')).complianceMarkdown(report, this.lang);
      case 'html':
        return (await import('../src/report/compliance-html.ts')).complianceHtml(report, this.lang, await head());
      case 'table': {
        const [{ toldPeriods, rowTable }, { complianceWords }] = await Promise.all([
          import('../src/report/compliance-tables.ts'),
          import('../src/report/compliance-words.ts'),
        ]);
        const { columns, rows } = rowTable(report, this.lang);
        const days = this.say(`from ${report.from} to ${report.to}, ${report.timeZone}`);
        const parts = [days, this.table(columns, rows)];
        const whole = (this.flags.procedure ?? []).length > 0 || this.globals.verbose;
        const entries = toldPeriods(report, this.lang, whole);
        const words = complianceWords(this.lang);
        const section = { title: whole ? words.allPeriods : words.exceptions, tone: 'bold' as const, entries };
        const color = this.globals.color && wantsColor(process.stdout, process.env);
        if (entries.length > 0) parts.push(agenda([section], { columns: process.stdout.columns ?? 80, color }));
        return parts.join('\n\n');
      }
    }
  }
}
