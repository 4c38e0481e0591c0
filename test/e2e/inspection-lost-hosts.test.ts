import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InspectionReport } from '../../src/inspect/assemble.ts';
import { type InspectedHost, Inspector, startHost } from '../helpers/inspected-hosts.ts';
import { pingServer } from '../helpers/pinged.ts';
import { freePort, worldsAvailable } from '../helpers/sshd.ts';

/** Hosts that are down, that hang before and after the login, that are slow, that let nobody in: the others are judged, and nobody waits for long. */
let me: Inspector;
let channel: Awaited<ReturnType<typeof pingServer>>;
let hosts: InspectedHost[] = [];

/** What the sessions of each host do before they run what they are asked to. */
const sessions: Record<string, string[]> = {
  good1: [],
  good2: [],
  slow1: ['ForceCommand sleep 2; exec sh -c "$SSH_ORIGINAL_COMMAND"'],
  // The process that holds the connection stands still, as on a machine without memory.
  frozen1: ['ForceCommand kill -STOP $PPID; exec sh -c "$SSH_ORIGINAL_COMMAND"'],
  closed1: ['ForceCommand echo "This account is currently not available."; exit 1'],
  hung1: [],
};

beforeAll(async () => {
  if (!worldsAvailable) return;
  channel = await pingServer();
  hosts = await Promise.all(Object.entries(sessions).map(([name, config]) => startHost(name, { config })));
  hosts.find(({ name }) => name === 'hung1')!.sshd.freeze();
  const down = `down1 ansible_host=127.0.0.1 ansible_port=${await freePort()} ansible_user=root`;
  me = new Inspector().group('servers', hosts, [down]);
  me.file('.ssh/config', 'Host *\n  ConnectTimeout 3\n  ServerAliveInterval 1\n  ServerAliveCountMax 3\n', 0o600);
  me.configure(`notify: {channels: {admins: {type: webhook, url: "${channel.url}/"}}}`);
  me.file(
    'runbooks/fleet.yaml',
    `apiVersion: oaops/v1
kind: Inspection
metadata: {name: fleet, version: 1.0.0, title: Fleet, owner: operations, procedures: [IN-05]}
spec:
  sections:
    - id: servers
      targets: all
      checks:
        - {id: load, check: load}
        - {id: hangs, check: command, timeout: 2s, with: {argv: [sh, -c, "echo $$ > \${0}; exec sleep 1000", ${me.dir}/pid]}}
        - {id: disk, check: disk, with: {paths: [/srv]}}
        - {id: memory, check: memory}
  finally:
    - id: tell
      if: steps.judge.outputs.verdict == "fail"
      uses: notify
      with: {channel: admins, subject: "\${{ steps.judge.outputs.summary }}", text: "\${{ steps.judge.outputs.lines.join('\\\\n') }}"}
`,
  );
});

afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  await channel?.close();
  me?.end();
});

describe.skipIf(!worldsAvailable)('a fleet with hosts that are lost', { timeout: 180_000 }, () => {
  it('is judged as far as it can be, in the time of the slowest', async () => {
    const begunMs = performance.now();
    const { exitCode, stdout, stderr } = await me.oaops('inspect', 'run', 'fleet', '--json');
    const tookMs = performance.now() - begunMs;
    expect(exitCode, stderr).toBe(1);
    const report = JSON.parse(stdout) as InspectionReport;
    const results = report.sections.flatMap((section) => section.results);
    const of = (host: string) =>
      Object.fromEntries(results.filter((one) => one.host === host).map(({ check, state }) => [check, state]));
    const asked = { load: 'pass', hangs: 'error', disk: 'pass', memory: 'pass' };
    for (const host of ['good1', 'good2', 'slow1']) expect(of(host), host).toEqual(asked);
    const lost = { '@host': 'fail', load: 'skipped', hangs: 'skipped', disk: 'skipped', memory: 'skipped' };
    for (const host of ['down1', 'hung1', 'frozen1', 'closed1']) expect(of(host), host).toEqual(lost);
    const why = (host: string, check = '@host') =>
      results.find((one) => one.host === host && one.check === check)!.message;
    expect(why('down1')).toMatch(/cannot be reached: nothing listens there/);
    expect(why('hung1')).toMatch(/did not answer in time/);
    expect(why('frozen1')).toBe('no word from the host within 30 s');
    expect(why('closed1')).toMatch(/its login shell ran no command: This account is currently not available/);
    expect(why('slow1', 'hangs')).toBe('no answer within 2 s');
    // The frozen one: half a minute for its first word. Never the sum of them.
    expect(tookMs).toBeLessThan(90_000);
  });

  it('is told with every host that is lost', () => {
    expect(channel.pings).toHaveLength(1);
    const { subject, text } = JSON.parse(channel.pings[0]!.body) as { subject: string; text: string };
    expect(subject).toMatch(/^fleet: fail; 32 checks, 4 of them failed, 3 could not be judged, 16 skipped$/);
    for (const host of ['down1', 'hung1', 'frozen1', 'closed1'])
      expect(text).toMatch(new RegExp(`^fail ${host} @host: `, 'm'));
    expect(text.split('\n')[0]).toMatch(/^fail /);
  });

  it('leaves nothing running of a check that hung', () => {
    const pid = readFileSync(`${me.dir}/pid`, 'utf8').trim();
    expect(pid).toMatch(/^\d+$/);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    const left = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((id) => commandOf(id).includes(me.dir));
    expect(left).toEqual([]);
  });
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
