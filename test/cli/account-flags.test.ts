import { expect, test } from 'vitest';
import { accountFormats } from '../../src/accounts/report/formats.ts';
import { accountReportFlags } from '../../src/cli/account-flags.ts';

test('the flags of reports name the formats of the accounts room', () => {
  expect(accountReportFlags.format.options).toEqual(accountFormats);
});
