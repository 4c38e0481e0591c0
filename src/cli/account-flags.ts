import { Flags } from '@oclif/core';

/** As src/accounts/model.ts has them; test/cli/account-flags.test.ts compares. */
export const findingNames = [
  'leaver',
  'dormant',
  'never-used',
  'orphan',
  'duplicate',
  'shared',
  'default-account',
  'privileged-without-owner',
  'password-too-old',
  'password-never-expires',
  'no-second-factor',
  'rights-beyond-role',
  'rights-missing',
  'expired-temporary',
  'unknown',
] as const;

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
    options: findingNames,
    multiple: true,
    default: [],
    helpValue: 'FINDING',
  })(),
  directory: Flags.string({ multiple: true, default: [], description: 'only these directories', helpValue: 'ID' }),
};
