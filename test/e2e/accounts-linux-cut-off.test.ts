import { copyFileSync, mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AccountsCompany } from '../helpers/accounts-company.ts';
import { type AccountsHost, startAccountsHost } from '../helpers/accounts-host.ts';
import { everyFault, faultSeed } from '../helpers/fault-sample.ts';
import { sshdAvailable, worldsAvailable } from '../helpers/sshd.ts';

/** A leaver with all that an account of a host can have, and a run that does not come through at once. */
let host: AccountsHost;
let company: AccountsCompany;

beforeEach(({ skip }) =>
  skip(process.getuid?.() !== 0 || !sshdAvailable || !worldsAvailable, 'accounts of a host need root and sshd'),
);
beforeEach(async () => {
  host = await startAccountsHost();
  await host.addUser('p0', 58_100);
  await host.addUser('p1', 58_101);
  await host.sh(`
for group in wheel1 wheel2 wheel3; do
  groupadd "$group"
  for user in p1 p0 root; do gpasswd -a "$user" "$group"; done
done
gpasswd -A p1,p0 wheel2
printf '# of p0\\np0 ALL=(ALL) NOPASSWD: /bin/true, \\\\\\n  /bin/false\\n\\np0 ALL=(p1) /bin/ls\\n' >/etc/sudoers.d/p0
printf 'p1 ALL=(ALL) /bin/true\\np0 ALL=(ALL) /bin/true' >/etc/sudoers.d/shared
chmod 440 /etc/sudoers.d/p0 /etc/sudoers.d/shared
printf '# m h\\n5 4 * * * /bin/true %%x\\n' >/var/spool/cron/crontabs/p0
chown p0:crontab /var/spool/cron/crontabs/p0
chmod 600 /var/spool/cron/crontabs/p0
mkdir -p /var/lib/systemd/linger
: >/var/lib/systemd/linger/p0
chmod 644 /var/lib/systemd/linger/p0
chage -M 90 -W 14 -E 2030-01-01 p0
`);
  company = new AccountsCompany({});
  mkdirSync(company.path('.ssh'), { mode: 0o700 });
  copyFileSync(host.login.knownHosts, company.path('.ssh/known_hosts'));
  const { port, keyFile } = host.login;
  company.write(
    'hosts.ini',
    `h1 ansible_host=127.0.0.1 ansible_port=${port} ansible_user=root ansible_ssh_private_key_file=${keyFile}\n`,
  );
  company.configure({ inventory: company.path('hosts.ini') });
  company.company({
    sources: [{ id: 'hr', type: 'csv', file: 'roster.csv' }],
    directories: [{ id: 'hosts', type: 'linux', targets: ['h1'], minUid: 58_000, employee: 'none' }],
    caps: { share: '90%', refuse: '95%' },
  });
  company.runbook('leavers', {
    cleanup: { sign: 'none', rules: [{ finding: 'leaver', do: ['disable', 'strip', 'sessions'] }] },
  });
  company.roster([
    ['E2000', '员工0', 'p0', '2026-10-31'],
    ['E2001', '员工1', 'p1'],
  ]);
}, 60_000);
afterEach(async () => {
  company?.[Symbol.dispose]();
  await host?.stop();
});

const text = (path: string) => host.bytes(path) ?? '';
const isDisabled = () => /^p0:!/m.test(text('/etc/shadow'));
const isStripped = () => text('/etc/sudoers.d/p0').includes('#oaops-held');
const isOut = () => !/^wheel3:.*p0/m.test(text('/etc/group'));
const isWithoutCron = () => host.bytes('/var/spool/cron/crontabs/p0') === null;
const isWithoutKeys = () => host.bytes('/home/p0/.ssh/authorized_keys') === null;
const all = [isDisabled, isStripped, isOut, isWithoutCron, isWithoutKeys];
const held = () => host.sh('find /var/lib/oaops-accounts -type f 2>/dev/null; :');

async function latest(): Promise<string> {
  const { stdout } = await company.oaops('runs', 'list', '--json');
  return (JSON.parse(stdout) as { id: string }[])[0]!.id;
}

const moments: [string, () => boolean][] = [
  ['disabled', isDisabled],
  ['out of sudo', isStripped],
  ['out of its groups', isOut],
  ['without cron', isWithoutCron],
  ['without keys', isWithoutKeys],
];

test.each(moments.filter((_, index) => everyFault || index % 3 === faultSeed % 3))(
  'killed when the account was %s: resumed it comes to the end, and undo brings back each byte',
  async (_, when) => {
    const before = await host.everything('p0');
    const killed = await company.killed(when, 'account', 'cleanup', './leavers.yaml', '--yes');
    const run = await latest();
    const resumed = await company.oaops('runs', 'resume', run);
    // On a busy machine the kill may come when all is done already.
    const over = !killed || resumed.stderr.includes('nothing to resume');
    expect(over ? 0 : resumed.exitCode, `${resumed.stdout}${resumed.stderr}`).toBe(0);
    expect(resumed.stdout).not.toContain('before it started');
    expect(all.map((is) => is())).toEqual(all.map(() => true));
    expect(host.letsIn('p0')).toBe(false);
    const undone = await company.undo(run);
    expect([undone.exitCode, undone.end.lines], undone.stderr).toEqual([0, ['h1:p0 (hosts): restored']]);
    expect(await host.everything('p0')).toEqual(before);
    expect(host.letsIn('p0')).toBe(true);
    expect(await held()).toBe('');
  },
  120_000,
);

describe('a host on which groups cannot be changed', () => {
  // What is mounted cannot be replaced.
  beforeEach(() => host.sh('rm -f /etc/sudoers.d/*; mount --bind /etc/group /etc/group'));
  const half = async () => {
    const before = await host.everything('p0');
    const { exitCode, end } = await company.cleanup();
    expect([exitCode, end.changed, end.left]).toEqual([3, 1, 1]);
    expect([isDisabled(), isOut(), isWithoutKeys()]).toEqual([true, false, false]);
    const shown = await company.oaops('account', 'show', 'p0');
    expect(shown.stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /UTC strip \(\S+\); not done: h1:p0: it stays in the group wheel1: .*failure while writing changes to \/etc\/group/,
    );
    await host.sh('umount /etc/group');
    return { before, run: end.run };
  };

  test('what a run did in half is done by resuming it, and taken back to the last byte', async () => {
    const { before, run } = await half();
    const resumed = await company.oaops('runs', 'resume', run);
    expect(resumed.exitCode, `${resumed.stdout}${resumed.stderr}`).toBe(0);
    expect([isDisabled(), isOut(), isWithoutKeys()]).toEqual([true, true, true]);
    expect((await company.undo(run)).exitCode).toBe(0);
    expect(await host.everything('p0')).toEqual(before);
    expect(await held()).toBe('');
  }, 120_000);

  test('what somebody did by hand then stays when the rest is taken back', async () => {
    const { before, run } = await half();
    await host.sh('gpasswd -d p0 wheel1');
    expect((await company.undo(run)).exitCode).toBe(0);
    const now = await host.everything('p0');
    expect(now['/etc/group']).toMatch(/^wheel1:[^:]*:\d+:p1,root$/m);
    expect(now).toEqual({ ...before, '/etc/group': now['/etc/group'], '/etc/gshadow': now['/etc/gshadow'] });
  }, 120_000);
});
