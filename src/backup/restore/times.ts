import { spawn } from 'node:child_process';
import { lstatSync, lutimesSync } from 'node:fs';
import { type ByteString, forFs, toBytes } from '../format/byte-string.ts';
import { formatTimeNs } from '../format/times.ts';

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
 * Sets modification times to the nanosecond, never through a link. Node.js takes seconds as a double, which is right to about
 * 200 ns: those that come out right that way are done, the others go to perl in one process (perl-base is on every Debian),
 * and where there is none to touch(1). Returns the paths that still are not exact.
 * @param root folder that the paths are below
 */
export async function setTimes(root: ByteString, times: Iterable<TimeToSet>): Promise<ByteString[]> {
  let rest: TimeToSet[] = [];
  for (const time of times) {
    const seconds = Number(time.mtimeNs) / 1e9;
    try {
      lutimesSync(forFs(`${root}/${time.path}`), seconds, seconds);
    } catch {
      // Told below, when it is looked at again.
    }
    if (!isExact(root, time)) rest.push(time);
  }
  if (rest.length === 0) return [];
  const number = utimensat[process.arch];
  if (process.platform === 'linux' && number !== undefined) {
    await feed('perl', ['-e', perlProgram, String(number)], perlRecords(root, rest));
    rest = rest.filter((time) => !isExact(root, time));
  }
  if (rest.length > 0) {
    await feed('xargs', ['-0', '-n', '3', 'touch', '-h', '-d'], touchRecords(root, rest));
    rest = rest.filter((time) => !isExact(root, time));
  }
  return rest.map(({ path }) => path);
}

function isExact(root: ByteString, { path, mtimeNs }: TimeToSet): boolean {
  try {
    return lstatSync(forFs(`${root}/${path}`), { bigint: true }).mtimeNs === mtimeNs;
  } catch {
    return false;
  }
}

function perlRecords(root: ByteString, times: readonly TimeToSet[]): ByteString {
  return times
    .map(({ path, mtimeNs }) => {
      const nanos = ((mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
      return `${(mtimeNs - nanos) / 1_000_000_000n} ${nanos} ${root}/${path}\0`;
    })
    .join('');
}

/** Three arguments for each call: the time, `--`, the path. */
function touchRecords(root: ByteString, times: readonly TimeToSet[]): ByteString {
  return times.map(({ path, mtimeNs }) => `@${formatTimeNs(mtimeNs)}\0--\0${root}/${path}\0`).join('');
}

/** Runs a program with these bytes on stdin; whether it worked is seen in what it did. */
export function feed(program: string, args: readonly string[], input: ByteString): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC0' },
    });
    child.on('error', () => resolve(127));
    child.on('close', resolve);
    child.stdin.on('error', () => undefined);
    child.stdin.end(toBytes(input));
  });
}
