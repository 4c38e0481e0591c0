import { expect, test } from 'vitest';
import { companyProblems } from '../../../src/accounts/company/company.ts';
import { operationProblems } from '../../../src/accounts/company/operation.ts';
import { accountSpecSchema, type Company, companySchema } from '../../../src/accounts/schema/spec.ts';

const ldap = { id: 'ldap', type: 'openldap', url: 'ldaps://ldap', base: 'ou=people,dc=example,dc=com' };
const source = (over: object) => ({ sources: [{ id: 'hr', type: 'csv', file: 'hr.csv', ...over }] });
const sql = (over: object) => ({
  sources: [{ id: 'hr', type: 'sql', url: 'sqlite:oa.db', query: 'select 1', ...over }],
});
const directory = (over: object) => ({ directories: [{ ...ldap, ...over }] });

const wrong: [company: object, path: string, message: string][] = [
  [source({ left: ['离职', '休假'], active: ['在职', '休假'] }), 'sources.0.left.1', 'in "active" and in "left"'],
  [source({ maxAge: '0d' }), 'sources.0.maxAge', 'kept by no file'],
  [sql({ url: 'oracle://db/oa' }), 'sources.0.url', 'is not a postgres://, mysql:// or sqlite: URL'],
  [sql({ url: '/srv/oa.db' }), 'sources.0.url', 'is not a postgres://, mysql:// or sqlite: URL'],
  [sql({ url: 'postgres://u:secret@db/oa' }), 'sources.0.url', 'holds a password'],
  [sql({ query: 'delete from staff' }), 'sources.0.query', 'begins with DELETE is not carried out'],
  [sql({ query: 'select 1 where id = :id' }), 'sources.0.query', ':id" is not known'],
  [directory({ url: 'http://ldap' }), 'directories.0.url', 'is not an ldap:// or ldaps:// URL'],
  [directory({ bindDn: 'cn=oaops' }), 'directories.0.bindDn', 'needs "bindDn" and "password"'],
  [directory({ password: 'env:PW' }), 'directories.0.password', 'needs "bindDn" and "password"'],
  [directory({ base: 'people' }), 'directories.0.base', '"people" is no name of an entry'],
  [directory({ holdBase: 'hold' }), 'directories.0.holdBase', '"hold" is no name of an entry'],
  [directory({ holdBase: 'OU=People, dc=example,dc=com' }), 'directories.0.holdBase', '"holdBase" is "base"'],
  [directory({ holdBase: 'dc=example,dc=com' }), 'directories.0.holdBase', '"base" lies below "holdBase"'],
  [directory({ filter: '(uid=*' }), 'directories.0.filter', 'too few or too many'],
  [directory({ filter: '(a=1)(b=2)' }), 'directories.0.filter', 'too few or too many'],
  [directory({ groupFilter: 'cn=x' }), 'directories.0.groupFilter', 'too few or too many'],
  [
    { directories: [{ id: 'crm', type: 'csv', file: 'a.csv', maxAge: '0s' }] },
    'directories.0.maxAge',
    'kept by no file',
  ],
  [
    { directories: [{ id: 'h', type: 'linux', targets: 'all', minUid: 5000, maxUid: 100 }] },
    'directories.0.maxUid',
    'no account is between them',
  ],
  [{ policies: { dormantAfter: '0d' } }, 'policies.dormantAfter', 'finds every account'],
  [{ policies: { neverUsedAfter: '0d' } }, 'policies.neverUsedAfter', 'finds every account'],
  [{ policies: { passwordMaxAge: '0d' } }, 'policies.passwordMaxAge', 'finds every account'],
  [{ caps: { refuse: '5%' } }, 'caps.refuse', 'a second person is never asked'],
  [{ caps: { refuse: '0%' } }, 'caps.refuse', 'refuses every change'],
  [source({ left: [] }), 'sources.0.left', 'no status of the source "hr" would mean "left"'],
  [source({ active: [] }), 'sources.0.active', 'no status of the source "hr" would mean "active"'],
  [{ matching: { by: ['employee', 'mail', 'employee'] } }, 'matching.by.2', '"by" names "employee" twice'],
  [{ protected: [{ account: '*', reason: 'all' }] }, 'protected.0.account', '"*" protects every account'],
];

test.each(wrong)('%j', (company, path, message) => {
  const problems = companyProblems(companySchema.partial().parse(company) as Partial<Company>);
  expect(problems.map((problem) => problem.path.join('.'))).toEqual([path]);
  expect(problems[0]?.message).toContain(message);
});

test('what can be meant is left alone', () => {
  const fine = [
    source({ left: ['离职'], active: ['在职'], maxAge: '1d' }),
    source({ maxAge: '3d' }),
    {
      protected: [
        { account: '*', directory: 'ldap', reason: 'all' },
        { account: 'svc-*', reason: 'programs' },
      ],
    },
    sql({ url: 'postgres://u@db:5432/oa?sslmode=verify-full', query: 'with a as (select 1 as id) select id from a' }),
    sql({ url: `\${{ inputs.url }}`, query: `\${{ inputs.query }}` }),
    directory({
      url: 'ldap://[::1]:389/',
      bindDn: 'oaops@example.com',
      password: 'env:PW',
      holdBase: 'ou=hold,ou=people,dc=example,dc=com',
    }),
    directory({ filter: '(&(objectClass=person)(!(cn=a\\28b\\29)))', base: 'cn=Wang\\, Li,o=x' }),
    directory({ base: `\${{ inputs.base }}`, holdBase: 'ou=hold,dc=example,dc=com' }),
    { policies: { leaverGrace: '0d', dormantAfter: '1d' }, caps: { share: '0%', count: 0, refuse: '100%' } },
  ];
  for (const company of fine)
    expect(
      companyProblems(companySchema.partial().parse(company) as Partial<Company>),
      JSON.stringify(company),
    ).toEqual([]);
});

const ofOperation: [spec: object, path: string, message: string][] = [
  [{ operation: 'cleanup', person: 'E1' }, 'person', '"cleanup" does not read "person"'],
  [{ operation: 'audit', cleanup: {} }, 'cleanup', '"audit" does not read "cleanup"'],
  [{ operation: 'revoke', person: 'E1', until: '2026-12-31' }, 'until', '"revoke" does not read "until"'],
  [{ operation: 'review', review: { answerWithin: '0d' } }, 'review.answerWithin', 'leaves nobody the time'],
  [{ operation: 'cleanup', cleanup: { rules: [] } }, 'cleanup.rules', 'without a rule nothing is done'],
  [{ operation: 'cleanup', cleanup: { planMaxAge: '0d' } }, 'cleanup.planMaxAge', 'before anybody has signed'],
  [
    { operation: 'cleanup', cleanup: { rules: [{ finding: 'leaver', deleteAfter: '0d' }] } },
    'cleanup.rules.0.deleteAfter',
    'less than a day',
  ],
  [
    { operation: 'cleanup', cleanup: { rules: [{ finding: 'leaver', do: ['hold'] }] } },
    'cleanup.rules.0.do',
    'held that is not disabled',
  ],
  [
    { operation: 'cleanup', findings: ['dormant'], cleanup: { rules: [{ finding: 'leaver' }] } },
    'cleanup.rules.0.finding',
    'leaves out "leaver"',
  ],
  [
    {
      operation: 'cleanup',
      cleanup: { rules: [{ finding: 'leaver' }, { finding: 'dormant' }, { finding: 'leaver' }] },
    },
    'cleanup.rules.2.finding',
    'a rule before is about "leaver" too',
  ],
  [
    {
      operation: 'cleanup',
      cleanup: {
        rules: [
          { finding: 'leaver', do: ['disable'], deleteAfter: '30d' },
          { finding: 'leaver', do: ['strip'], deleteAfter: '60d' },
        ],
      },
    },
    'cleanup.rules.1.finding',
    'the longer "deleteAfter" holds',
  ],
];

test.each(ofOperation)('%j', (spec, path, message) => {
  const problems = operationProblems(accountSpecSchema.parse(spec));
  expect(problems.map((problem) => problem.path.join('.'))).toEqual([path]);
  expect(problems[0]?.message).toContain(message);
});

test('rules of one finding go together, and keys of the operation are its own', () => {
  const cleanup = {
    rules: [
      { finding: 'leaver', do: ['disable'], deleteAfter: '1d' },
      { finding: 'leaver', do: ['hold'] },
    ],
  };
  expect(operationProblems(accountSpecSchema.parse({ operation: 'cleanup', findings: ['leaver'], cleanup }))).toEqual(
    [],
  );
  const open = { operation: 'open', person: 'E1', request: '', login: '', until: '' };
  expect(operationProblems(accountSpecSchema.parse(open))).toEqual([]);
});
