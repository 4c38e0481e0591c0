import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLogFile } from '../../../src/cli/render/log-file.ts';
import { perRun, plainSink, quietSink } from '../../../src/cli/render/plain.ts';
import type { RunEvent } from '../../../src/core/events.ts';
import { Redactor } from '../../../src/core/redaction.ts';

const player = fileURLToPath(new URL('../../helpers/show-run.ts', import.meta.url));

function play(args: string[], env: Record<string, string> = {}) {
  const result = spawnSync(process.execPath, [player, 'fast', ...args], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', OAOPS_LANG: 'en', ...env },
  });
  // How long a step took differs from run to run.
  return {
    ...result,
    stdout: result.stdout.replace(/\d+(\.\d+)? m?s\b/g, 'T'),
    stderr: result.stderr.replace(/\d+(\.\d+)? m?s\b/g, 'T'),
  };
}

describe('lines for pipes', () => {
  test('tell what happened in order, with the reason and the next step of a failure', () => {
    const { stdout, stderr } = play(['fail']);
    expect(stderr).toBe('');
    expect(stdout).toContain(
      '[2/4] back up the database\nwarning: the clock of web3 differs by T\n[2/4] back up the database: done (T)\n',
    );
    expect(stdout).toContain('web5: unreachable (T): connection refused\n  Check that sshd runs on web5.\n');
    expect(stdout).toMatch(/\[4\/4\] clean up: not started\nfailed after T\n$/);
    expect(stdout).not.toContain('\u001B');
  });

  test('leave out outputs unless --verbose, and secrets always', () => {
    expect(play(['ok']).stdout).not.toContain('localhost | token');
    const { stdout } = play(['ok', '--verbose']);
    expect(stdout).toContain('  localhost | token *** accepted\n');
    expect(stdout).not.toContain('s3cret-word');
  });

  test('speak Chinese', () => {
    const { stdout } = play(['fail'], { OAOPS_LANG: 'zh-CN' });
    expect(stdout).toContain('[4/4] 收尾: 未开始\n失败，用时');
  });
});

test('--quiet prints nothing on success, and the whole story on stderr otherwise', () => {
  expect(play(['ok', '--quiet'])).toMatchObject({ stdout: '', stderr: '', status: 0 });
  const failed = play(['fail', '--quiet']);
  expect(failed.stdout).toBe('');
  expect(failed.stderr).toContain('web5: unreachable');
  expect(failed.stderr).toMatch(/failed after T\n$/);
});

test('--json prints the events themselves, one a line', () => {
  const lines = spawnSync(process.execPath, [player, 'fast', 'ok', '--json'], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin' },
  })
    .stdout.trimEnd()
    .split('\n');
  const events = lines.map((line) => JSON.parse(line) as RunEvent);
  expect(events[0]).toMatchObject({ event: 'run.started', runbook: 'oa-hotfix' });
  expect(events.at(-1)).toMatchObject({ event: 'run.ended', status: 'ok', exitCode: 0 });
  expect(lines.join('\n')).not.toContain('s3cret-word');
});

describe('lines of several runs side by side', () => {
  const tell = (sink: (event: RunEvent) => void, run: string, status: 'failed' | 'ok', between = () => {}) => {
    const time = '2026-11-22T18:05:12.000Z';
    const about = { time, run, step: 'a' };
    const exitCode = status === 'ok' ? 0 : 1;
    const step = { id: 'a', name: `work of ${run}`, uses: 'exec', effect: 'write', units: 1 };
    sink({
      event: 'run.started',
      time,
      run,
      runbook: run,
      version: '1.0.0',
      digest: 'd',
      resumed: true,
      steps: [step],
    });
    between();
    sink({ event: 'step.started', ...about, name: step.name, units: 1 });
    const unit = { unit: 'localhost', target: 'localhost', attempt: 1, phase: 'do' } as const;
    sink({ event: 'unit.started', ...about, ...unit });
    sink({ event: 'unit.ended', ...about, ...unit, status, durationMs: 1, message: 'it broke' });
    sink({ event: 'step.ended', ...about, status, durationMs: 1, message: 'it broke' });
    sink({ event: 'run.ended', time, run, status, exitCode, durationMs: 2 });
  };
  const how = { lang: 'en', color: false, unicode: false } as const;

  test('--quiet tells the run that failed, once, and nothing of the others', () => {
    const lines: string[] = [];
    const sink = perRun(() => quietSink(how, (line) => lines.push(line)));
    tell(sink, 'one', 'failed', () => tell(sink, 'two', 'ok', () => tell(sink, 'three', 'failed')));
    expect(lines.join('\n')).not.toContain('two');
    for (const run of ['one', 'three']) expect(lines.filter((line) => line === `[1/1] work of ${run}`)).toHaveLength(1);
  });

  test('why a step with one unit failed is said once', () => {
    const lines: string[] = [];
    tell(
      plainSink(how, { verbose: false }, (line) => lines.push(line)),
      'one',
      'failed',
    );
    expect(lines.filter((line) => line.includes('it broke'))).toEqual(['[1/1] work of one: failed (1 ms): it broke']);
  });
});

test('how a run that waits goes on is said once, at its end, for each unit that waits', () => {
  const lines: string[] = [];
  const sink = plainSink({ lang: 'en', color: false, unicode: false }, { verbose: false }, (line) => lines.push(line));
  const about = { time: '2026-11-22T18:05:12.000Z', run: 'one' };
  const steps = ['a', 'b', 'c'].map((id) => ({ id, name: id, uses: 'approval', effect: 'read' as const, units: 1 }));
  sink({ event: 'run.started', ...about, runbook: 'one', version: '1.0.0', digest: 'd', resumed: false, steps });
  for (const [step, status] of [
    ['a', 'waiting'],
    ['b', 'waiting'],
    ['c', 'waiting'],
    ['c', 'ok'],
  ] as const) {
    const unit = { step, unit: 'localhost', target: 'localhost', attempt: 1, phase: 'do' } as const;
    const next = status === 'ok' ? {} : { next: `oaops approve one ${step}` };
    sink({ event: 'unit.ended', ...about, ...unit, status, durationMs: 1, ...next });
  }
  const end = { status: 'waiting', exitCode: 6, durationMs: 2, next: 'oaops approve one a' } as const;
  sink({ event: 'run.ended', ...about, ...end });
  expect(lines.slice(-3)).toEqual(['waiting after 2 ms', 'oaops approve one a', 'oaops approve one b']);
  expect(lines.filter((line) => line.includes('oaops approve'))).toHaveLength(2);
});

describe('--log-file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'oaops-log-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('appends stamped, redacted lines', () => {
    const path = join(folder, 'a.log');
    const clock = { nowMs: () => Date.UTC(2026, 10, 22, 18, 5), monotonicMs: () => 0, sleep: async () => {} };
    const redactor = new Redactor();
    redactor.add('s3cret-word');
    for (const words of ['first', 'second s3cret-word\nthird']) {
      const log = openLogFile(path, clock, redactor);
      log.line(words);
      log.close();
    }
    const stamp = `2026-11-22T18:05:00.000Z ${process.pid}`;
    expect(readFileSync(path, 'utf8')).toBe(`${stamp} first\n${stamp} second ***\n${stamp} third\n`);
  });

  test('control signs of others are written out, colours of our own are left out', () => {
    const path = join(folder, 'signs.log');
    const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => {} };
    const log = openLogFile(path, clock, new Redactor());
    log.line('\u001b[2mTITLE\u001b[22m\nname\r\u0007\u202e');
    log.close();
    const stamp = `1970-01-01T00:00:00.000Z ${process.pid}`;
    expect(readFileSync(path, 'utf8')).toBe(`${stamp} TITLE\n${stamp} name\\u000d\\u0007\\u202e\n`);
  });

  test('says which file cannot be written', () => {
    const open = () =>
      openLogFile(
        join(folder, 'no/such/folder.log'),
        { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => {} },
        new Redactor(),
      );
    expect(open).toThrow(
      expect.objectContaining({ code: 'log-file-unwritable', exitCode: 2, next: 'Create its folder first.' }),
    );
  });
});
