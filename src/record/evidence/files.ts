import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf, messageOf } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import type { OpenedRecord } from '../open.ts';
import type { JournalRow, RunInputRow } from '../types.ts';
import { type EvidenceManifest, type EvidenceMember, evidenceFile } from './format.ts';
import { isMemberName } from './ustar.ts';

/** A file that goes into a bundle. */
export interface FileMember extends EvidenceMember {
  path: string;
}

/** Path of a file that a journal row names in `outputs`. */
type OutputPath = (row: JournalRow, name: string) => string;

interface NamedFile {
  path: string;
  /** In the bundle. */
  name: string;
  /** Hash that the record holds of it. */
  expected: string;
  source: NonNullable<EvidenceMember['source']>;
}

/** Outputs of the steps and files that people gave as evidence. */
export function namedFiles(journal: JournalRow[], inputs: RunInputRow[], outputPath: OutputPath): NamedFile[] {
  const outputs = journal.flatMap((row) =>
    row.outputs.map((output) => ({
      path: outputPath(row, output.name),
      name: memberNameOf(['outputs', row.step, row.unit, `${row.seq}-${output.name}`]),
      expected: output.sha256,
      source: { journalSeq: row.seq, output: output.name },
    })),
  );
  const given = inputs.flatMap((input, index) => {
    const file = evidenceFile(input.body);
    const name = memberNameOf(['outputs', 'given', `${index + 1}-${file?.name}`]);
    return file
      ? [{ path: file.path, name, expected: file.sha256, source: { input: index + 1, file: file.name } }]
      : [];
  });
  return [...outputs, ...given];
}

type Looked = Map<string, Awaited<ReturnType<typeof hashFile>>>;

/** Looked at before the export is told to the chain, because reading them takes long, and the chain tells which are gone. */
export async function lookAtFiles({ runs }: OpenedRecord, runId: string, outputPath: OutputPath): Promise<Looked> {
  const looked: Looked = new Map();
  for (const { path } of namedFiles(await runs.journal(runId), await runs.inputs(runId), outputPath))
    looked.set(path, await hashFile(path));
  return looked;
}

export function filesOf(
  named: NamedFile[],
  looked: Looked,
): Pick<EvidenceManifest, 'missing'> & { files: FileMember[] } {
  const files: FileMember[] = [];
  const missing: EvidenceManifest['missing'] = [];
  for (const { path, name, expected, source } of named) {
    const file = looked.get(path) ?? { reason: 'it was written while the bundle was made' };
    if ('reason' in file) missing.push({ source, reason: file.reason });
    else if (file.sha256 !== expected)
      missing.push({ source, reason: 'the file is not the one that the record names' });
    else files.push({ name, ...file, source, path });
  }
  return { files, missing };
}

/** A short, plain name; the manifest says what it really was. Names made too long or unlike are still told apart. */
function memberNameOf(parts: string[]): string {
  const plain = parts.map((part) => part.replace(/[^A-Za-z0-9._@+~-]/g, '_').replace(/^\.+/, '_') || '_').join('/');
  if (isMemberName(plain) && plain === parts.join('/')) return plain;
  return `outputs/${sha256Hex(parts.join('/')).slice(0, 16)}-${plain.split('/').at(-1)!.slice(-60)}`;
}

async function hashFile(path: string): Promise<{ sha256: string; sizeBytes: number } | { reason: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    for await (const piece of createReadStream(path)) {
      hash.update(piece);
      sizeBytes += piece.length;
    }
  } catch (error) {
    return {
      reason:
        errnoOf(error) === 'ENOENT'
          ? `there is no such file on ${hostname()}: outputs stay in the state folder of the machine that ran the step`
          : messageOf(error),
    };
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}
