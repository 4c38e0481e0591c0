import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import { makePrivateDir } from '../../core/private-dir.ts';
import { type ExitRecord, type PidRecord, parseExit, parsePid } from './exit.ts';

/** How long a supervisor may take from its claim to its pid before it counts as dead; on a busy machine it takes seconds. */
export const longestStartMs = 10_000;

/** What one look at a unit found. */
export type Watch = 'exited' | 'gone' | 'alive' | 'starting';

/** The folder on the local machine in which a supervisor keeps what becomes of a unit. */
export class MarkerFolder {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Makes it anew, with empty outputs. @throws OaopsError `unit-running` */
  static create(dir: string): MarkerFolder {
    const folder = new MarkerFolder(dir);
    if (existsSync(dir)) {
      if (folder.watch() === 'alive') {
        throw new OaopsError('unit-running', `the command ${folder.name} is already running`, {
          next: 'Wait for it, or resume its run.',
        });
      }
      folder.remove();
    }
    try {
      makePrivateDir(dirname(dir));
      mkdirSync(dir, { mode: 0o700 });
      for (const name of ['out', 'err']) writeFileSync(join(dir, name), '', { mode: 0o600 });
      // On a full disk, empty files can still be made: better to know now than when the supervisor cannot say what it does.
      writeFileSync(join(dir, 'pid.tmp'), '0\n', { mode: 0o600 });
    } catch (error) {
      folder.remove();
      throw new OaopsError(
        'marker-folder-unwritable',
        `the marker of a command cannot be written: ${messageOf(error)}`,
        {
          next: 'Make the state folder writable and give it space.',
          cause: error,
        },
      );
    }
    return folder;
  }

  /** Name of the unit. */
  get name(): string {
    return basename(this.dir);
  }

  get exit(): ExitRecord | undefined {
    return parseExit(this.#read('exit'));
  }

  get pid(): PidRecord | undefined {
    return parsePid(this.#read('pid'));
  }

  /** Time between the start of the supervisor and its end, by the files; 0 when one is missing. */
  get durationMs(): number {
    const at = (name: string) => statSync(join(this.dir, name), { throwIfNoEntry: false })?.mtimeMs;
    return Math.max(0, (at('exit') ?? 0) - (at('pid') ?? Number.POSITIVE_INFINITY));
  }

  watch(): Watch {
    if (this.exit) return 'exited';
    const record = this.pid;
    if (!record) return existsSync(this.dir) ? 'starting' : 'gone';
    if (isAlive(record)) return 'alive';
    // It may have ended between the two looks.
    return this.exit ? 'exited' : 'gone';
  }

  /**
   * True when the unit never began and never can: this call, or one before it, claimed it in place of a supervisor. Such a
   * claim is a folder, that of a supervisor a file: who dies right after claiming must not look like a supervisor that did.
   * With a pid it is one of a supervisor in any case: earlier ones made folders.
   */
  claim(): boolean {
    makePrivateDir(this.dir);
    const claim = join(this.dir, 'claim');
    try {
      mkdirSync(claim, { mode: 0o700 });
      return true;
    } catch (error) {
      const isFolder = statSync(claim, { throwIfNoEntry: false })?.isDirectory() === true;
      if (errnoOf(error) === 'EEXIST') return isFolder && !existsSync(join(this.dir, 'pid'));
      throw error;
    }
  }

  /** Writes that the command was not started; only for who holds the claim. */
  refuse(reason: string): void {
    writeFileSync(join(this.dir, 'exit'), `failed ${reason}\n`);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  #read(name: string): string {
    return readText(join(this.dir, name));
  }
}

function isAlive(record: PidRecord): boolean {
  const bootId = readText('/proc/sys/kernel/random/boot_id').trim();
  if (bootId !== '' && record.bootId !== '-' && bootId !== record.bootId) return false;
  if (record.startTime === '-') {
    try {
      process.kill(record.pid, 0);
      return true;
    } catch {
      return false;
    }
  }
  const stat = readText(`/proc/${record.pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended already; its parent has not looked yet.
  return fields[19] === record.startTime && fields[0] !== 'Z' && fields[0] !== 'X';
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
