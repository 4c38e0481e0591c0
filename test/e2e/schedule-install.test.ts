import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { withoutLoops } from '../helpers/mount-namespace.ts';
import { which } from '../helpers/restore-script.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = [join(root, 'node_modules/.bin/node'), join(root, 'bin/dev.js')];
const canMount = process.getuid?.() === 0 && which('unshare') !== undefined;
const hasCron = canMount && which('cron') !== undefined && which('crontab') !== undefined;
const hasSystemd = canMount && which('systemctl') !== undefined && which('systemd-analyze') !== undefined;

let home: string;
let cron: ChildProcess | undefined;
/** Its name holds what crontabs, shells and unit files each take for something else. */
const site = () => join(home, `o a's 100% $HOME é`);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'oaops-installed-'));
  for (const folder of ['spool', 'empty', 'units']) mkdirSync(join(home, folder));
  writeFileSync(join(home, 'nothing'), '');
  mkdirSync(join(site(), 'books'), { recursive: true });
  writeFileSync(
    join(site(), 'books/due.yaml'),
    `apiVersion: oaops/v1
kind: Procedure
metadata: {name: due, version: 1.0.0, title: Test, owner: operations}
spec:
  schedule: {type: shift, at: [${Array.from({ length: 24 * 60 }, (_, minute) => `"${time(minute)}"`).join(', ')}]}
  steps: [{id: work, name: Work, uses: exec, with: {argv: [sh, -c, 'echo "$PATH" >> ${home}/due.log']}}]
`,
  );
  writeFileSync(join(site(), 'config.yaml'), 'runbooks: [books]\nschedules: {due: {}}\n', { mode: 0o600 });
});
afterAll(() => {
  cron?.kill();
  rmSync(home, { recursive: true, force: true });
});

const time = (minute: number) =>
  [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');

/** In a view of the file system in which the places of crontabs and units are ours. */
function inView(argv: readonly string[], input?: Buffer): { status: number | null; stdout: Buffer; stderr: string } {
  const view = `mount --bind ${home}/spool /var/spool/cron/crontabs 2>/dev/null; mount --bind ${home}/units /etc/systemd/system 2>/dev/null; exec "$@"`;
  const done = spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', view, 'sh', ...argv], {
    input: input ?? '',
    env: {
      PATH: '/usr/sbin:/usr/bin:/bin',
      HOME: '/root',
      OAOPS_STATE_DIR: join(site(), 'state'),
      OAOPS_CONFIG: join(site(), 'config.yaml'),
    },
    cwd: '/',
  });
  return { status: done.status, stdout: done.stdout, stderr: done.stderr.toString('utf8') };
}
const schedule = (...args: string[]) => inView([...program, 'schedule', ...args]);
const crontab = () => inView(['crontab', '-l']).stdout.toString('latin1');

test.skipIf(!hasCron)(
  'a block in the crontab: previewed, written once, run by cron itself, and taken away without a trace',
  async () => {
    const others = 'MAILTO=""\n# caf\xe9, not UTF-8\n5 4 * * * /usr/bin/true %a\\%b\n\n';
    inView(['crontab', '-'], Buffer.from(others, 'latin1'));
    const before = crontab();
    expect(before).toBe(others);
    const preview = schedule('install', '--crontab', '--dry-run');
    expect(preview.status, preview.stderr).toBe(0);
    expect(crontab()).toBe(before);
    expect(schedule('install', '--crontab').status).toBe(0);
    const installed = crontab();
    expect(installed.startsWith(before)).toBe(true);
    const added = Buffer.from(installed.slice(before.length), 'latin1').toString('utf8');
    expect(preview.stdout.toString()).toContain(
      added
        .trimEnd()
        .split('\n')
        .map((line) => `+${line}`)
        .join('\n'),
    );
    expect(schedule('install', '--crontab').stdout.toString()).toContain('nothing to change');
    expect(crontab()).toBe(installed);
    // The first look notes from when on the schedule counts.
    expect(inView([...program, 'tick', '-q'])).toMatchObject({ status: 0, stderr: '' });
    const view = [
      withoutLoops,
      `mount --bind ${home}/spool /var/spool/cron/crontabs`,
      `mount --bind ${home}/empty /etc/cron.d`,
      `mount --bind ${home}/nothing /etc/crontab`,
      'mount -t tmpfs tmpfs /run',
      'exec cron -f',
    ].join(' && ');
    cron = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', view], { stdio: 'ignore' });
    await eventually(() => existsSync(join(home, 'due.log')), 150_000);
    expect(readFileSync(join(home, 'due.log'), 'utf8')).toMatch(/\/usr\/sbin:\/usr\/bin/);
    cron.kill();
    // Others edit it too: their lines behind the block stay as well.
    inView(['crontab', '-'], Buffer.from(`${installed}6 5 * * * true\n`, 'latin1'));
    expect(schedule('uninstall').status).toBe(0);
    expect(crontab()).toBe(`${before}6 5 * * * true\n`);
    inView(['crontab', '-'], Buffer.from(`# BEGIN oaops\n${before}`, 'latin1'));
    expect(schedule('install', '--crontab').status).toBe(4);
    expect(crontab()).toBe(`# BEGIN oaops\n${before}`);
    inView(['crontab', '-r']);
    expect(schedule('install', '--crontab').status).toBe(0);
    expect(schedule('uninstall', '--crontab').status).toBe(0);
    expect(inView(['crontab', '-l']).stderr).toContain('no crontab');
  },
  240_000,
);

test.skipIf(!hasSystemd)(
  'a systemd timer: units that systemd finds right, enabled, written once, and only ours taken away',
  () => {
    writeFileSync(join(home, 'units/other.timer'), '[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n');
    const preview = schedule('install', '--systemd', '--dry-run', '--json');
    expect(JSON.parse(preview.stdout.toString())).toMatchObject({
      place: 'systemd',
      changes: [{ action: 'add' }, { action: 'add' }],
    });
    expect(readdirSync(join(home, 'units'))).toEqual(['other.timer']);
    const done = schedule('install', '--systemd');
    expect(done.status, done.stderr).toBe(0);
    expect(readdirSync(join(home, 'units/timers.target.wants'))).toEqual(['oaops-tick.timer']);
    const verify = inView([
      'systemd-analyze',
      'verify',
      '--man=no',
      '/etc/systemd/system/oaops-tick.timer',
      '/etc/systemd/system/oaops-tick.service',
    ]);
    expect({ ...verify, stderr: verify.stderr.split('\n').filter((line) => line.includes('oaops')) }).toMatchObject({
      status: 0,
      stderr: [],
    });
    expect(JSON.parse(schedule('install', '--systemd', '--json').stdout.toString()).changes).toMatchObject([
      { action: 'none', diff: [] },
      { action: 'none', diff: [] },
    ]);
    const service = readFileSync(join(home, 'units/oaops-tick.service'), 'utf8');
    expect(service).toContain('100%% $HOME é');
    expect(schedule('uninstall', '--systemd').status).toBe(0);
    expect(readdirSync(join(home, 'units')).filter((name) => name !== 'timers.target.wants')).toEqual(['other.timer']);
    // Of somebody else, under our name.
    writeFileSync(join(home, 'units/oaops-tick.timer'), '[Timer]\nOnCalendar=daily\n');
    expect(schedule('install', '--systemd').status).toBe(4);
    expect(schedule('uninstall', '--systemd').status).toBe(0);
    expect(existsSync(join(home, 'units/oaops-tick.timer'))).toBe(true);
  },
  120_000,
);
