import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
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

interface Odd {
  /** Instead of `export V=value`. */
  env?: string;
  /** What else happens on the far side, in place of a part of the text. */
  instead?: [part: string, other: string];
}

function launch(
  argv: readonly string[],
  way: typeof directWay,
  stdin = '',
  { env = 'export V=value\n', instead: [part, other] = ['', ''] }: Odd = {},
): ScriptWay {
  const unit = { n: mark, u: 'unit', env, h: stdin === '' ? 'none' : 'text', stay: '1' };
  const text = launchText(false).replace(part, () => other);
  expect(text.includes(other)).toBe(true);
  const long = env.length > 32_768 ? '1' : '';
  const values = `${assignments({ ...unit, once: '', long, ...textOn(stdin) })}set -- ${posixQuoteAll(['/', '', '', '', ...argv])}\n`;
  return way({ values, text, ownSession: true })!;
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

/** Runs a script that only asks or tidies, about the unit "unit". */
function ask(text: string, uid: number, home: string): string {
  const way = directWay({ values: assignments({ n: mark, u: 'unit', s: ':' }), text })!;
  const env = { PATH: '/usr/bin:/bin', HOME: home, XDG_STATE_HOME: home };
  return execFileSync('/bin/sh', ['-c', way.command], {
    input: way.stdin('end-word'),
    uid,
    env,
    stdio: 'pipe',
  }).toString();
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

  it.each(shells)('%s starts nothing when somebody else has made the marker a moment before', async (_name, sh) => {
    const made = 'mkdir -p "$oaops_b/$oaops_u";';
    const claimed = `${made} mkdir "$oaops_b/$oaops_u/claim";`;
    const begun = `${made} printf "" >"$oaops_b/$oaops_u/claim";`;
    const touch = ['/bin/sh', '-c', 'echo started'];
    for (const [when, others, end] of [
      ['make_unit || {', claimed, 'failed unit-claimed'],
      ['make_unit || {', made, 'failed unit-claimed'],
      ['make_unit || {', begun, 'failed unit-running'],
      ['refuse_known\n', made, 'failed unit-claimed'],
      ['refuse_known\n', begun, 'failed unit-running'],
    ] as const) {
      const way = launch(touch, plainWay, '', { instead: [when, `${others} ${when}`] });
      expect(await run(way, sh, sh)).toMatchObject({ out: '', end, left: ['unit'] });
    }
  });

  it.each(shells)(
    '%s tells all although the sender beside it was told to stop before it knew how',
    async (_name, sh) => {
      const late = 'beside() {\nsleep 1 >/dev/null 2>&1\n';
      const way = launch(['/bin/sh', '-c', 'echo one; exit 7'], directWay, '', { instead: ['beside() {\n', late] });
      expect(await run(way, sh, sh)).toEqual({ code: 0, out: 'one\n', err: '', end: 'exit 7', left: [] });
    },
  );

  it.each(shells)('%s ends no process that got the number of the sender beside it', async (_name, sh) => {
    const bystander = spawn('sleep', ['600'], { uid: 65_534 });
    const ended = new Promise((resolve) => bystander.once('exit', (_code, signal) => resolve(signal)));
    try {
      const way = launch(['/bin/sh', '-c', 'echo one'], plainWay, '', {
        instead: ['oaops_f=$! oaops_v', `oaops_f=${bystander.pid} oaops_v`],
      });
      await run(way, sh, sh);
    } finally {
      bystander.kill('SIGKILL');
    }
    expect(await ended).toBe('SIGKILL');
  });

  it.each(shells)('%s names variables that are too long for a process', async (_name, sh) => {
    const way = launch(['true'], plainWay, '', { env: `export V=${'x'.repeat(200_000)}\n` });
    expect(await run(way, sh, sh)).toMatchObject({ out: '', end: 'failed command-too-long', left: [] });
  });

  it.each([
    ['a recovery', probeText],
    ['an end', endText],
  ])('%s takes the claim also of a marker that was made at the same moment', (_what, text) => {
    const home = mkdtempSync(join(folder, 'home-'));
    chownSync(home, 65_534, 65_534);
    const raced = text.replace(
      'find_unit || make_unit',
      () => 'find_unit || mkdir -p "$oaops_b/$oaops_u" && make_unit',
    );
    expect(raced).not.toBe(text);
    ask(raced, 65_534, home);
    expect(readdirSync(join(home, 'oaops/units/unit'))).toEqual(['claim']);
  });

  it('a marker in /var/tmp below a folder of another account is none', () => {
    const uid = 64_998;
    const home = mkdtempSync(join(folder, 'home-'));
    const own = join(home, 'own');
    mkdirSync(own);
    for (const path of [home, own]) chownSync(path, uid, uid);
    const shared = `/var/tmp/oaops-${uid}`;
    mkdirSync(shared, { mode: 0o755 });
    try {
      symlinkSync(own, join(shared, 'unit'));
      expect(ask(probeText, uid, home)).toContain('not-started');
      expect(readdirSync(own)).toEqual([]);
      expect(readdirSync(join(home, 'oaops/units/unit'))).toContain('claim');
    } finally {
      rmSync(shared, { recursive: true });
    }
  });

  it('claims of recoveries are tidied away after a day, units that have begun are not', () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const units = join(home, 'oaops/units');
    for (const name of ['unit', 'old', 'begun']) mkdirSync(join(units, name, 'claim'), { recursive: true });
    // As earlier versions of oaops left it.
    writeFileSync(join(units, 'begun/pid'), '1 1 1\n');
    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
    for (const name of ['old', 'begun']) utimesSync(join(units, name, 'claim'), twoDaysAgo, twoDaysAgo);
    execFileSync('chown', ['-R', '65534', home]);
    ask(forgetText, 65_534, home);
    expect(readdirSync(units).sort()).toEqual(['begun', 'unit']);
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
