import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AccountsCompany, ldapDirectory, type RosterRow, startLdap } from '../helpers/accounts-company.ts';
import { everyFault, faultSeed } from '../helpers/fault-sample.ts';
import { needs } from '../helpers/needs.ts';
import { dump, groups, hold, operator } from '../helpers/oa-directory.ts';
import type { LdapServer } from '../helpers/slapd.ts';

const staff = 6;
const leavers = ['p0', 'p1', 'p2', 'p3'];
let server: LdapServer;
let company: AccountsCompany;
let before: ReturnType<typeof dump>;
let mounted: string | undefined;
beforeEach(needs('slapd', 'ldapsearch'));
beforeEach(async () => {
  server = await startLdap(staff, { config: `olcRootPW: config\nolcAccess: to * by dn.exact="${operator}" read\n` });
  company = new AccountsCompany({});
  company.company({
    sources: [{ id: 'hr', type: 'csv', file: 'roster.csv' }],
    directories: [ldapDirectory(server, company.path('ldap.pw'))],
    caps: { share: '90%', refuse: '95%' },
  });
  company.runbook('leavers', { cleanup: { sign: 'none', rules: [{ finding: 'leaver' }], parallel: 1 } });
  company.roster(
    Array.from({ length: staff }, (_, index): RosterRow => {
      const login = `p${index}`;
      return [`E${2000 + index}`, `员工${index}`, login, leavers.includes(login) ? '2026-10-31' : ''];
    }),
  );
  before = dump(server);
});
afterEach(async () => {
  if (mounted !== undefined) spawnSync('umount', ['-l', mounted], { stdio: 'ignore' });
  mounted = undefined;
  company[Symbol.dispose]();
  await server.stop();
});

/** How many changes of the leavers the directory shows: a lock, two groups left, a move each. */
function changesSeen(): number {
  const now = dump(server);
  const members = ['all', 'wiki'].flatMap((name) => now[`dn: cn=${name},${groups}`] ?? []);
  return leavers.reduce((sum, login) => {
    const entry = Object.entries(now).find(([dn]) => dn.startsWith(`dn: uid=${login},`))!;
    const locked = entry[1].some((line) => line.startsWith('pwdAccountLockedTime'));
    const left = 2 - members.filter((line) => line.startsWith(`member: uid=${login},`)).length;
    return sum + Number(locked) + left + Number(entry[0].includes(hold));
  }, 0);
}
const inAll = leavers.length * 4;

async function latest(): Promise<string> {
  const { stdout } = await company.oaops('runs', 'list', '--json');
  return (JSON.parse(stdout) as { id: string }[])[0]!.id;
}

describe('killed in the middle', () => {
  test('after some of its changes, however often: resumed it comes to the same end, and undo takes all of it back', async () => {
    let kills = 0;
    const step = everyFault ? 1 : 5;
    for (let after = everyFault ? 0 : faultSeed % step; after < inAll; after += step) {
      const killed = await company.killed(() => changesSeen() > after, 'account', 'cleanup', './leavers.yaml', '--yes');
      const run = await latest();
      if (killed) {
        kills++;
        const again = after + 2;
        // A second time while it is resumed.
        if (await company.killed(() => changesSeen() > again, 'runs', 'resume', run)) kills++;
        const resumed = await company.oaops('runs', 'resume', run);
        const over = resumed.stderr.includes('nothing to resume');
        expect(over ? 0 : resumed.exitCode, `${resumed.stdout}${resumed.stderr}`).toBe(0);
      }
      expect(changesSeen(), `seed ${faultSeed}, killed after ${after}`).toBe(inAll);
      const undone = await company.undo(run);
      expect([undone.exitCode, undone.end.changed], undone.stderr).toEqual([0, leavers.length]);
      expect(dump(server), `seed ${faultSeed}, killed after ${after}`).toEqual(before);
    }
    expect(kills).toBeGreaterThan(2);
  });

  test('an undo that is killed in the middle is done by the next one', async () => {
    const { end } = await company.cleanup();
    expect(changesSeen()).toBe(inAll);
    let kills = 0;
    for (const left of [13, 6])
      if (await company.killed(() => changesSeen() <= left, 'account', 'undo', end.run, '--yes')) kills++;
    expect(kills).toBeGreaterThan(0);
    // On a busy machine the last kill may come when all is done already.
    expect([0, 4]).toContain((await company.undo(end.run)).exitCode);
    expect(dump(server)).toEqual(before);
    expect(await company.undo(end.run)).toMatchObject({ exitCode: 4 });
  });
});

describe('a directory that fails in the middle', () => {
  test('it goes down: what was done is told, the rest is left, and with the directory back it is done', async () => {
    let stopped = false;
    const ended = company.cleanup();
    while (!stopped) {
      if (changesSeen() >= 5) {
        process.kill(server.pid, 'SIGSTOP');
        stopped = true;
      }
      await new Promise(setImmediate);
    }
    const { exitCode, end, stderr } = await ended;
    process.kill(server.pid, 'SIGCONT');
    expect(exitCode, stderr).toBe(3);
    expect(end.message).toMatch(/127\.0\.0\.1/);
    expect(changesSeen()).toBeLessThan(inAll);
    const resumed = await company.oaops('runs', 'resume', end.run);
    expect(resumed.exitCode, `${resumed.stdout}${resumed.stderr}`).toBe(0);
    expect(changesSeen()).toBe(inAll);
    expect((await company.undo(end.run)).exitCode).toBe(0);
    expect(dump(server)).toEqual(before);
  });

  test('a limit of the server that came after the plan: nothing that was not looked at is changed', async () => {
    const planned = await company.oaops('runbook', 'plan', './leavers.yaml', '--out', 'leavers.plan.json');
    expect(planned.exitCode).toBe(0);
    execFileSync('ldapmodify', ['-x', '-H', server.url, '-D', 'cn=config', '-w', 'config'], {
      input: 'dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcSizeLimit\nolcSizeLimit: 1\n',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { exitCode, stderr } = await company.run('account', 'cleanup', '--plan', 'leavers.plan.json');
    expect(exitCode, stderr).toBe(4);
    expect(stderr).toMatch(/stale/);
    expect(changesSeen()).toBe(0);
  });

  test('no right to write: nothing is changed, each is told with the words of the server', async () => {
    execFileSync('ldapmodify', ['-x', '-H', server.url, '-D', 'cn=config', '-w', 'config'], {
      input: `dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\nolcAccess: to * by dn.exact="${operator}" read by anonymous auth by self read\n`,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { exitCode, end, stderr } = await company.cleanup();
    expect(exitCode, stderr).toBe(3);
    expect(end.message).toMatch(/access|refused|right/i);
    expect(dump(server)).toEqual(before);
  });
});

describe('a record that cannot be written', () => {
  const mountState = (skip: (why: string) => void) => {
    const state = company.path('state');
    mkdirSync(state, { mode: 0o700 });
    const made = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=700', 'tmpfs', state]);
    if (made.status !== 0) skip('a file system could not be mounted');
    mounted = state;
    return (script: string) => expect(spawnSync('sh', ['-c', script], { cwd: state }).status).toBe(0);
  };

  test('a disk that is full in the middle: nothing new begins, and with room it is done', async ({ skip }) => {
    const sh = mountState(skip);
    let filled = false;
    const ended = company.cleanup();
    while (!filled) {
      if (changesSeen() >= 5) {
        sh('cat /dev/zero >ballast 2>/dev/null; test -s ballast');
        filled = true;
      }
      await new Promise(setImmediate);
    }
    const { exitCode, stdout, stderr } = await ended;
    expect(exitCode, stdout).toBe(1);
    expect(stderr).toMatch(/no space is left/);
    expect(stderr).not.toMatch(/\n\s+at /);
    const done = changesSeen();
    expect(done).toBeLessThan(inAll);
    expect((await company.cleanup()).exitCode).toBe(1);
    expect(changesSeen()).toBe(done);
    sh('rm ballast');
    const run = await latest();
    const resumed = await company.oaops('runs', 'resume', run);
    expect(resumed.exitCode, `${resumed.stdout}${resumed.stderr}`).toBe(0);
    expect(changesSeen()).toBe(inAll);
    const undone = await company.undo(run);
    expect(undone.exitCode, undone.stderr).toBe(0);
    expect(dump(server)).toEqual(before);
  });

  test('a read-only one: nothing is changed', async ({ skip }) => {
    const sh = mountState(skip);
    expect((await company.oaops('runs', 'list')).exitCode).toBe(0);
    sh('cd / && mount -o remount,ro "$OLDPWD"');
    const { exitCode, stderr } = await company.cleanup();
    expect(exitCode).toBe(1);
    expect(JSON.parse(stderr).error).toMatchObject({
      message: expect.stringMatching(/read-only|written/i),
      next: expect.any(String),
    });
    expect(dump(server)).toEqual(before);
  });
});
