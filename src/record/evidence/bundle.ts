import { createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isoTime } from '../../core/clock.ts';
import { fsyncDir } from '../../core/durable-file.ts';
import { messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { digestOf, sha256Hex } from '../../core/json.ts';
import { keyFingerprint, signWithSshKey } from '../../core/ssh-signature.ts';
import { auditRowOf } from '../audit/chain.ts';
import type { WriteTransaction } from '../db/database.ts';
import type { OpenedRecord } from '../open.ts';
import { inputRow, journalRow, runRow } from '../rows.ts';
import type { AuditAnchor, JournalRow, RunInputRow, RunRow } from '../types.ts';
import { type FileMember, filesOf, lookAtFiles, namedFiles } from './files.ts';
import {
  anchorOf,
  belongsTo,
  type DocumentName,
  documentNames,
  documentText,
  type EvidenceManifest,
  type ExportedDetails,
  evidenceFormat,
  evidenceFormatVersion,
  linesText,
  manifestName,
  manifestText,
  type SliceRow,
  signatureName,
} from './format.ts';

export interface EvidenceOptions {
  runId: string;
  out: string;
  /** Path of a file that a journal row names in `outputs`. */
  outputPath(row: JournalRow, name: string): string;
  /** SSH key that signs the manifest; absent = not signed. */
  keyFile?: string;
  createdBy: string;
  oaopsVersion: string;
}

export interface EvidenceSummary {
  path: string;
  run: string;
  sizeBytes: number;
  members: number;
  missing: EvidenceManifest['missing'];
  signedBy: string | null;
  anchor: AuditAnchor;
}

interface Contents {
  run: RunRow;
  plan: { text: string; value: { digest?: string; runbook?: { text?: string } } };
  journal: JournalRow[];
  inputs: RunInputRow[];
  slice: SliceRow[];
  anchor: AuditAnchor;
}

/**
 * Writes the evidence bundle of a run. The export itself becomes a row of the audit chain, which holds the digests of what
 * was handed out; it ends the slice.
 * @throws OaopsError `evidence-exists` (exit 2), `run-not-found`, `evidence-archived`, `signing-failed`
 */
export async function exportEvidence(record: OpenedRecord, options: EvidenceOptions): Promise<EvidenceSummary> {
  if (options.out === '-')
    throw usageError('evidence-stdout', 'a bundle cannot be written to standard output', {
      next: 'Name a file with --out.',
    });
  if (existsSync(options.out))
    throw usageError('evidence-exists', `${options.out} exists already`, {
      next: 'Name another file; evidence is never overwritten.',
    });
  const signer = options.keyFile === undefined ? null : { fingerprint: await keyFingerprint(options.keyFile) };
  const looked = await lookAtFiles(record, options.runId, options.outputPath);
  const found = (journal: JournalRow[], inputs: RunInputRow[]) =>
    filesOf(namedFiles(journal, inputs, options.outputPath), looked);
  const contents = await collect(record, options.runId, (journal, inputs) => ({
    missingSha256: digestOf(found(journal, inputs).missing),
    signer: signer?.fingerprint ?? null,
  }));
  const { files, missing } = found(contents.journal, contents.inputs);

  const documents: Record<DocumentName, string> = {
    'runbook.yaml': contents.plan.value.runbook?.text ?? '',
    'plan.json': `${contents.plan.text}\n`,
    'run.json': documentText(contents.run),
    'journal.ndjson': linesText(contents.journal),
    'inputs.ndjson': linesText(contents.inputs),
    'audit.ndjson': linesText(contents.slice),
    'anchor.json': documentText(contents.anchor),
  };
  const manifest = manifestText({
    format: evidenceFormat,
    formatVersion: evidenceFormatVersion,
    run: contents.run.id,
    record: record.id,
    createdAt: contents.anchor.at,
    createdBy: options.createdBy,
    oaopsVersion: options.oaopsVersion,
    planDigest: contents.run.digest,
    members: [
      ...documentNames.map((name) => ({
        name,
        sizeBytes: Buffer.byteLength(documents[name]),
        sha256: sha256Hex(documents[name]),
      })),
      ...files.map(({ path: _, ...member }) => member),
    ],
    missing,
    signer,
  });
  const signature =
    options.keyFile === undefined ? undefined : await signWithSshKey(options.keyFile, 'oaops-evidence', manifest);
  const texts: [string, string][] = [
    [manifestName, manifest],
    ...(signature === undefined ? [] : [[signatureName, signature] as [string, string]]),
    ...documentNames.map((name): [string, string] => [name, documents[name]]),
  ];
  await writeTar(options.out, texts, files, new Date(contents.anchor.at));
  const { size } = await stat(options.out);
  return {
    path: options.out,
    run: contents.run.id,
    sizeBytes: size,
    members: texts.length + files.length,
    missing,
    signedBy: signer?.fingerprint ?? null,
    anchor: contents.anchor,
  };
}

export function summaryText(summary: EvidenceSummary): string {
  const signed = summary.signedBy
    ? `signed with ${summary.signedBy}`
    : 'not signed (set signing.key in the configuration, or use --key)';
  const missing = summary.missing.map(({ source, reason }) => `left out ${Object.values(source).join(' ')}: ${reason}`);
  return [`${summary.path}: evidence of run ${summary.run}, ${summary.members} members, ${signed}`, ...missing].join(
    '\n',
  );
}

/** Everything of the run as of one moment, and the row that says it was exported. */
async function collect(
  record: OpenedRecord,
  runId: string,
  told: (journal: JournalRow[], inputs: RunInputRow[]) => Pick<ExportedDetails, 'missingSha256' | 'signer'>,
): Promise<Contents> {
  const contents = await record.database.write(async (tx) => {
    const run = await tx.db.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirst();
    const plan = await tx.db.selectFrom('plans').select('plan').where('run_id', '=', runId).executeTakeFirst();
    if (!run || !plan)
      throw usageError('run-not-found', `there is no run "${runId}"`, { next: 'List them with "oaops runs list".' });
    const journal = (
      await tx.db.selectFrom('journal').selectAll().where('run_id', '=', runId).orderBy('seq').execute()
    ).map(journalRow);
    const inputs = (
      await tx.db.selectFrom('run_inputs').selectAll().where('run_id', '=', runId).orderBy('seq').execute()
    ).map(inputRow);
    const first = await firstAuditRow(tx, runId);
    const row = runRow(run);
    const exported = await tx.audit({
      action: 'evidence.exported',
      subject: runId,
      details: {
        rows: journal.length,
        runSha256: digestOf(row),
        planSha256: sha256Hex(plan.plan),
        journalSha256: sha256Hex(linesText(journal)),
        inputsSha256: sha256Hex(linesText(inputs)),
        ...told(journal, inputs),
      } satisfies ExportedDetails,
    });
    return { run: row, plan: { text: plan.plan, value: JSON.parse(plan.plan) }, journal, inputs, first, exported };
  });
  // Outside the transaction, so that a long slice holds up nobody: these rows never change again.
  const slice: SliceRow[] = [];
  for await (const row of record.audit.rows(contents.first, contents.exported.seq)) {
    slice.push(belongsTo(row, runId) ? row : { seq: row.seq, prevHash: row.prevHash, hash: row.hash });
  }
  return { ...contents, slice, anchor: anchorOf(contents.exported, isoTime(record.database.clock.nowMs()), record.id) };
}

async function firstAuditRow(tx: WriteTransaction, runId: string): Promise<number> {
  const row = await tx.db
    .selectFrom('audit')
    .selectAll()
    .where('subject', '=', runId)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  if (row && auditRowOf(row).action === 'run.created') return row.seq;
  throw new OaopsError('evidence-archived', `the audit rows of run ${runId} were archived`, {
    next: 'Look for the bundle that was exported before "oaops record prune", or for the archive.',
  });
}

/** Written beside and renamed, so that a half bundle never has the name of a whole one. */
async function writeTar(out: string, texts: [string, string][], files: FileMember[], date: Date): Promise<void> {
  const { TarArchive } = await import('archiver');
  const temporary = `${out}.${process.pid}.tmp`;
  const common = { date, mode: 0o644 };
  try {
    // One file at a time is looked up: members stand in the order of the manifest, which verification holds them to.
    const archive = new TarArchive({ statConcurrency: 1 });
    const written = pipeline(archive, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }));
    for (const [name, text] of texts) archive.append(Buffer.from(text), { name, ...common });
    for (const { name, path } of files) archive.file(path, { name, ...common });
    await Promise.all([archive.finalize(), written]);
    const file = await open(temporary, 'r');
    await file.sync();
    await file.close();
    await rename(temporary, out);
    fsyncDir(dirname(out));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error instanceof OaopsError
      ? error
      : new OaopsError('evidence-not-written', `the bundle could not be written to ${out}: ${messageOf(error)}`, {
          cause: error,
        });
  }
}
