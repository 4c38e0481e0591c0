import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InspectionReport } from '../../src/inspect/assemble.ts';
import { type InspectedHost, Inspector, startHost } from '../helpers/inspected-hosts.ts';
import { packagesMissing } from '../helpers/needs.ts';
import { addTestUser, removeTestUsers, worldsAvailable } from '../helpers/sshd.ts';

/** As hosts are inspected mostly: by an account of its own that may become root by sudo, and on one host may not. */
const possible = worldsAvailable && packagesMissing('sshd', 'sudo').length === 0;
const user = 'oaops-inspector';
const rule = `${user} ALL=(root) NOPASSWD: ALL`;

let me: Inspector;
let hosts: InspectedHost[] = [];

beforeAll(async () => {
  if (!possible) return;
  addTestUser(user, '/bin/sh');
  const sudoers = (lines: string) => [
    'mount -t tmpfs -o mode=750 tmpfs /etc/sudoers.d',
    ...(lines === '' ? [] : [`echo '${lines}' >/etc/sudoers.d/inspector`, 'chmod 440 /etc/sudoers.d/inspector']),
  ];
  hosts = await Promise.all([
    startHost('trusting', { services: ['oa'], world: sudoers(rule) }),
    startHost('strict', { services: ['oa'], world: sudoers('') }),
  ]);
  me = new Inspector().group('servers', hosts, [], user);
  me.configure();
  me.file(
    'runbooks/accounts.yaml',
    `apiVersion: oaops/v1
kind: Inspection
metadata: {name: accounts, version: 1.0.0, title: Accounts, owner: operations, procedures: [IN-02]}
spec:
  sections:
    - id: open
      targets: all
      checks:
        - {id: load, check: load}
        - {id: oa, check: service, with: {name: oa}}
        - {id: who, check: command, with: {argv: [id, -un], matches: ["^${user}$"]}}
    - id: accounts
      targets: all
      become: true
      checks:
        - {id: root, check: command, with: {argv: [id, -u], matches: ["^0$"]}}
        - {id: users, check: users}
        - {id: failed-logins, check: failed-logins}
        - {id: sudoers, check: sudoers}
`,
  );
});

afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  removeTestUsers();
  me?.end();
});

describe.skipIf(!possible)('an inspection by an account that is not root', { timeout: 120_000 }, () => {
  it('becomes root where it may, and elsewhere says why it cannot, waiting for no password', async () => {
    const { exitCode, stdout, stderr } = await me.oaops('inspect', 'run', 'accounts', '--json');
    expect(exitCode, stderr).toBe(1);
    const report = JSON.parse(stdout) as InspectionReport;
    const of = (host: string) =>
      report.sections.flatMap(({ id, results }) =>
        results.filter((one) => one.host === host).map((one) => `${id} ${one.check} ${one.state}`),
      );
    expect(of('trusting').sort()).toEqual([
      'accounts failed-logins pass',
      'accounts root pass',
      'accounts sudoers fail',
      expect.stringMatching(/^accounts users (pass|fail)$/),
      'open load pass',
      'open oa pass',
      'open who pass',
    ]);
    expect(of('strict').sort()).toEqual([
      'accounts @host fail',
      'accounts failed-logins skipped',
      'accounts root skipped',
      'accounts sudoers skipped',
      'accounts users skipped',
      'open load pass',
      'open oa pass',
      'open who pass',
    ]);
    const results = report.sections.flatMap((section) => section.results);
    expect(results.find(({ check }) => check === '@host')!.message).toMatch(/sudo|password/);
    expect(results.find(({ host, check }) => host === 'trusting' && check === 'sudoers')!.message).toContain(user);
  });
});
