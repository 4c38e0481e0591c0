import { expect, test } from 'vitest';
import { companyProblems, mergeCompany, withAbsolutePaths } from '../../../src/accounts/company/company.ts';
import { accountSpecSchema, type Company, companySchema } from '../../../src/accounts/schema/spec.ts';

const spec = (over: Record<string, unknown>) => accountSpecSchema.parse({ operation: 'audit', ...over });
const parsed = (company: Record<string, unknown>) => companySchema.partial().parse(company) as Partial<Company>;
const written = {
  sources: [{ id: 'hr', type: 'csv', file: 'hr.csv' }],
  directories: [{ id: 'oa', type: 'csv', file: 'oa.csv' }],
  caps: { count: 5 },
  protected: [{ account: 'boss', reason: 'the board' }],
};
const file = parsed(written);

test('the runbook stands over the file, key by key, and what neither says is as the schema has it', () => {
  const merged = mergeCompany(spec({ caps: { count: 7 } }), file);
  expect(merged.caps).toMatchObject({ count: 7, share: '10%' });
  expect(merged.protected).toEqual(file.protected);
  expect(merged.sources).toEqual(file.sources);
  expect(merged.matching).toEqual({ by: ['employee', 'mail', 'login'], ignoreCase: true });
  expect(mergeCompany(spec({}), {}).sources).toBeUndefined();
});

test('a file that says nothing of a key takes nothing away from what the schema protects', () => {
  const merged = mergeCompany(spec({}), parsed({ directories: written.directories }));
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
