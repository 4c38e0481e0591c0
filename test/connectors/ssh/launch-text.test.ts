import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { posixQuoteAll } from '../../../src/connectors/process/quote.ts';
import { supervisorText } from '../../../src/connectors/process/supervisor.ts';
import { launchText } from '../../../src/connectors/ssh/launch-text.ts';
import { attachText, endText, forgetText, pingText, probeText } from '../../../src/connectors/ssh/remote-texts.ts';
import { directWay, plainWay, type ScriptWay } from '../../../src/connectors/ssh/script-way.ts';
import { assignments } from '../../../src/connectors/ssh/transfer.ts';
import { hostileValues } from '../../helpers/hostile-values.ts';

vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'oaops-launch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Programs that are /bin/sh somewhere, under that name: bash behaves otherwise by its own. */
const shells = ['dash', 'bash', 'busybox']
  .filter((name) => existsSync(`/usr/bin/${name}`))
  .map((name) => {
    mkdirSync(join(folder, name));
    symlinkSync(`/usr/bin/${name}`, join(folder, name, 'sh'));
    return [name, join(folder, name, 'sh')] as const;
  });
const loginShells = ['dash', 'bash', 'busybox sh', 'zsh', 'tcsh', 'fish'].filter((name) =>
  existsSync(`/usr/bin/${name.split(' ')[0]}`),
);

const mark = 'oaops-0123456789abcdef0123456789abcdef';
const textOn = (stdin: string) => (stdin === '' ? {} : { in: stdin, s: supervisorText });

function launch(argv: readonly string[], way: typeof directWay, stdin = ''): ScriptWay {
  const unit = { n: mark, u: 'unit', env: 'export V=value\n', h: stdin === '' ? 'none' : 'text', stay: '1' };
  const values = `${assignments({ ...unit, once: '', long: '', ...textOn(stdin) })}set -- ${posixQuoteAll(['/', '', '', '', ...argv])}\n`;
  return way({ values, text: launchText(false), ownSession: true })!;
}

/** Runs a launch as sshd would, by a login shell, with `sh` as /bin/sh, and says "forget" when its last word has come. */
async function run(way: ScriptWay, sh: string, login: string, ownSession = true) {
  const home = mkdtempSync(join(folder, 'home-'));
  chownSync(home, 65_534, 65_534);
  const [program = '', ...first] = login.split(' ');
  const child = spawn(program, [...first, '-c', way.command.replaceAll('/bin/sh', sh)], {
    env: { PATH: '/usr/bin:/bin', HOME: home, XDG_STATE_HOME: home },
    uid: 65_534,
    detached: ownSession,
  });
  const said = { out: '', err: '' };
  const looks = setInterval(() => child.stdin.write('\n'), 100);
  const last = new RegExp(`${mark} .*\n$`);
  let told = false;
  child.stdin.on('error', () => undefined);
  for (const name of ['out', 'err'] as const)
    child[`std${name}`].on('data', (chunk: Buffer) => {
      said[name] += chunk.toString();
      if (told || !last.test(said.err) || said.out.split(mark).length < 3) return;
      told = true;
      child.stdin.write('forget\n');
    });
  child.stdin.write(way.stdin('end-word'));
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(looks);
  const between = (text: string) => text.split(`${mark}\n`).slice(1).join('').split(mark)[0];
  const units = join(home, 'oaops/units');
  return {
    code,
    out: between(said.out),
    err: between(said.err),
    end: said.err.split(`${mark} `)[1]?.trim(),
    left: existsSync(units) ? readdirSync(units) : undefined,
  };
}

// The state folder is made by another account than root: that one has a fixed place.
describe.skipIf(process.getuid?.() !== 0)('launches', () => {
  const script = 'echo one; echo two >&2; sleep 0.5; echo three; exit 7';
  const expected = { code: 0, out: 'one\nthree\n', err: 'two\n', end: 'exit 7', left: [] };
  chmodSync(folder, 0o755);

  it.each(shells)('%s tells outputs and exit code, and takes the marker away at a word', async (_name, sh) => {
    for (const way of [directWay, plainWay])
      for (const ownSession of [true, false]) {
        expect(await run(launch(['/bin/sh', '-c', script], way), sh, sh, ownSession)).toEqual(expected);
      }
  });

  it.each(shells)('%s hands arguments, variables and stdin on unchanged', async (_name, sh) => {
    const printed = await run(launch(['printf', '%s\\0', ...hostileValues.slice(0, 12)], directWay), sh, sh);
    expect(printed.out?.split('\0').slice(0, -1)).toEqual(hostileValues.slice(0, 12));
    const argv = ['/bin/sh', '-c', 'cat; printf %s "$V$OAOPS_UNIT"'];
    expect(await run(launch(argv, plainWay, 'in\n'), sh, sh)).toMatchObject({ out: 'in\nvalueunit', end: 'exit 0' });
  });

  it.each(shells)('%s does not wait on for what the command left behind', async (_name, sh) => {
    const left = await run(launch(['/bin/sh', '-c', 'sleep 5 & echo $!'], directWay), sh, sh);
    expect(left).toMatchObject({ code: 0, end: 'exit 0', left: [] });
    process.kill(Number(left.out));
  });

  it.each(loginShells)('are taken by the login shell %s within the command', async (login) => {
    expect(await run(launch(['/bin/sh', '-c', script], directWay), '/bin/sh', login)).toEqual(expected);
  });
});

it('what stands in a command means the same to every login shell', () => {
  for (const text of [launchText(false), attachText, probeText, forgetText, endText, pingText]) {
    const { command } = directWay({ values: '', text, ownSession: true })!;
    // csh takes "!x" for its history, fish two backslashes for one, and one before a quote for none; dropbear ends at 9000.
    expect(command).not.toMatch(/![^ =]|\\\\\\\\|\\'\\''|[^ -~]/);
    expect(command.length).toBeLessThan(9000);
  }
});
