import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { commandVariables } from '../../../src/connectors/process/quote.ts';
import { bootstrapText, endTreeText, supervisorText } from '../../../src/connectors/process/supervisor.ts';
import { launchText } from '../../../src/connectors/ssh/launch-text.ts';
import { attachText, endText, forgetText, pingText, probeText } from '../../../src/connectors/ssh/remote-texts.ts';
import { directWay } from '../../../src/connectors/ssh/script-way.ts';
import { eventually } from '../../helpers/eventually.ts';
import { hostileValues } from '../../helpers/hostile-values.ts';

const folder = mkdtempSync(join(tmpdir(), 'oaops-sh-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Programs that are /bin/sh somewhere, under that name: bash behaves otherwise by its own. */
const shells = ['dash', 'bash', 'busybox']
  .filter((name) => existsSync(`/usr/bin/${name}`))
  .map((name) => {
    mkdirSync(join(folder, name));
    symlinkSync(`/usr/bin/${name}`, join(folder, name, 'sh'));
    return [name, join(folder, name, 'sh')] as const;
  });

it.each(shells)('the supervisor works in %s: arguments, variables, exit code', (_name, shell) => {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-shell-'));
  try {
    const unit = (...argv: string[]) => {
      rmSync(join(dir, 'u'), { recursive: true, force: true });
      execFileSync('mkdir', [join(dir, 'u')]);
      for (const name of ['out', 'err']) writeFileSync(join(dir, 'u', name), '');
      const env = { PATH: '/usr/bin:/bin', OAOPS_ENV: commandVariables({ A: "it's\n$(touch x)", PATH: '/nowhere' }) };
      execFileSync(shell, ['-c', supervisorText, 'oaops-unit', join(dir, 'u'), dir, '', '', '', ...argv], {
        env,
      });
      const read = (name: string) => readFileSync(join(dir, 'u', name), 'utf8');
      return { exit: read('exit').trim(), out: read('out'), pid: read('pid') };
    };
    const given = unit('/usr/bin/printf', '%s\\0', ...hostileValues);
    expect(given.out.split('\0').slice(0, -1)).toEqual(hostileValues);
    expect(given.exit).toBe('exit 0');
    expect(given.pid).toMatch(/^\d+ \d+ [0-9a-f-]{36}\n$/);
    expect(unit('/usr/bin/printenv', 'A', 'PATH').out).toBe("it's\n$(touch x)\n/nowhere\n");
    expect(unit('/bin/sh', '-c', 'kill -9 $$').exit).toBe('exit 137');
    expect(unit('printenv').exit).toBe('failed command-not-found');
    expect(existsSync(join(dir, 'x'))).toBe(false);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

it.each(shells)('process trees end in %s, whatever the processes are called', async (_name, shell) => {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-shell-'));
  try {
    const name = join(dir, 'a) Z 1\nb');
    symlinkSync('/bin/sleep', name);
    const root = spawn('/bin/sh', ['-c', 'trap "" TERM; "$0" 300 & echo $! >pid; wait', name], {
      cwd: dir,
      detached: true,
    });
    const ended = new Promise((resolve) => root.once('exit', resolve));
    await eventually(() => existsSync(join(dir, 'pid')) && readFileSync(join(dir, 'pid'), 'utf8').endsWith('\n'));
    const stat = readFileSync(`/proc/${root.pid}/stat`, 'utf8');
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
    const parameters = ['no-such-unit', String(root.pid), start, '3'];
    const left = execFileSync(shell, ['-c', endTreeText, 'oaops-end', ...parameters], {
      encoding: 'utf8',
    });
    expect(left.trim()).toBe('');
    await ended;
    expect(existsSync(`/proc/${readFileSync(join(dir, 'pid'), 'utf8').trim()}`)).toBe(false);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

it.each(shells)('%s reads every script', (_name, shell) => {
  for (const text of [bootstrapText, launchText(true), launchText(false), attachText, probeText, forgetText, endText]) {
    execFileSync(shell, ['-n', '-c', text]);
  }
  for (const text of [launchText(false), attachText, probeText, forgetText, endText, pingText]) {
    const { command } = directWay({ values: '', text })!;
    execFileSync(shell, ['-n', '-c', command.replace(/^exec .bin.sh -c /, 'eval ')]);
  }
});
