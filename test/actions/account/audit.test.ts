import { expect, test } from 'vitest';
import { auditsOf, findingsOf } from '../../../src/accounts/record/audits.ts';
import { accountAudit } from '../../../src/actions/account/audit.ts';
import { accountContext, companyOf, files } from '../../helpers/account-context.ts';

const args = { company: companyOf(), strict: false, spared: [] };

test('what is found is in the record, and no failure', async () => {
  const { context, facts } = accountContext();
  const end = await accountAudit.apply(args, context);
  expect(end).toMatchObject({ status: 'ok', result: { counts: { leaver: 1 }, unjudged: [] } });
  expect(await findingsOf(facts, 'r1')).toMatchObject([{ type: 'leaver', login: 'zhang', person: 'E2' }]);
});

test('only what was asked for is found', async () => {
  const { context, facts } = accountContext();
  expect(await accountAudit.apply({ ...args, findings: ['orphan'] }, context)).toMatchObject({ result: { found: 0 } });
  expect(await findingsOf(facts, 'r1')).toEqual([]);
});

test('a source that is not read leaves its directories unjudged, and nobody is a leaver or an orphan', async () => {
  const { '/roster.csv': _gone, ...rest } = files();
  const { context, facts } = accountContext({ files: rest });
  const end = await accountAudit.apply(args, context);
  expect(end).toMatchObject({
    status: 'incomplete',
    message: expect.stringMatching(/^hr was not read: .*; and 1 more$/),
  });
  expect(await findingsOf(facts, 'r1')).toEqual([]);
});

test('where something is to be changed by it, a source that is not read ends the run', async () => {
  const { '/roster.csv': _gone, ...rest } = files();
  const { context, facts } = accountContext({ files: rest });
  const end = await accountAudit.apply({ ...args, strict: true }, context);
  expect(end).toMatchObject({ status: 'failed', exitCode: 4, retryable: false, code: 'file-unreadable' });
  expect(await auditsOf(facts, 'review')).toHaveLength(1);
});

test('a roster that shrank is not taken as the one that was believed', async () => {
  const { context, facts } = accountContext({ files: { ...files(), '/roster.csv': bigRoster(20) } });
  expect((await accountAudit.apply(args, context)).status).toBe('ok');
  const half = accountContext({ facts, files: { ...files(), '/roster.csv': bigRoster(10) } });
  expect(await accountAudit.apply({ ...args, strict: true }, half.context)).toMatchObject({ status: 'failed' });
  // Refused once is not accepted by the next try.
  expect(await accountAudit.apply({ ...args, strict: true }, half.context)).toMatchObject({ status: 'failed' });
});

test('what is left alone is told', async () => {
  const { context } = accountContext();
  const spared = ['zhang (mem): left as it is: protected: vip', 'li (mem): left as it is: a program uses it'];
  expect(await accountAudit.apply({ ...args, spared }, context)).toMatchObject({
    status: 'incomplete',
    message: 'zhang (mem): left as it is: protected: vip; and 1 more',
  });
});

function bigRoster(people: number): string {
  const rows = Array.from({ length: people }, (_, index) => `X${index},N${index},x${index},IT,active,`);
  return ['id,name,login,department,status,endsOn', 'E1,Li,li,IT,active,', ...rows, ''].join('\n');
}
