import { spawn } from 'node:child_process';
import { lstatSync, lutimesSync } from 'node:fs';
import { Readable } from 'node:stream';
import { type ByteString, forFs, toBytes } from '../format/byte-string.ts';
import { formatTimeNs } from '../format/times.ts';
import { isFine } from './time-precision.ts';

export interface TimeToSet {
  path: ByteString;
  mtimeNs: bigint;
}

/** Numbers of utimensat(2) in the system call tables of Linux. */
const utimensat: Record<string, number> = { x64: 280, arm64: 88, riscv64: 88, ppc64: 304, s390x: 315 };

/** `seconds nanoseconds path` records, ended by NUL, on stdin; -100 is AT_FDCWD, 256 is AT_SYMLINK_NOFOLLOW. */
const perlProgram = `$/ = "\\0"; my $failed = 0;
while (<STDIN>) { chomp; my ($s, $n, $p) = split / /, $_, 3;
my $t = pack("q4", $s, $n, $s, $n); $failed = 1 if syscall($ARGV[0], -100, $p, $t, 256) != 0; }
exit $failed;`;

/**
 * Sets modification times to the nanosecond, never through a link. Times that are finer than what Node.js sets go to perl in one
 * process (perl-base is on every Debian), and where there is none to touch(1). Not all are looked at again, unless one is not
 * right: see `tellingOf`.
 * @param root folder that the paths are below
 * @returns the paths whose time is not exact
 */
export async function setTimes(root: ByteString, times: Iterable<TimeToSet>): Promise<ByteString[]> {
  const fine: TimeToSet[] = [];
  for (const time of times) {
    if (isFine(time.mtimeNs)) {
      fine.push(time);
      continue;
    }
    const seconds = Number(time.mtimeNs) / 1e9;
    try {
      lutimesSync(forFs(`${root}/${time.path}`), seconds, seconds);
    } catch {
      // Told below, when it is looked at again.
    }
    // A double is not exact for all of them.
    if (!isExact(root, time)) fine.push(time);
  }
  if (fine.length === 0) return [];
  const number = utimensat[process.arch];
  let rest: readonly TimeToSet[] = fine;
  if (process.platform === 'linux' && number !== undefined) {
    const code = await feed('perl', ['-e', perlProgram, String(number)], recordsOf(root, fine, perlRecord));
    if (code === 0 && tellingOf(fine).every((time) => isExact(root, time))) return [];
    rest = fine.filter((time) => !isExact(root, time));
  }
  if (rest.length > 0) {
    await feed('xargs', ['-0', '-n', '3', 'touch', '-h', '-d'], recordsOf(root, rest, touchRecord));
    rest = rest.filter((time) => !isExact(root, time));
  }
  return rest.map(({ path }) => path);
}

/** Seconds from 1970 to 2038, which every file system of Linux holds. */
const heldByAll = { from: 0n, below: 2n ** 31n };

/**
 * Those that show what the file system made of all of them: of each folder one with the finest time, because what is right of that is
 * right of coarser ones, and every one that some file systems are too small for: the kernel sets their latest time without an
 * error. Objects of one folder follow each other.
 */
function tellingOf(times: readonly TimeToSet[]): TimeToSet[] {
  const telling: TimeToSet[] = [];
  let folder: ByteString | undefined;
  let finest: TimeToSet | undefined;
  for (const time of times) {
    const seconds = time.mtimeNs / 1_000_000_000n;
    if (time.mtimeNs < heldByAll.from || seconds >= heldByAll.below) telling.push(time);
    const own = time.path.slice(0, Math.max(0, time.path.lastIndexOf('/')));
    if (finest && own !== folder) telling.push(finest);
    if (!finest || own !== folder || grain(time) < grain(finest)) finest = time;
    folder = own;
  }
  if (finest) telling.push(finest);
  return telling;
}

/** File systems count in nanoseconds, in tens or in hundreds of them (NTFS, SMB), or less finely. */
function grain({ mtimeNs }: TimeToSet): number {
  return mtimeNs % 10n !== 0n ? 1 : mtimeNs % 100n !== 0n ? 10 : 100;
}

function isExact(root: ByteString, { path, mtimeNs }: TimeToSet): boolean {
  try {
    return lstatSync(forFs(`${root}/${path}`), { bigint: true }).mtimeNs === mtimeNs;
  } catch {
    return false;
  }
}

function perlRecord(root: ByteString, { path, mtimeNs }: TimeToSet): ByteString {
  const nanos = ((mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return `${(mtimeNs - nanos) / 1_000_000_000n} ${nanos} ${root}/${path}\0`;
}

/** Three arguments for each call: the time, `--`, the path. */
function touchRecord(root: ByteString, { path, mtimeNs }: TimeToSet): ByteString {
  return `@${formatTimeNs(mtimeNs)}\0--\0${root}/${path}\0`;
}

/** A part at a time: those of a hundred thousand files together take 40 MiB. */
function* recordsOf(
  root: ByteString,
  times: readonly TimeToSet[],
  record: (root: ByteString, time: TimeToSet) => ByteString,
): Generator<ByteString> {
  for (let from = 0; from < times.length; from += 1000)
    yield times
      .slice(from, from + 1000)
      .map((time) => record(root, time))
      .join('');
}

/** Runs a program with these bytes on stdin; whether it worked is seen in what it did. */
export function feed(
  program: string,
  args: readonly string[],
  input: ByteString | Iterable<ByteString>,
): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC0' },
    });
    child.on('error', () => resolve(127));
    child.on('close', resolve);
    child.stdin.on('error', () => undefined);
    Readable.from(bytesOf(typeof input === 'string' ? [input] : input), { objectMode: false }).pipe(child.stdin);
  });
}

function* bytesOf(texts: Iterable<ByteString>): Generator<Buffer> {
  for (const text of texts) if (text !== '') yield toBytes(text);
}
