import { Flags } from '@oclif/core';
import { findingTypes } from '../accounts/model.ts';

/** How a report about accounts is given out. */
export const accountReportFlags = {
  format: Flags.option({
    description: 'how the report is told',
    options: ['text', 'json', 'csv', 'markdown', 'html'] as const,
    default: 'text' as const,
  })(),
  out: Flags.string({
    description:
      'write the report into this file, whole or not at all; its ending tells the format (.html, .md, .csv, .json)',
    helpValue: 'FILE',
  }),
  finding: Flags.option({
    description: 'only these findings',
    options: findingTypes,
    multiple: true,
    default: [],
    helpValue: 'FINDING',
  })(),
  directory: Flags.string({ multiple: true, default: [], description: 'only these directories', helpValue: 'ID' }),
};
