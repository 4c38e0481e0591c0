import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { Bench, Figure } from './bench.ts';

const program = fileURLToPath(new URL('../run.js', import.meta.url));
/** Rounds are long: medians of a few say enough. */
const maxRounds = 3;

interface Measured {
  wallS: number;
  cpuS: number;
  rssMib: number;
}

interface Tool {
  name: string;
  /** Makes an empty repository. */
  init(repo: string): [string, ...string[]];
  backup(repo: string, source: string, round: number): [string, ...string[]];
}

/**
 * Full backup and unchanged second backup beside restic and borg, where these are installed: the same tree, in turns, each
 * with its own encryption, oaops with two age recipients. Everything lies in memory when /dev/shm has room, so that
 * programs are measured and not a disk.
 */
export const bench: Bench = {
  title: 'Backup of 100,000 files, beside restic and borg',
  maxRuns: maxRounds,
  async run({ runs }) {
    if (!existsSync('/usr/bin/time')) throw new Error('GNU time is not installed (Debian package: time)');
    const dir = mkdtempSync(join(hasRoom('/dev/shm') ? '/dev/shm' : tmpdir(), 'oaops-bench-'));
    try {
      const source = join(dir, 'source');
      makeTree(source);
      const known = await toolsKnown();
      const tools = known.filter(({ name }) => name === 'oaops' || isInstalled(name));
      const missing = known.filter((tool) => !tools.includes(tool)).map(({ name }) => name.split(' ')[0]!);
      if (missing.length > 0) process.stderr.write(`not installed, so not measured: ${missing.join(', ')}\n`);
      const measured = new Map<string, Measured[]>();
      const loads: number[] = [];
      for (let round = 0; round < Math.min(runs, maxRounds); round++) {
        for (const tool of tools) {
          const place = join(dir, 'place');
          mkdirSync(place);
          const repo = join(place, 'repo');
          const env = environment(place);
          run(tool.init(repo), env);
          loads.push(loadavg()[0]!);
          note(measured, `${tool.name}, full`, run(tool.backup(repo, source, 0), env));
          note(measured, `${tool.name}, unchanged`, run(tool.backup(repo, source, 1), env));
          rmSync(place, { recursive: true });
        }
      }
      return { figures: figures(measured, loads), missing };
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

async function toolsKnown(): Promise<Tool[]> {
  const recipients = await Promise.all([0, 1].map(async () => identityToRecipient(await generateX25519Identity())));
  const given = recipients.flatMap((recipient) => ['--recipient', recipient]);
  return [
    {
      name: 'oaops',
      init: (repo) => [program, 'backup', 'init', '--repo', repo, ...given],
      backup: (repo, source) => [program, 'backup', 'create', source, '--repo', repo],
    },
    {
      name: 'restic',
      init: (repo) => ['restic', '-q', '-r', repo, 'init'],
      backup: (repo, source) => ['restic', '-q', '-r', repo, 'backup', source],
    },
    {
      name: 'borg (zstd,3)',
      init: (repo) => ['borg', 'init', '-e', 'repokey-blake2', repo],
      backup: (repo, source, round) => ['borg', 'create', '-C', 'zstd,3', `${repo}::a${round}`, source],
    },
  ];
}

function isInstalled(name: string): boolean {
  return spawnSync(name.split(' ')[0]!, ['--help']).error === undefined;
}

function environment(place: string): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/bin:/bin',
    HOME: place,
    OAOPS_STATE_DIR: join(place, 'state'),
    OAOPS_CACHE_DIR: join(place, 'cache'),
    RESTIC_PASSWORD: 'bench',
    BORG_PASSPHRASE: 'bench',
    BORG_BASE_DIR: place,
  };
}

/** GNU time(1) tells processor time and peak memory of the command with its children. */
function run(command: [string, ...string[]], env: NodeJS.ProcessEnv): Measured {
  const report = join(env['HOME']!, 'time');
  const began = performance.now();
  const { status, stderr } = spawnSync('/usr/bin/time', ['-o', report, '-f', '%U %S %M', ...command], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const wallS = (performance.now() - began) / 1000;
  if (status !== 0) throw new Error(`${command[0]} ended with ${status}: ${String(stderr)}`);
  const [user, system, rssKib] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
  return { wallS, cpuS: user! + system!, rssMib: rssKib! / 1024 };
}

function note(measured: Map<string, Measured[]>, name: string, one: Measured): void {
  const all = measured.get(name) ?? [];
  all.push(one);
  measured.set(name, all);
}

function figures(measured: Map<string, Measured[]>, loads: number[]): Figure[] {
  const load = `load before it ${Math.min(...loads).toFixed(1)}-${Math.max(...loads).toFixed(1)}`;
  return [...measured].map(([name, all]): Figure => {
    const wall = all.map(({ wallS }) => wallS);
    const cpu = median(all.map(({ cpuS }) => cpuS));
    const rss = Math.round(median(all.map(({ rssMib }) => rssMib)));
    return {
      name,
      median: `${median(wall).toFixed(2)} s`,
      range: `${Math.min(...wall).toFixed(2)}-${Math.max(...wall).toFixed(2)} s`,
      note: `CPU ${cpu.toFixed(1)} s, peak ${rss} MiB; ${all.length} rounds, ${load}`,
    };
  });
}

/** 100,000 files of text, a few of them large, and as many bytes that no compressor makes smaller as documents hold. */
function makeTree(source: string): void {
  const words = Array.from({ length: 4096 }, () =>
    randomBytes(4)
      .toString('hex')
      .slice(0, 2 + (randomBytes(1)[0]! % 7)),
  );
  const text = (bytes: number): string => {
    const picks = new Uint16Array(randomBytes(Math.ceil(bytes / 5) * 2).buffer.slice(0));
    let out = '';
    for (let i = 0; out.length < bytes; i++) out += `${words[picks[i % picks.length]! & 4095]} `;
    return out.slice(0, bytes);
  };
  for (let folder = 0; folder < 1000; folder++) {
    const dir = join(source, String(folder % 40), String(folder));
    mkdirSync(dir, { recursive: true });
    for (let file = 0; file < 100; file++) {
      // From 200 bytes to 40 KiB, most of them small.
      const bytes = 200 + Math.floor(40_000 * (((folder * 100 + file) % 97) / 97) ** 4);
      writeFileSync(join(dir, `file-${file}.txt`), file % 10 === 9 ? randomBytes(bytes) : text(bytes));
    }
  }
  for (let i = 0; i < 4; i++) writeFileSync(join(source, `large-${i}`), randomBytes(64 * 1024 * 1024));
}

function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > 6 * 1024 ** 3;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
