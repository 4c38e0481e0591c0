import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { formatSize } from '../../core/units.ts';
import type { SmokeCheck } from './drill-spec.ts';
import { inside } from './inside.ts';
import type { RunCommand } from './load/types.ts';

export interface SmokeResult {
  check: string;
  passed: boolean;
  message: string;
  durationMs: number;
}

/** What checks of databases ask. */
export interface Databases {
  first(id: string, query: string): Promise<string | undefined>;
}

/** One check after the other; a check that can't be made has failed. */
export async function runSmokeChecks(
  root: string,
  checks: readonly SmokeCheck[],
  run: RunCommand,
  databases: Databases,
): Promise<SmokeResult[]> {
  const results: SmokeResult[] = [];
  for (const check of checks) {
    const startedAt = performance.now();
    let outcome: { passed: boolean; message: string };
    try {
      outcome = await runOne(root, check, run, databases);
    } catch (error) {
      outcome = { passed: false, message: messageOf(error) };
    }
    results.push({
      check: `${check.type} ${subjectOf(check)}`,
      ...outcome,
      durationMs: Math.round(performance.now() - startedAt),
    });
  }
  return results;
}

function subjectOf(check: SmokeCheck): string {
  if (check.type === 'command') return check.argv.join(' ');
  return check.type === 'sql' ? `${check.load}: ${check.query}` : check.file;
}

async function runOne(
  root: string,
  check: SmokeCheck,
  run: RunCommand,
  databases: Databases,
): Promise<{ passed: boolean; message: string }> {
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
    case 'sql':
      return judgeValue(await databases.first(check.load, check.query), check);
    case 'command': {
      const { exitCode, timedOut, tail } = await run(check.argv, root, check.timeoutSeconds * 1000);
      const message = timedOut
        ? 'timed out'
        : `exit code ${exitCode}${tail === '' ? '' : `: ${tail.slice(-500).trim()}`}`;
      return { passed: exitCode === 0, message };
    }
  }
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
      const { passed, message } = judgeValue(value === undefined ? undefined : String(value), check);
      return { passed, message: passed ? `the database is intact; ${message}` : message };
    } finally {
      database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Numbers are compared as numbers where one is expected: `3`, `3.0` and `3.00` are the same. */
function judgeValue(
  value: string | undefined,
  { query, equals, atLeast }: { query: string; equals?: string | number | undefined; atLeast?: number | undefined },
): { passed: boolean; message: string } {
  if (value === undefined) return { passed: false, message: `${query} gave nothing` };
  const number = value.trim() === '' ? Number.NaN : Number(value);
  const same = typeof equals === 'number' ? number === equals || value === String(equals) : value === equals;
  if (equals !== undefined && !same) return { passed: false, message: `${query} gave ${value} instead of ${equals}` };
  if (atLeast !== undefined && !(number >= atLeast))
    return { passed: false, message: `${query} gave ${value}, at least ${atLeast} expected` };
  return { passed: true, message: `${query} gave ${value}` };
}
