import { copyFileSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { formatSize } from '../../core/units.ts';
import type { SmokeCheck } from './drill-spec.ts';

export interface SmokeResult {
  check: string;
  passed: boolean;
  message: string;
  durationMs: number;
}

/** Runs a program in the restored copy; the engine's own door, so that a timeout ends the whole tree. */
export type RunCommand = (
  argv: string[],
  cwd: string,
  timeoutMs: number,
) => Promise<{ exitCode: number | null; timedOut: boolean; tail: string }>;

/** One check after the other; a check that can't be made has failed. */
export async function runSmokeChecks(
  root: string,
  checks: readonly SmokeCheck[],
  run: RunCommand,
): Promise<SmokeResult[]> {
  const results: SmokeResult[] = [];
  for (const check of checks) {
    const startedAt = performance.now();
    let outcome: { passed: boolean; message: string };
    try {
      outcome = await runOne(root, check, run);
    } catch (error) {
      outcome = { passed: false, message: messageOf(error) };
    }
    const what = check.type === 'command' ? check.argv.join(' ') : check.file;
    results.push({ check: `${check.type} ${what}`, ...outcome, durationMs: Math.round(performance.now() - startedAt) });
  }
  return results;
}

async function runOne(root: string, check: SmokeCheck, run: RunCommand): Promise<{ passed: boolean; message: string }> {
  switch (check.type) {
    case 'file-exists': {
      const { size } = statSync(inside(root, check.file));
      return {
        passed: size >= check.minBytes,
        message: `${formatSize(size)}, at least ${formatSize(check.minBytes)} expected`,
      };
    }
    case 'canary': {
      const found = readFileSync(inside(root, check.file)).includes(check.contains);
      return { passed: found, message: found ? 'the canary is there' : 'the canary is not there' };
    }
    case 'sqlite':
      return sqlite(inside(root, check.file), check);
    case 'command': {
      const { exitCode, timedOut, tail } = await run(check.argv, root, check.timeoutSeconds * 1000);
      const message = timedOut
        ? 'timed out'
        : `exit code ${exitCode}${tail === '' ? '' : `: ${tail.slice(-500).trim()}`}`;
      return { passed: exitCode === 0, message };
    }
  }
}

/** A path of the source host in the restored copy. A link that leads out of it would show live data, so it is refused. */
function inside(root: string, file: string): string {
  const path = realpathSync(join(root, resolve('/', file)));
  if (!path.startsWith(`${realpathSync(root)}/`)) throw new Error(`${file} leads out of the restored copy`);
  return path;
}

/** On a copy, because opening a database with a journal beside it changes files. */
async function sqlite(
  file: string,
  check: SmokeCheck & { type: 'sqlite' },
): Promise<{ passed: boolean; message: string }> {
  const { default: Database } = await import('better-sqlite3');
  const folder = mkdtempSync(join(tmpdir(), 'oaops-smoke-'));
  try {
    const copy = join(folder, 'database');
    for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
    const database = new Database(copy, { fileMustExist: true });
    try {
      const integrity = database.pragma('integrity_check', { simple: true });
      if (integrity !== 'ok') return { passed: false, message: `integrity check: ${String(integrity)}` };
      const value: unknown = database.prepare(check.query).pluck().get();
      if (check.equals !== undefined && String(value) !== String(check.equals)) {
        return { passed: false, message: `${check.query} gave ${String(value)} instead of ${check.equals}` };
      }
      if (check.atLeast !== undefined && !(Number(value) >= check.atLeast)) {
        return { passed: false, message: `${check.query} gave ${String(value)}, at least ${check.atLeast} expected` };
      }
      return { passed: value !== undefined, message: `intact; ${check.query} gave ${String(value)}` };
    } finally {
      database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
