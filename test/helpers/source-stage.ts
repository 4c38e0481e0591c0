import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountDoors } from '../../src/accounts/ports.ts';
import { type SourceSpec, sourceSchema } from '../../src/accounts/schema/sources.ts';
import { readSource } from '../../src/accounts/sources/read.ts';
import { usageError } from '../../src/core/errors.ts';
import { memoryFacts } from './probe.ts';

/** 30 November 2026, noon in Shanghai. */
export const noon = Date.parse('2026-11-30T12:00:00+08:00');

/** A folder with the files of sources, and doors that read from it; a door that a test does not give is never opened. */
export function sourceStage(more: Partial<AccountDoors> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-sources-'));
  const facts = memoryFacts();
  const absent = () => {
    throw new Error('this door is not expected to be opened');
  };
  const doors: AccountDoors = {
    ldap: absent,
    sql: absent,
    host: absent,
    hostNames: absent,
    secret: async (ref) => `secret of ${ref}`,
    facts: async () => facts,
    async readFile(path, maxBytes) {
      const { size, mtimeMs } = statSync(path);
      if (size > maxBytes) throw usageError('file-too-large', `${path} is too large`);
      return { bytes: readFileSync(path), modifiedMs: mtimeMs };
    },
    nowMs: () => noon,
    timeZone: 'Asia/Shanghai',
    baseDir: folder,
    ...more,
  };
  const stage = {
    folder,
    facts,
    doors,
    write(name: string, content: string | Uint8Array, modified = '2026-11-30T08:00:00+08:00') {
      const path = join(folder, name);
      writeFileSync(path, content);
      utimesSync(path, new Date(modified), new Date(modified));
      return path;
    },
    read: (spec: object, at = doors) => readSource(specOf(spec), at, new AbortController().signal),
    /** Reads a list. */
    csv(text: string | Uint8Array, spec: object = {}) {
      stage.write('roster.csv', text);
      return stage.read({ type: 'csv', file: 'roster.csv', ...spec });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  return stage;
}

export function specOf(spec: object): SourceSpec {
  return sourceSchema.parse({ id: 'hr', ...spec });
}
