import { Args, Flags } from '@oclif/core';

const formats = ['text', 'json', 'junit', 'tap', 'nagios', 'prometheus', 'markdown', 'html'] as const;
export type ReportFormat = (typeof formats)[number];

/** How a report of an inspection is given out. */
export const reportFlags = {
  format: Flags.option({
    description: 'how the report is told; nagios ends with 0, 1, 2 or 3 as monitoring plugins do',
    options: formats,
    default: 'text' as const,
  })(),
  out: Flags.string({
    description:
      'write the report into this file, whole or not at all; its ending tells the format (.html, .md, .xml, .tap, .prom, .json)',
    helpValue: 'FILE',
  }),
};

/** An inspection by its newest run, or one run of it. */
export const inspectionArg = Args.string({
  name: 'INSPECTION',
  description: 'name of an inspection, id of a run, or latest',
  default: 'latest',
});
