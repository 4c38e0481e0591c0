import type { Finding } from '../../../src/accounts/model.ts';
import type { AuditSummary } from '../../../src/accounts/record/audits.ts';

/** Names as somebody chooses who wants to be taken for markup, a formula or the end of a line. */
export const hostile = {
  markup: '</td><script>alert(1)</script>',
  formula: '=HYPERLINK("http://evil/","x")',
  wideFormula: '＝cmd|x',
  escape: 'zhang\u001b[2J\u001b[31m',
  bidi: 'abc\u202egnp.exe',
  lines: 'one\r\n=two,three',
  link: '[click](javascript:alert(1)) | ![x](http://evil/x.png)',
};

export function finding(type: Finding['type'], login: string, over: Partial<Finding> = {}): Finding {
  return {
    type,
    directory: 'ldap',
    key: `key-${login}`,
    account: `uid=${login},dc=oa`,
    login,
    evidence: 'no second factor is bound',
    ...over,
  };
}

export function summary(over: Partial<AuditSummary> = {}): AuditSummary {
  return {
    run: '20261130T010203Z-00000001',
    runbook: 'account-audit',
    at: '2026-11-30T01:02:03.000Z',
    accounts: { ldap: 120, oa: 80 },
    states: {
      ldap: { enabled: 100, disabled: 18, unknown: 2, held: 5 },
      oa: { enabled: 80, disabled: 0, unknown: 0, held: 0 },
    },
    people: { hr: 100 },
    exports: { hr: '2026-11-29' },
    unread: [],
    partial: [],
    counts: {},
    unjudged: [],
    remarks: [],
    exceptions: { used: [], expired: [] },
    ...over,
  };
}

/** A directory that was not read, a source as well: a report of half of the truth. */
export const silent = summary({
  accounts: { ldap: 120 },
  states: { ldap: { enabled: 100, disabled: 18, unknown: 2, held: 5 } },
  people: {},
  exports: {},
  unread: [
    { id: 'hr', what: 'source', error: 'the source hr did not answer' },
    { id: 'oa', what: 'directory', error: 'ECONNREFUSED' },
  ],
  partial: ['ldap', 'oa'],
  unjudged: ['hr was not read: the source hr did not answer', 'oa was not read: ECONNREFUSED'],
});

/** Everything that a report can hold. */
export const full = summary({
  titles: { oa: 'OA 系统 <old>' },
  unjudged: ['ldap: orphans are not looked for: no source holds everybody'],
  remarks: ['hr: 1002 stands in it twice (roster.csv:3, roster.csv:9)'],
  exceptions: {
    used: [
      { finding: 'dormant', account: 'backup*', until: '2026-12-31', by: 'li', reason: 'for restores', findings: 2 },
    ],
    expired: [
      { finding: 'shared', account: 'desk', until: '2026-10-31', by: 'wang', reason: 'reception', findings: 0 },
    ],
  },
});

export const findings: Finding[] = [
  finding('dormant', 'old', { evidence: 'last used on 2026-05-10 (authTimestamp)', figure: '90d' }),
  finding('leaver', 'zhang', {
    directory: 'oa',
    account: '17',
    person: '1002',
    department: '财务部',
    evidence: 'left on 2026-10-31 (roster.csv:3)',
    figure: 'grace 0d',
  }),
  finding('leaver', 'zhang', { person: '1002', department: '财务部', evidence: 'left on 2026-10-31 (roster.csv:3)' }),
  finding('rights-beyond-role', 'wu', { evidence: '1 beyond the role 技术部 / *', rights: ['cn=admins,dc=oa'] }),
  finding('orphan', 'ghost', { unconfirmed: true }),
];

export const earlier = [
  ...findings.slice(1),
  finding('never-used', 'gone', { evidence: 'made on 2026-01-01, never used (authTimestamp)' }),
];
