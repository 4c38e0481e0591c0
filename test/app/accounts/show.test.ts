import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Audit } from '../../../src/accounts/audit/audit.ts';
import { RoleMatrix } from '../../../src/accounts/company/roles.ts';
import { lookFor } from '../../../src/accounts/report/look.ts';
import { companySchema } from '../../../src/accounts/schema/spec.ts';
import { accountDoors } from '../../../src/app/accounts/doors.ts';
import { lookText } from '../../../src/app/accounts/show-text.ts';
import { openApp } from '../../../src/app.ts';

const company = companySchema.parse({
  sources: [{ id: 'hr', type: 'csv', file: 'hr.csv' }],
  directories: [{ id: 'oa', type: 'csv', file: 'oa.csv' }],
});
const account = {
  directory: 'oa',
  key: '7',
  login: 'sunli',
  name: 'sunli',
  employee: 'Y0003',
  mail: 'sunli@example.com',
  state: 'enabled',
  held: false,
  rights: [],
  privileged: [],
  lastUse: { unknown: 'nothing is kept' },
  // 2026-10-01 00:00 in Shanghai.
  passwordChangedAt: Date.parse('2026-09-30T16:00:00Z'),
};
const audit = {
  read: { sources: [], directories: [] },
  judged: { accounts: [{ account, use: 'person', match: { kind: 'unknown', reason: 'hr' } }], findings: [] },
  roles: new RoleMatrix([]),
} as unknown as Audit;

test('an account is found by the number and the mail that it carries, also where nobody knows its person', () => {
  for (const what of ['Y0003', 'sunli@example.com', 'sunli', '7'])
    expect(lookFor(audit, company, what, undefined).accounts).toHaveLength(1);
  expect(lookFor(audit, company, 'Y0004', undefined).accounts).toEqual([]);
});

test('days are those on the clocks of the company', () => {
  const { accounts } = lookFor(audit, company, 'sunli', undefined);
  const known = {
    directory: 'oa',
    key: '7',
    login: 'sunli',
    name: 'sunli',
    now: accounts[0],
    findings: [],
    history: [],
  };
  const look = {
    what: 'sunli',
    fresh: true,
    at: '2026-11-30T12:00:00.000Z',
    people: [],
    unjudged: [],
    accounts: [known],
  };
  const screen = { lang: 'en', say: (english: string) => english, columns: 80, nowMs: 0 };
  const told = (timeZone: string) =>
    lookText(look as unknown as Parameters<typeof lookText>[0], { ...screen, timeZone });
  expect(told('Asia/Shanghai')).toMatch(/password of +2026-10-01\n/);
  expect(told('UTC')).toMatch(/password of +2026-09-30\n/);
});

test('a file that is not there is incomplete (exit 3), as a server that does not answer', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-doors-'));
  await using app = openApp({ json: false, quiet: false, verbose: false, debug: false } as never, {
    env: { HOME: dir, OAOPS_STATE_DIR: dir },
  });
  const doors = await accountDoors(app, { host: () => Promise.reject(new Error('none')), hostNames: () => [] });
  await expect(doors.readFile(join(dir, 'roster.csv'), 100)).rejects.toMatchObject({
    code: 'file-unreadable',
    exitCode: 3,
  });
  rmSync(dir, { recursive: true, force: true });
});
