import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurable } from '../../core/durable-file.ts';

/** How the last backup of a group went on this machine. `running` that nobody ended is one that was killed. */
export interface LastRun {
  /** ISO UTC. */
  at: string;
  outcome: 'running' | 'ok' | 'failed';
  message?: string;
}

/** Remembers how the last backup of a group went: after one that failed nothing is removed. A run that made no snapshot leaves no other trace. */
export function noteRun(stateDir: string, repositoryId: string, group: string, run: LastRun): void {
  const runs = { ...readRuns(stateDir, repositoryId), [group]: run };
  writeFileDurable(fileOf(stateDir, repositoryId), `${JSON.stringify(runs)}\n`);
}

/** By group; empty when nothing is known. */
export function readRuns(stateDir: string, repositoryId: string): Record<string, LastRun> {
  try {
    const found = JSON.parse(readFileSync(fileOf(stateDir, repositoryId), 'utf8')) as Record<string, LastRun> | null;
    const valid = Object.entries(found ?? {}).filter(([, run]) => Number.isFinite(Date.parse(run?.at)));
    return Object.fromEntries(valid);
  } catch {
    return {};
  }
}

function fileOf(stateDir: string, repositoryId: string): string {
  return join(stateDir, 'backup-runs', `${repositoryId}.json`);
}
