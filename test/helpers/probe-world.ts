import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnswerReader } from '../../src/inspect/probe/read.ts';
import { probeScript } from '../../src/inspect/probe/script.ts';
import type { About, Answer, HostCheckType, Judged } from '../../src/inspect/types.ts';
import { withoutLoops } from './mount-namespace.ts';

/** Shells in which probes must run; for BusyBox its own programs come first. */
export const shells = ['dash', 'busybox', 'bash'].filter((shell) => existsSync(`/usr/bin/${shell}`));

export const isRoot = process.getuid?.() === 0;

export interface World {
  shell?: string;
  /** As root: files that stand in the place of others while the probe runs, by their path. */
  over?: Record<string, string>;
  /** Programs that the probe does not find by `has` and `need`. */
  without?: string[];
  /** As root: commands before the probe, in a mount namespace of its own. */
  before?: string;
  kept?: unknown;
  /** Folders before those of the PATH. */
  path?: string;
}

/** Runs the probe of a check on this machine, by a real shell, as `askHost` has it run on a host. */
export function probed<With>(type: HostCheckType<With>, args: unknown, world: World = {}): Answer {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-probe-'));
  try {
    return runProbe(type, type.withSchema.parse(args), world, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As `probed`, and what the check says of it. */
export function probedAndJudged<With>(type: HostCheckType<With>, args: unknown, world: World = {}): Judged {
  const askedMs = Date.now();
  const answer = probed(type, args, world);
  if (answer.exitCode !== 0 && !type.readsExit)
    return { state: answer.exitCode === 124 ? 'not-applicable' : 'error', message: answer.err };
  return judged(type, args, answer, { askedMs, answeredMs: Date.now(), nowMs: Date.now(), kept: world.kept });
}

/** What a check says of the lines. */
export function judged<With>(
  type: HostCheckType<With>,
  args: unknown,
  answer: Partial<Answer> | string,
  about: Partial<About> = {},
): Judged {
  const said: Partial<Answer> = typeof answer === 'string' ? { lines: linesOf(answer) } : answer;
  return type.judge(
    type.withSchema.parse(args),
    { exitCode: 0, lines: [], err: '', truncated: false, ...said },
    { host: { name: 'h1', address: '127.0.0.1' }, nowMs: 0, askedMs: 0, answeredMs: 0, kept: undefined, ...about },
  );
}

function linesOf(text: string): string[] {
  return text
    .replace(/^\n/, '')
    .replace(/\n\s*$/, '')
    .split('\n');
}

function runProbe<With>(type: HostCheckType<With>, args: With, world: World, folder: string): Answer {
  const { shell = 'dash', over = {}, without = [], before = '' } = world;
  const mark = 'mark-of-a-test';
  const { text, words } = probeScript([{ id: 'q0', type: type as never, words: type.words(args, world.kept) }], mark);
  const command = shell === 'busybox' ? ['busybox', 'sh', '-c'] : [shell, '-c'];
  const mounts = [
    ...Object.entries(over).map(([path, content], index) => {
      writeFileSync(join(folder, `over-${index}`), content);
      return `mount --bind ${join(folder, `over-${index}`)} ${path}`;
    }),
    ...(before === '' ? [] : [before]),
  ];
  const applets = join(folder, 'applets');
  if (shell === 'busybox') {
    mkdirSync(applets);
    spawnSync('busybox', ['--install', '-s', applets]);
  }
  const path = [world.path, shell === 'busybox' ? applets : undefined, process.env['PATH'], '/usr/sbin:/sbin']
    .filter((part) => part !== undefined)
    .join(':');
  const blind =
    without.length === 0
      ? ''
      : `command() { case " ${without.join(' ')} " in *" $2 "*) return 1 ;; esac; type "$2" >/dev/null 2>&1; }\n`;
  const argv = [...command, blind + text, 'oaops', ...words];
  const whole =
    mounts.length === 0
      ? argv
      : [
          'unshare',
          '-m',
          'sh',
          '-e',
          '-c',
          `${withoutLoops}\n${mounts.join('\n')}\nPATH=$1; shift; exec "$@"`,
          'sh',
          path,
          ...argv,
        ];
  const run = spawnSync(whole[0]!, whole.slice(1), {
    encoding: 'utf8',
    input: '',
    timeout: 50_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { PATH: mounts.length === 0 ? path : process.env['PATH'], HOME: folder },
  });
  const reader = new AnswerReader(mark, () => {});
  for (const [stream, said] of [
    ['stderr', run.stderr],
    ['stdout', run.stdout],
  ] as const)
    for (const line of said.replace(/\n$/, '').split('\n')) reader.push(stream, line, false);
  const answer = reader.answers().get('q0');
  if (!answer) throw new Error(`the probe did not end: ${run.stderr}\n${run.stdout}`);
  return answer;
}
