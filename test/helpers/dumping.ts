import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupResult } from '../../src/backup/create/backup-job.ts';
import type { DumpDoor } from '../../src/backup/sources/run-dumps.ts';
import { type DumpSource, dumpSourceSchema } from '../../src/backup/sources/schema.ts';
import { Redactor } from '../../src/core/redaction.ts';
import { type BackupSetup, backUp } from './backing-up.ts';
import { localTarget, type TestHosts } from './hosts.ts';
import { restoreFrom } from './restoring.ts';

/** Secrets by reference, as tests know them: `env:NAME` of this record. */
export type Secrets = Record<string, string>;

/** Local programs, or those of the host `far` over ssh. */
export function dumpDoor(hosts: TestHosts, secrets: Secrets = {}): DumpDoor {
  const redactor = new Redactor();
  return {
    host: (name, signal) => hosts.open(name === undefined ? localTarget : hosts.far, signal),
    secret: async (ref) => {
      const value = secrets[ref.replace(/^env:/, '')];
      if (value === undefined) throw new Error(`no secret ${ref}`);
      redactor.add(value);
      return value;
    },
    redact: (text) => redactor.redact(text),
  };
}

/** Backs up sources as a runbook would write them. */
export function backUpDumps(
  sources: Record<string, unknown>[],
  repos: string[],
  door: DumpDoor,
  setup: BackupSetup & { paths?: string[] },
): Promise<BackupResult> {
  const { paths = [], ...rest } = setup;
  const dumps: DumpSource[] = sources.map((source) => dumpSourceSchema.parse(source));
  return backUp(paths, repos, { ...rest, dumps, dumpDoor: door });
}

/** Restores the newest snapshot and gives the folder of one source in it. */
export async function restoredSource(repo: string, target: string, id: string): Promise<string> {
  await restoreFrom(repo, { target });
  return join(target, '.oaops-dumps', id);
}

export function factsOf(
  folder: string,
): { dumps: { file: string; bytes: number; sha256: string }[] } & Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, 'source.json'), 'utf8'));
}
