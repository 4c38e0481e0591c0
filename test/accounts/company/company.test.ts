import { expect, test } from 'vitest';
import { companyProblems, mergeCompany, withAbsolutePaths } from '../../../src/accounts/company/company.ts';
import { accountSpecSchema, type Company, companySchema } from '../../../src/accounts/schema/spec.ts';

const spec = (over: Record<string, unknown>) => accountSpecSchema.parse({ operation: 'audit', ...over });
const merge = (over: Record<string, unknown>, company: Partial<Company>) => mergeCompany(spec(over), company, over);
const parsed = (company: Record<string, unknown>) => companySchema.partial().parse(company) as Partial<Company>;
const written = {
  sources: [{ id: 'hr', type: 'csv', file: 'hr.csv' }],
  directories: [{ id: 'oa', type: 'csv', file: 'oa.csv' }],
  caps: { count: 5 },
  protected: [{ account: 'boss', reason: 'the board' }],
};
const file = parsed(written);

test('the runbook stands over the file, key by key, and what neither says is as the schema has it', () => {
  const merged = merge({ caps: { count: 7 } }, file);
  expect(merged.caps).toMatchObject({ count: 7, share: '10%' });
  expect(merged.protected).toEqual(file.protected);
  expect(merged.sources).toEqual(file.sources);
  expect(merged.matching).toEqual({ by: ['employee', 'mail', 'login'], ignoreCase: true });
  expect(merge({}, {}).sources).toBeUndefined();
});

test('a runbook that writes one figure keeps the others of the file, and never takes away who is protected or excepted', () => {
  const exception = { finding: 'dormant', until: '2027-03-31', by: 'li', reason: 'leave' };
  const strict = parsed({
    ...written,
    caps: { share: '5%', count: 5, refuse: '20%' },
    policies: { dormantAfter: '60d', leaverGrace: '1d', exceptions: [{ ...exception, account: 'sun' }] },
    opening: { approval: 'any', passwordLength: 20 },
    matching: { by: ['employee'] },
    notice: { channel: 'mail', to: ['person'] },
  });
  const merged = merge(
    {
      caps: { share: '10%' },
      protected: [{ account: 'svc-*', reason: 'programs' }],
      policies: { dormantAfter: '90d', exceptions: [{ ...exception, account: 'ceo' }] },
      opening: { approval: 'head' },
      matching: { ignoreCase: false },
      notice: { to: ['head'] },
    },
    strict,
  );
  expect(merged.caps).toEqual({ share: '10%', count: 5, refuse: '20%' });
  expect(merged.protected?.map(({ account }) => account)).toEqual(['boss', 'svc-*']);
  expect(merged.policies).toMatchObject({ dormantAfter: 90 * 86_400_000, leaverGrace: 86_400_000 });
  expect(merged.policies?.exceptions.map(({ account }) => account)).toEqual(['sun', 'ceo']);
  expect(merged.opening).toMatchObject({ approval: 'head', passwordLength: 20 });
  expect(merged.matching).toEqual({ by: ['employee'], ignoreCase: false });
  expect(merged.notice).toEqual({ channel: 'mail', to: ['head'] });
  expect(merge({ policies: { leaverGrace: '2d' } }, strict).policies?.exceptions).toHaveLength(1);
  const elsewhere = parsed({ ...written, protected: [{ account: 'boss', directory: 'oa', reason: 'the board' }] });
  const directories = [{ id: 'crm', type: 'csv', file: 'crm.csv' }];
  expect(merge({ directories }, elsewhere).protected).toEqual([]);
});

test('a file that says nothing of a key takes nothing away from what the schema protects', () => {
  const merged = merge({}, parsed({ directories: written.directories }));
  expect(merged.caps).toEqual(companySchema.shape.caps.parse(undefined));
  expect(merged.protected).toEqual([]);
});

test('paths are relative to the file in which they stand', () => {
  const found = withAbsolutePaths(parsed({ ...written, roles: { file: '../roles.csv' } }), '/etc/oaops');
  expect(found.sources).toMatchObject([{ file: '/etc/oaops/hr.csv' }]);
  expect(found.directories).toMatchObject([{ file: '/etc/oaops/oa.csv' }]);
  expect(found.roles?.file).toBe('/etc/roles.csv');
  const kept = withAbsolutePaths(
    parsed({
      sources: [
        { id: 'a', type: 'csv', file: '/srv/hr.csv' },
        { id: 'b', type: 'csv', file: `\${{ inputs.roster }}` },
      ],
    }),
    '/etc/oaops',
  );
  expect(kept.sources).toMatchObject([{ file: '/srv/hr.csv' }, { file: `\${{ inputs.roster }}` }]);
});

test('names that are there twice or name nothing are found where they stand', () => {
  const company = parsed({
    ...written,
    sources: [
      { id: 'hr', type: 'csv', file: 'a.csv' },
      { id: 'hr', type: 'csv', file: 'b.csv' },
    ],
    directories: [{ id: 'oa', type: 'csv', file: 'oa.csv', judgedBy: ['hr', 'personnel'] }],
    opening: { directories: ['mail'] },
  });
  expect(companyProblems(company).map(({ path, message }) => [path.join('.'), message])).toEqual([
    ['sources.1.id', 'the id "hr" is there twice'],
    ['directories.0.judgedBy.1', 'there is no source "personnel"'],
    ['opening.directories.0', 'there is no directory "mail"'],
  ]);
  // Sources may stand in another file.
  expect(companyProblems({ directories: company.directories })).toEqual([]);
});
