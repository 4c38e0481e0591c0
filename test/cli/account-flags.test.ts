import { expect, test } from 'vitest';
import { findingTypes } from '../../src/accounts/model.ts';
import { accountFormats } from '../../src/accounts/report/formats.ts';
import { accountReportFlags, findingNames } from '../../src/cli/account-flags.ts';

test('the flags of reports name what the accounts room knows', () => {
  expect(findingNames).toEqual(findingTypes);
  expect(accountReportFlags.format.options).toEqual(accountFormats);
});
