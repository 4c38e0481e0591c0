import { canonicalJson, sha256Hex } from '../../core/json.ts';
import type { AuditAnchor, AuditRow } from '../types.ts';

/**
 * An evidence bundle is one plain tar file, in which every byte is determined by its contents: fixed order, mode, owner
 * and time of members, nothing but regular files. So that no byte can change without being noticed, and stock `tar` reads it.
 *
 * manifest.json       list of the other members with size and sha256; canonical JSON and a newline
 * manifest.json.sig   SSH signature of manifest.json (namespace oaops-evidence), when a key was configured
 * runbook.yaml        the runbook's text
 * plan.json           the stored plan
 * run.json            the run: status, times, requester
 * journal.ndjson      a line for each attempt of each unit
 * inputs.ndjson       answers, approvals with their signatures, requests
 * audit.ndjson        slice of the audit chain from the start of the run to this export
 * anchor.json         head of the chain at export
 * outputs/...         kept outputs of the steps
 */
export const evidenceFormat = 'oaops-evidence';
export const evidenceFormatVersion = 1;

export const manifestName = 'manifest.json';
export const signatureName = 'manifest.json.sig';

/** Members that every bundle has, in this order, before the outputs. */
export const documentNames = [
  'runbook.yaml',
  'plan.json',
  'run.json',
  'journal.ndjson',
  'inputs.ndjson',
  'audit.ndjson',
  'anchor.json',
] as const;
export type DocumentName = (typeof documentNames)[number];

export interface EvidenceMember {
  name: string;
  sizeBytes: number;
  sha256: string;
  /** For outputs: the journal row and the name there, or the input's number for a file given as evidence. */
  source?: { journalSeq: number; output: string } | { input: number; file: string };
}

export interface EvidenceManifest {
  format: typeof evidenceFormat;
  formatVersion: number;
  run: string;
  /** Id of the record that the run lies in. */
  record: string;
  createdAt: string;
  createdBy: string;
  oaopsVersion: string;
  planDigest: string;
  members: EvidenceMember[];
  /** Outputs named by the journal whose files were gone or changed at export. */
  missing: { source: NonNullable<EvidenceMember['source']>; reason: string }[];
  /** Whose signature follows; null = not signed. */
  signer: { fingerprint: string } | null;
  /** sha256 over the canonical JSON of everything above. */
  digest: string;
}

/** A row of the audit slice that belongs to something else: only its place in the chain. */
export interface AuditLink {
  seq: number;
  prevHash: string;
  hash: string;
}

export type SliceRow = AuditRow | AuditLink;

/** Details of the `evidence.exported` row that ends the slice: what was handed out, in the chain itself. */
export interface ExportedDetails {
  rows: number;
  runSha256: string;
  planSha256: string;
  journalSha256: string;
  inputsSha256: string;
  /** Of the manifest's `missing`, so that no output can be taken out and called missing; older bundles have none. */
  missingSha256?: string;
  /** Fingerprint of the key that signs the bundle, null when nobody does; older bundles do not tell. */
  signer?: string | null;
}

export function isWholeRow(row: SliceRow): row is AuditRow {
  return 'action' in row;
}

export function manifestText(manifest: Omit<EvidenceManifest, 'digest'>): string {
  return documentText({ ...manifest, digest: sha256Hex(canonicalJson(manifest)) });
}

export function documentText(value: unknown): string {
  return `${canonicalJson(value)}\n`;
}

export function linesText(values: unknown[]): string {
  return values.map(documentText).join('');
}

export function anchorOf(row: AuditLink, at: string, record: string): AuditAnchor {
  return { seq: row.seq, hash: row.hash, at, record };
}

/** True for row of the chain that tells of this run: about itself, or about a lock held for it. */
export function belongsTo(row: AuditRow, runId: string): boolean {
  if (row.subject === runId) return true;
  return row.action.startsWith('lock.') && (row.subject.includes(runId) || JSON.stringify(row.details).includes(runId));
}

/** The `file` of an answer, as `manual.input` stores it. */
export function evidenceFile(body: unknown): { name: string; sha256: string; path: string } | undefined {
  const file =
    body !== null && typeof body === 'object' && 'file' in body
      ? (body.file as Record<string, unknown> | null)
      : undefined;
  if (!file || typeof file !== 'object') return undefined;
  const { name, sha256, path } = file;
  return typeof name === 'string' && typeof sha256 === 'string' && typeof path === 'string'
    ? { name, sha256, path }
    : undefined;
}
