import { expect, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { checkText } from '../../src/runbook/load.ts';

const app = openApp({ json: false, quiet: false, verbose: false, debug: false, color: false });
const catalogue = await app.catalogue();

const good = `apiVersion: oaops/v1
kind: AccountReview
metadata: {name: accounts, version: 1.0.0, title: {en: Accounts, zh-CN: 账号}, owner: tests, procedures: [AC-04]}
spec:
  operation: cleanup
  only: [oa]
  sources:
    - {id: hr, type: csv, file: roster.csv}
  directories:
    - {id: oa, type: csv, file: oa.csv, judgedBy: [hr]}
  roles:
    matrix:
      - {department: 财务部, post: "*", rights: {oa: [finance]}}
  policies:
    exceptions:
      - {finding: dormant, account: ceo, directory: oa, until: 2026-12-31, by: li, reason: travels}
  protected:
    - {account: boss, directory: oa, reason: the board}
  opening: {directories: [oa]}
  cleanup: {rules: [{finding: leaver}]}
  finally:
    - {id: write, uses: exec, with: {argv: [logger, "\${{ steps.conclude.outputs.summary }}"]}}
`;

const found = (text: string) =>
  checkText(text, 'accounts.yaml', { catalogue }).findings.map(
    ({ line, col, severity, rule, message }) => `${line}:${col} ${severity} ${rule} ${message}`,
  );

test('a review that is right gives no finding', () => {
  expect(found(good)).toEqual([]);
});

const defects: [why: string, from: string, to: string, finding: string][] = [
  [
    'an id that is there twice',
    'file: roster.csv}\n',
    'file: roster.csv}\n    - {id: hr, type: csv, file: more.csv}\n',
    '9:12 error account-id the id "hr" is there twice',
  ],
  ['an unknown source', '[hr]', '[personnel]', '10:52 error account-id there is no source "personnel"'],
  ['a directory of the roles', 'rights: {oa:', 'rights: {ao:', '13:47 error account-id there is no directory "ao"'],
  [
    'a directory of an exception',
    'ceo, directory: oa',
    'ceo, directory: ao',
    '16:53 error account-id there is no directory "ao"',
  ],
  [
    'a protected directory',
    'boss, directory: oa',
    'boss, directory: ao',
    '18:34 error account-id there is no directory "ao"',
  ],
  [
    'a directory of openings',
    'opening: {directories: [oa]',
    'opening: {directories: [ao]',
    '19:27 error account-id there is no directory "ao"',
  ],
  ['a directory that alone is meant', 'only: [oa]', 'only: [ao]', '6:10 error account-id there is no directory "ao"'],
  [
    'an operation about nobody',
    'operation: cleanup',
    'operation: revoke',
    '5:14 error account-person "revoke" is about a person, and none is named',
  ],
  [
    'a statement that would never run',
    '{id: oa, type: csv, file: oa.csv, judgedBy: [hr]}',
    '{id: oa, type: sql, url: "sqlite:oa.db", accounts: "delete from t_user"}',
    '10:58 error account-statement a statement that begins with DELETE is not carried out',
  ],
  [
    'no rule for a cleanup',
    '  cleanup: {rules: [{finding: leaver}]}\n',
    '',
    '5:14 warning account-cleanup the runbook does not say what is done about which finding; leavers are disabled and held',
  ],
  [
    'a second rule for a finding',
    '[{finding: leaver}]',
    '[{finding: leaver}, {finding: leaver}]',
    '20:50 warning account-figure a rule before is about "leaver" too: what either asks for is done, and the longer "deleteAfter" holds',
  ],
  [
    'a way of matching twice',
    '  roles:\n',
    '  matching: {by: [login, mail, login]}\n  roles:\n',
    '11:32 error account-figure "by" names "login" twice',
  ],
  [
    'no status of leavers',
    'file: roster.csv}',
    'file: roster.csv, left: []}',
    '8:45 warning account-figure no status of the source "hr" would mean "left"',
  ],
  [
    'everybody protected',
    'account: boss, directory: oa,',
    'account: "*",',
    '18:17 warning account-figure "*" protects every account: nothing would ever be changed',
  ],
  [
    'protected as one text',
    '  protected:\n    - {account: boss, directory: oa, reason: the board}\n',
    '  protected: "*"\n',
    '17:14 error value-type "protected" must be a list, not text',
  ],
  [
    'no share of changes that is not refused',
    '  roles:\n',
    '  caps: {refuse: 0%}\n  roles:\n',
    '11:18 warning account-figure "refuse" of 0% refuses every change',
  ],
  [
    'an undo by a column that "look" does not have',
    '{id: oa, type: csv, file: oa.csv, judgedBy: [hr]}',
    `{id: oa, type: sql, url: "sqlite:oa.db", accounts: "select * from u", look: "select id, status from u where id = :key", statements: {disable: {do: "update u set status = 0 where id = :key", undo: "update u set status = :old_x where id = :key"}}}`,
    '10:203 error account-statement ":old_x" is no column of "look"',
  ],
  [
    'a key of another operation',
    '  roles:\n',
    '  person: "1"\n  roles:\n',
    '11:11 error account-operation "cleanup" does not read "person": it would change nothing',
  ],
  [
    'an address of no database',
    '{id: oa, type: csv, file: oa.csv, judgedBy: [hr]}',
    '{id: oa, type: sql, url: oa.db, accounts: "select * from u"}',
    '10:32 error account-address the address of the database is not a postgres://, mysql:// or sqlite: URL',
  ],
  [
    'a step with an id of its own steps',
    '{id: write,',
    '{id: conclude,',
    '22:12 error account-step-id the id "conclude" is one that an account review gives to its own steps',
  ],
];

test.each(defects)('%s is found where it is', (_why, from, to, finding) => {
  expect(good).toContain(from);
  expect(found(good.replace(from, to))).toContain(finding);
});

test('what planning alone can know is asked for by nobody at validation', () => {
  const { steps } = checkText(good, 'accounts.yaml', { catalogue }).runbook!;
  expect(steps.map(({ id }) => id)).toEqual(['audit', 'conclude', 'write']);
});
