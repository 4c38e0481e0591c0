import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/cli/render/width.ts';
import { eventually } from '../helpers/eventually.ts';
import { shapeOf } from '../helpers/json-shapes.ts';
import { type Ended, runOaops } from '../helpers/oaops.ts';

const golden = join(import.meta.dirname, '../golden/inspect-json.json');
const program = join(import.meta.dirname, '../../bin/dev.js');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-inspect-'));
  writeFileSync(join(dir, 'hosts.ini'), 'web1 ansible_connection=local\nweb2 ansible_connection=local\n');
  set({ state: 'good', queue: '3' });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Writes until the filesystem takes no more. */
function fill(file: string): void {
  expect(() => {
    for (;;) appendFileSync(file, Buffer.alloc(4096));
  }).toThrow('ENOSPC');
}

/** What the checks of the test find. */
function set(facts: Record<string, string>): void {
  for (const [name, value] of Object.entries(facts)) writeFileSync(join(dir, `${name}.txt`), `${value}\n`);
}

// As cron starts things: hardly any environment.
const environment = () => ({ PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') });
const oaops = (...args: string[]) => runOaops(args, { cwd: dir, bare: true, env: environment() });
const inspect = (...args: string[]) => oaops('inspect', ...args);

function runbook(name: string, checks: string, more = ''): string {
  writeFileSync(
    join(dir, `${name}.yaml`),
    `apiVersion: oaops/v1
kind: Inspection
metadata: {name: ${name}, version: 1.0.0, title: {en: Site, zh-CN: 站点巡检}, owner: tests, procedures: [IN-01]}
spec:
  inventory: hosts.ini
  sections:
    - id: servers
      title: {en: Servers, zh-CN: 服务器}
      targets: all
      checks:
${checks}${more}`,
  );
  return `./${name}.yaml`;
}
const state = () =>
  `        - {id: state, check: command, severity: critical, with: {argv: [cat, ${join(dir, 'state.txt')}], contains: [good]}}\n`;
const queue = () =>
  `        - {id: queue, check: command, needs: state, with: {argv: [cat, ${join(dir, 'queue.txt')}], number: {pattern: "(.*)", name: queue, warn: 5, fail: 10}}}\n`;
const room = `    - id: room
      checks:
        - {id: walk, check: manual, with: {instructions: Look at the lamps., evidence: required}}
`;

interface Report {
  run: string;
  verdict: string;
  complete: boolean;
  new: number | null;
  counts: Record<string, number>;
  sections: { id: string; results: { check: string; host: string; state: string; new: boolean; waiver?: object }[] }[];
}
const reportOf = ({ stdout }: Ended) => JSON.parse(stdout) as Report;
const statesOf = (ended: Ended) =>
  reportOf(ended).sections.flatMap(({ results }) =>
    results.map(({ check, host, state }) => `${check}@${host} ${state}`),
  );

describe('inspect run', { timeout: 300_000 }, () => {
  it.each([
    ['passes', 'good', '3', 0, 0, 'pass'],
    ['warns', 'good', '7', 0, 1, 'warn'],
    ['fails', 'good', '11', 1, 2, 'fail'],
    ['cannot judge', 'good', 'many', 3, 3, 'error'],
    ['fails, and skips what needs it', 'bad', '11', 1, 2, 'fail'],
  ])(
    'that %s ends as the table says, for people and for monitoring',
    async (_, first, second, code, plugin, verdict) => {
      set({ state: first, queue: second });
      const file = runbook('site', state() + queue());
      const made = await inspect('run', file, '--json');
      expect([made.exitCode, reportOf(made).verdict], made.stderr).toEqual([code, verdict]);
      const shown = await inspect('show', 'site', '--format', 'nagios');
      expect(shown.exitCode).toBe(plugin);
      expect(displayWidth(shown.stdout.split('\n')[0]!.split(' | ')[0]!)).toBeLessThanOrEqual(80);
      const nagios = await inspect('run', file, '--format', 'nagios');
      expect(nagios).toMatchObject({ exitCode: plugin, stderr: '' });
    },
  );

  it('tells a program nothing but the report, and cron nothing that is good', async () => {
    set({ state: 'good', queue: '3' });
    const file = runbook('site', state() + queue());
    expect(await inspect('run', file, '--quiet')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    const junit = await inspect('run', file, '--format', 'junit');
    expect(junit).toMatchObject({ exitCode: 0, stderr: '' });
    expect(junit.stdout).toMatch(/^<\?xml[\s\S]*<\/testsuites>\n$/);
    set({ queue: '11' });
    const quiet = await inspect('run', file, '--quiet');
    expect(quiet).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('queue is 11') });
  });

  it('looks at some hosts, and compares with all', async () => {
    set({ state: 'good', queue: '11' });
    const file = runbook('limited', state() + queue());
    expect(reportOf(await inspect('run', file, '--json'))).toMatchObject({ new: null });
    set({ queue: '3' });
    const some = await inspect('run', file, '--limit', 'web1', '--json');
    expect(statesOf(some)).toEqual(['state@web1 pass', 'queue@web1 pass']);
    set({ queue: '11' });
    const all = await inspect('run', file, '--json');
    expect(reportOf(all)).toMatchObject({ new: 0, counts: { fail: 2 } });
    expect(await inspect('run', file, '--limit', 'web9')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('target "web9" is not in the inventory'),
    });
  });

  it('says what is wrong with what it was given', async () => {
    const procedure =
      'apiVersion: oaops/v1\nkind: Procedure\nmetadata: {name: other, version: 1.0.0, title: Other, owner: tests}\n';
    writeFileSync(
      join(dir, 'other.yaml'),
      `${procedure}spec:\n  steps:\n    - {id: a, uses: exec, with: {argv: ["true"]}}\n`,
    );
    const refused = async (...args: string[]) => {
      const { exitCode, stdout, stderr } = await inspect(...args);
      expect([exitCode, stdout]).toEqual([2, '']);
      return stderr;
    };
    expect(await refused('run', './other.yaml')).toContain('other is a runbook of kind Procedure, not an inspection');
    expect(await refused('run')).toContain('neither a runbook nor a plan is given');
    expect(await refused('run', 'no-such')).toContain('there is no runbook "no-such"');
    expect(await refused('run', runbook('broken', state().replace('command', 'comand')))).toContain(
      'Did you mean "command"?',
    );
    // For a monitoring system 2 is critical: it is not known.
    expect(await inspect('run', 'no-such', '--format', 'nagios')).toEqual({
      exitCode: 3,
      stdout: 'no-such UNKNOWN - there is no runbook "no-such"\n',
      stderr: '',
    });
  });

  it('tells steps under finally what it came to', async () => {
    set({ state: 'bad' });
    const tell = `  finally:
    - id: tell
      uses: exec
      with: {argv: [sh, -c, 'printf "%s\\n" "$@" >${join(dir, 'told')}', sh, "\${{ steps.judge.outputs.verdict }}", "\${{ string(steps.judge.outputs.failed) }}", "\${{ steps.judge.outputs.summary }}"]}
`;
    expect((await inspect('run', runbook('telling', state(), tell))).exitCode).toBe(1);
    expect(readFileSync(join(dir, 'told'), 'utf8')).toMatch(/^fail\n2\ntelling: fail; /);
  });
});

describe('a report in a file', { timeout: 300_000 }, () => {
  it('goes into a folder that is not there, for the user alone; metrics are for all', async () => {
    set({ state: 'good', queue: '3' });
    await inspect('run', runbook('filed', state()), '--quiet');
    const html = await inspect('show', 'filed', '--out', 'new/folder/report.html');
    expect(html).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('new/folder/report.html') });
    expect(statSync(join(dir, 'new/folder/report.html')).mode & 0o777).toBe(0o600);
    await inspect('show', 'filed', '--out', 'new/site.prom');
    expect(statSync(join(dir, 'new/site.prom')).mode & 0o777).toBe(0o644);
  });

  it.skipIf(process.getuid?.() !== 0)('that cannot be written leaves the old one, and says so', async () => {
    await inspect('run', runbook('filed', state()), '--quiet');
    const full = join(dir, 'full');
    mkdirSync(full);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', full]);
    try {
      writeFileSync(join(full, 'report.html'), 'old');
      fill(join(full, 'rest'));
      const failed = await inspect('show', 'filed', '--out', join(full, 'report.html'));
      expect(failed).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringContaining('report.html cannot be written'),
      });
      expect(readFileSync(join(full, 'report.html'), 'utf8')).toBe('old');
      expect(execFileSync('ls', [full], { encoding: 'utf8' })).toBe('report.html\nrest\n');
    } finally {
      execFileSync('umount', [full]);
    }
  });
});

describe('a person', { timeout: 300_000 }, () => {
  it('is waited for also when something has failed already: the code of the verdict comes with it', async () => {
    set({ state: 'bad' });
    const waits = await inspect('run', runbook('visit-bad', state(), room), '--json');
    expect([waits.exitCode, reportOf(waits).verdict, reportOf(waits).complete]).toEqual([6, 'fail', false]);
  });

  it('signs what the run waits for, and its verdict comes after that', async () => {
    set({ state: 'good' });
    const file = runbook('visit', state(), room);
    const waits = await inspect('run', file);
    expect(waits).toMatchObject({ exitCode: 6, stdout: expect.stringContaining('walk pass --evidence FILE') });
    const pending = await inspect('show', 'visit', '--json');
    expect(pending.exitCode).toBe(6);
    expect(reportOf(pending)).toMatchObject({
      verdict: 'pending',
      complete: false,
      counts: { 'manual-pending': 1, pass: 2 },
    });
    const refused = async (...args: string[]) => {
      const { exitCode, stderr } = await inspect('sign', 'visit', ...args);
      expect(exitCode).toBe(2);
      return stderr;
    };
    expect(await refused('wakl', 'pass')).toContain('Checks to sign: walk.');
    expect(await refused('state', 'pass')).toContain('has no check "state" that a person signs');
    expect(await refused('walk', 'pass')).toContain('the sign-off of walk needs an evidence file');
    expect(await refused('walk', 'pass', '--evidence', 'no-such')).toContain('no-such cannot be read');
    expect(await refused('walk', 'fail')).toContain('"fail" needs a reason');
    expect(await refused('walk', 'not-applicable', '--reason', ' ')).toContain('needs a reason');
    expect(await refused('walk', 'perhaps')).toContain('pass, fail, not-applicable');
    writeFileSync(join(dir, 'photo.jpg'), 'lamps');
    // Before the run goes on, the last word counts.
    const first = await inspect('sign', 'visit', 'walk', 'fail', '--reason', 'a lamp is red');
    expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('oaops runs resume') });
    const signed = await inspect(
      'sign',
      'latest',
      'walk',
      'pass',
      '--evidence',
      'photo.jpg',
      '--reason',
      '王小明: all green',
      '--json',
    );
    expect(signed.exitCode, signed.stderr).toBe(0);
    expect((await oaops('runs', 'resume', 'latest')).exitCode).toBe(0);
    const done = await inspect('show', 'visit', '--json');
    expect(done.exitCode).toBe(0);
    expect(reportOf(done)).toMatchObject({ verdict: 'pass', complete: true });
    expect(reportOf(done).sections[1]!.results[0]).toMatchObject({
      state: 'manual-passed',
      message: '王小明: all green',
      by: expect.any(String),
      evidence: { name: 'photo.jpg', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const late = await inspect('sign', 'visit', 'walk', 'fail', '--reason', 'late');
    expect(late).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('nobody is waited for') });
  });

  it('answers for a failure until a date, for the verdicts to come', async () => {
    set({ state: 'good', queue: '11' });
    const file = runbook('waived', state() + queue());
    expect((await inspect('run', file)).exitCode).toBe(1);
    const until = ['--until', '2999-12-31', '--reason', 'on order'];
    const refused = async (...args: string[]) => {
      const { exitCode, stderr } = await inspect('waive', 'waived', ...args);
      return `${exitCode} ${stderr}`;
    };
    expect(await refused('queu', ...until)).toMatch(/^2 .*has no check "queu"\nDid you mean "queue"\?/s);
    expect(await refused('queue', ...until, '--host', 'web9')).toMatch(
      /^2 .*was not looked at on web9\nHosts: web1, web2\./s,
    );
    expect(await refused('queue', '--until', '2020-01-01', '--reason', 'x')).toMatch(/^4 .*2020-01-01 is over already/);
    expect(await refused('queue', '--until', 'soon', '--reason', 'x')).toMatch(/^2 .*"soon" is no date/);
    expect(await refused('queue', '--until', '2999-12-31')).toMatch(/^2 .*needs a reason/);
    expect(await refused('queue')).toMatch(/^2 .*a waiver has a last day/);
    expect(await refused('queue', '--end')).toMatch(
      /^4 .*there is no waiver for queue\nSee "oaops inspect waive waived"/s,
    );
    expect(await refused('queue', '--end', ...until)).toMatch(/^2 /);
    const given = await inspect('waive', 'waived', 'queue', ...until, '--host', 'web1', '--json');
    expect(given.exitCode, given.stderr).toBe(0);
    // What was is not changed by it.
    expect((await inspect('show', 'waived')).exitCode).toBe(1);
    expect(statesOf(await inspect('run', file, '--json'))).toEqual([
      'queue@web2 fail',
      'queue@web1 waived',
      'state@web1 pass',
      'state@web2 pass',
    ]);
    await inspect('waive', 'waived', 'queue', ...until);
    expect(await inspect('run', file, '--json')).toMatchObject({ exitCode: 0 });
    const listed = await inspect('waive', 'waived');
    expect(listed.stdout.match(/2999-12-31/g)).toHaveLength(2);
    await inspect('waive', 'waived', 'queue', '--end');
    expect(statesOf(await inspect('run', file, '--json'))[0]).toBe('queue@web2 fail');
  });
});

describe('runs that meet or end badly', { timeout: 300_000 }, () => {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  /** A check that says when it is asked, and waits until `go` is there. */
  const gate = (name: string) =>
    `        - {id: gate, check: command, with: {argv: [sh, -c, 'echo >${join(dir, `${name}-asked`)}; while [ ! -e ${join(dir, `${name}-go`)} ]; do sleep 0.1; done']}}\n`;
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [program, 'inspect', ...args], {
      cwd: dir,
      env: environment(),
      stdio: 'ignore',
    });
    children.push(child);
    return child;
  };
  const isAsked = (name: string) => existsSync(join(dir, `${name}-asked`));

  it('the second of two at once is refused (exit 11), and the report of the first is no pass yet', async () => {
    set({ state: 'good' });
    const file = runbook('busy', state() + gate('busy'));
    const child = start('run', file, '--limit', 'web1');
    await eventually(() => isAsked('busy'), 30_000);
    const second = await inspect('run', file);
    expect(second.exitCode, second.stderr).toBe(11);
    const shown = await inspect('show', 'busy', '--json');
    expect([shown.exitCode, reportOf(shown).verdict, reportOf(shown).complete]).toEqual([6, 'pending', false]);
    expect(await inspect('run', file, '--format', 'nagios')).toMatchObject({ exitCode: 3, stderr: '' });
    writeFileSync(join(dir, 'busy-go'), '');
    await new Promise((resolve) => child.on('close', resolve));
    expect((await inspect('show', 'busy')).exitCode).toBe(0);
  });

  it('one that was killed goes on where it was, and asks again what it has no answer to', async () => {
    set({ state: 'good' });
    const file = runbook('killed', state() + gate('killed'));
    const child = start('run', file, '--limit', 'web1');
    await eventually(() => isAsked('killed'), 30_000);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    const between = await inspect('show', 'killed', '--json');
    expect([between.exitCode, reportOf(between).verdict]).toEqual([6, 'pending']);
    writeFileSync(join(dir, 'killed-go'), '');
    const resumed = await oaops('runs', 'resume', 'latest');
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(statesOf(await inspect('show', 'killed', '--json'))).toEqual(['state@web1 pass', 'gate@web1 pass']);
  });

  it('one that is stopped by a signal has asked its hosts, and gives its verdict when it is resumed', async () => {
    set({ state: 'good' });
    const child = start('run', runbook('stopped', state() + gate('stopped')), '--limit', 'web1');
    await eventually(() => isAsked('stopped'), 30_000);
    child.kill('SIGTERM');
    writeFileSync(join(dir, 'stopped-go'), '');
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).not.toBe(0);
    expect(await inspect('history', 'stopped')).toMatchObject({ exitCode: 2 });
    expect((await oaops('runs', 'resume', 'latest')).exitCode).toBe(0);
    expect(statesOf(await inspect('show', 'stopped', '--json'))).toEqual(['state@web1 pass', 'gate@web1 pass']);
  });
});

describe('what was found', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    const file = runbook('past', state() + queue());
    for (const value of ['3', '7', '11']) {
      set({ state: 'good', queue: value });
      await inspect('run', file, '--quiet');
    }
  }, 120_000);

  it('is listed with its last verdict, and followed over its runs', async () => {
    const listed = await inspect('list');
    expect(listed.stdout).toMatch(/^past +fail +\d{4}-\d\d-\d\d \d\d:\d\d$/m);
    const { trends, verdicts } = JSON.parse((await inspect('history', 'past', '--json')).stdout) as {
      trends: { host: string; values: number[] }[];
      verdicts: { verdict: string }[];
    };
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['fail', 'warn', 'pass']);
    expect(trends.map(({ host, values }) => [host, values])).toEqual([
      ['web1', [3, 7, 11]],
      ['web2', [3, 7, 11]],
    ]);
    expect(await inspect('history', 'past', '--check', 'queu')).toMatchObject({ exitCode: 2 });
    expect(await inspect('history', 'nobody')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('oaops inspect list'),
    });
  });

  it('is compared with what was before', async () => {
    const diff = await inspect('diff', 'past');
    expect(diff.exitCode, diff.stderr).toBe(0);
    expect(diff.stdout).toMatch(/web1 +queue +warn +fail +queue is 11/);
    const runs = (JSON.parse((await inspect('history', 'past', '--json')).stdout) as { verdicts: { run: string }[] })
      .verdicts;
    const back = await inspect('diff', runs[2]!.run, runs[2]!.run, '--json');
    expect(JSON.parse(back.stdout)).toMatchObject({ differences: [] });
    expect(await inspect('diff', 'filed-not', runs[0]!.run)).toMatchObject({ exitCode: 2 });
  });

  it('is told in the language, in 80 columns and without colours', async () => {
    const shown = await inspect('show', 'past', '--verbose', '--lang', 'zh-CN');
    expect(shown.exitCode).toBe(1);
    expect(shown.stdout).toMatch(/^服务器$/m);
    expect(shown.stdout).toMatch(/^状态 +主机 +检查项 +结果$/m);
    expect(shown.stdout).toContain('未通过');
    const colours = await runOaops(['inspect', 'show', 'past'], {
      cwd: dir,
      bare: true,
      env: { ...environment(), FORCE_COLOR: '1', NO_COLOR: '1' },
    });
    expect(colours.stdout).not.toContain('\u001b');
    for (const { stdout } of [
      shown,
      colours,
      await inspect('history', 'past', '--lang', 'zh-CN'),
      await inspect('checks'),
    ])
      expect(stdout.split('\n').filter((line) => displayWidth(line) > 80)).toEqual([]);
  });

  it('types of check are listed, and one with its arguments', async () => {
    expect((await inspect('checks')).stdout).toMatch(/^disk +Disk space or inodes +on the host$/m);
    expect((await inspect('checks', 'tcp', '--lang', 'zh-CN')).stdout).toMatch(/^tcp: TCP 端口/);
    expect(await inspect('checks', 'dsik')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Did you mean "disk"?'),
    });
  });

  it('has the JSON that scripts rely on', async () => {
    const json = async (...args: string[]) => JSON.parse((await inspect(...args, '--json')).stdout) as unknown;
    const shapes = Object.fromEntries(
      Object.entries({
        'inspect show': await json('show', 'past'),
        'inspect list': await json('list'),
        'inspect history': await json('history', 'past'),
        'inspect diff': await json('diff', 'past'),
        'inspect checks': await json('checks'),
        'inspect checks TYPE': await json('checks', 'tcp'),
        'inspect waive': await json('waive', 'waived'),
      }).map(([name, value]) => [name, shapeOf(value)]),
    );
    const text = `${JSON.stringify(shapes, null, 2)}\n`;
    if (process.env['OAOPS_UPDATE_GOLDEN']) writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });
});
