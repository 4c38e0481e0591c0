import { describe, expect, test } from 'vitest';
import { findingTypes } from '../../../src/accounts/model.ts';
import { compareAudits, isWhole } from '../../../src/accounts/report/compare.ts';
import { assembleReport, groupsOf } from '../../../src/accounts/report/report.ts';
import { bySeverity } from '../../../src/accounts/report/severity.ts';
import { earlier, finding, findings, full, silent, summary } from './sample.ts';

const everything = { findings: [], directories: [] };
const before = { summary: summary({ run: 'r0', at: '2026-11-01T00:00:00.000Z' }), findings: earlier };

test('every type has its place', () => {
  expect([...bySeverity].sort()).toEqual([...findingTypes].sort());
});

test('the most severe findings come first, each type with its numbers by directory', () => {
  const report = assembleReport({ summary: full, status: 'ok', findings, filter: everything });
  expect(report.counts.map(({ finding: type, total, directories }) => [type, total, directories])).toEqual([
    ['leaver', 2, { oa: 1, ldap: 1 }],
    ['orphan', 1, { ldap: 1 }],
    ['rights-beyond-role', 1, { ldap: 1 }],
    ['dormant', 1, { ldap: 1 }],
  ]);
  expect(groupsOf(report).map(({ row, findings: own }) => [row.finding, own.map(({ login }) => login)])).toEqual([
    ['leaver', ['zhang', 'zhang']],
    ['orphan', ['ghost']],
    ['rights-beyond-role', ['wu']],
    ['dormant', ['old']],
  ]);
});

test('a part of it says so', () => {
  const filter = { findings: ['leaver' as const], directories: ['oa'] };
  const report = assembleReport({ summary: full, status: 'ok', findings, filter });
  expect(report.filter).toEqual(filter);
  expect(report.total).toBe(1);
  expect(report.exceptions.used).toEqual([]);
  // What was not read is told whatever is filtered.
  expect(report.unjudged).toEqual(full.unjudged);
});

describe('since the audit before', () => {
  test('what is new and what is gone', () => {
    const comparison = compareAudits({ summary: full, findings }, before);
    const report = assembleReport({ summary: full, status: 'ok', findings, comparison, filter: everything });
    expect(report.findings.filter((one) => one.new).map(({ login }) => login)).toEqual(['old']);
    expect(report.gone?.map(({ login }) => login)).toEqual(['gone']);
    expect(report).toMatchObject({ new: 1, comparedWith: { run: 'r0' } });
  });

  test('other words for the same thing are not new', () => {
    const changed = findings.map((one) => ({ ...one, evidence: 'otherwise', account: 'moved' }));
    expect(compareAudits({ summary: full, findings: changed }, before).gone).toHaveLength(1);
    expect(changed.filter(compareAudits({ summary: full, findings: changed }, before).isNew)).toHaveLength(1);
  });

  test('nothing is gone where not everything was read', () => {
    const now = { summary: silent, findings: [] };
    const comparison = compareAudits(now, before);
    expect(comparison.gone).toEqual([]);
    expect(comparison.blind).toEqual(['ldap', 'oa']);
    const oneHostMissing = summary({ partial: ['ldap'] });
    expect(
      compareAudits({ summary: oneHostMissing, findings: [] }, before).gone.map(({ directory }) => directory),
    ).toEqual(['oa']);
  });

  test('nothing is gone, or new, that was not looked for', () => {
    const leaversOnly = summary({ looked: ['leaver'] });
    expect(compareAudits({ summary: leaversOnly, findings: [] }, before).gone.map(({ type }) => type)).toEqual([
      'leaver',
      'leaver',
    ]);
    const { isNew } = compareAudits({ summary: full, findings }, { summary: leaversOnly, findings: [] });
    expect([isNew(finding('dormant', 'x')), isNew(finding('leaver', 'x'))]).toEqual([false, true]);
  });

  test('an audit that has not read everything is no measure', () => {
    expect([isWhole(summary()), isWhole(silent), isWhole(summary({ partial: ['ldap'] }))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

test('what was not read is no directory without accounts', () => {
  const report = assembleReport({ summary: silent, status: 'incomplete', findings: [], filter: everything });
  expect(report.directories).toContainEqual({
    id: 'oa',
    title: null,
    accounts: null,
    states: null,
    whole: false,
    error: 'ECONNREFUSED',
  });
  expect(report.sources).toEqual([{ id: 'hr', people: null, exportedOn: null, error: 'the source hr did not answer' }]);
  expect(report.directories.find(({ id }) => id === 'ldap')?.whole).toBe(false);
});
