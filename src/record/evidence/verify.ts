import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { errnoOf, messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { canonicalJson, sha256Hex } from '../../core/json.ts';
import { oneLine } from '../../core/plain-text.ts';
import { checkSshSignature, type SignatureCheck } from '../../core/ssh-signature.ts';
import { parseAnchor } from '../audit/anchors.ts';
import type { AuditAnchor } from '../types.ts';
import { contentProblems } from './checks.ts';
import {
  type DocumentName,
  documentNames,
  type EvidenceManifest,
  evidenceFormat,
  evidenceFormatVersion,
  manifestName,
  signatureName,
} from './format.ts';
import { altered, BundleReader } from './ustar.ts';

const maxManifestBytes = 64 * 1024 * 1024;
/** Of all documents together: they are held in memory. */
const maxDocumentsBytes = 256 * 1024 * 1024;
const maxMembers = 100_000;

export interface EvidenceVerdict {
  file: string;
  state: 'intact' | 'altered';
  /** What is wrong; empty when intact. */
  problems: string[];
  run?: string;
  createdAt?: string;
  createdBy?: string;
  planDigest?: string;
  members?: number;
  /** Outputs that were gone when the bundle was made. */
  missing?: EvidenceManifest['missing'];
  anchor?: AuditAnchor;
  signer: {
    state: 'verified' | 'unverified' | 'invalid' | 'not-signed' | 'unchecked';
    principal?: string;
    fingerprint?: string;
    reason?: string;
  };
}

/**
 * Checks a bundle without any other state. With an allowed-signers file the signature must be of one of its people;
 * without, it must only fit: "intact, signer unverified".
 * @throws OaopsError `evidence-unreadable` (exit 2)
 */
export async function verifyEvidence(file: string, allowedSigners?: string): Promise<EvidenceVerdict> {
  if (allowedSigners !== undefined) requireSignersFile(allowedSigners);
  const verdict: EvidenceVerdict = { file, state: 'altered', problems: [], signer: { state: 'not-signed' } };
  try {
    await check(file, verdict, allowedSigners);
  } catch (error) {
    if (!(error instanceof OaopsError) || error.code !== 'bundle-altered') throw unreadable(error, file);
    verdict.problems.push(error.message);
  }
  verdict.state = verdict.problems.length === 0 ? 'intact' : 'altered';
  return verdict;
}

function requireSignersFile(path: string): void {
  try {
    closeSync(openSync(path, 'r'));
  } catch (error) {
    throw usageError('signers-unreadable', `${path} cannot be read: ${messageOf(error)}`, {
      next: 'Name a file of allowed signers, one line each: PRINCIPAL KEYTYPE KEY (ssh-keygen(1)).',
    });
  }
}

/** The verdict for people: the first line says it all. What the bundle says of itself cannot paint over that. */
export function verdictText(verdict: EvidenceVerdict): string {
  const { signer } = verdict;
  const said = {
    verified: `signed by ${signer.principal} (${signer.fingerprint})`,
    unverified: `signer unverified (key ${signer.fingerprint})`,
    invalid: 'signature invalid',
    'not-signed': 'not signed',
    unchecked: `signer unverified (${signer.reason})`,
  }[signer.state];
  if (verdict.state === 'altered')
    return [`ALTERED: ${verdict.file} is not what was exported`, ...verdict.problems].map(oneLine).join('\n');
  const missing = verdict.missing?.length ? [`${verdict.missing.length} output(s) were gone when it was made`] : [];
  return [
    `intact, ${said}`,
    `run ${verdict.run}, exported ${verdict.createdAt} by ${verdict.createdBy}, ${verdict.members} members`,
    ...missing,
  ]
    .map(oneLine)
    .join('\n');
}

/** The anchor inside a bundle, for `oaops audit verify`; only of a bundle that is intact. */
export async function readBundledAnchor(file: string): Promise<AuditAnchor> {
  const verdict = await verifyEvidence(file);
  if (verdict.state === 'intact' && verdict.anchor) return verdict.anchor;
  throw new OaopsError('bundle-altered', `${file} is not intact, so its anchor says nothing: ${verdict.problems[0]}`, {
    exitCode: 9,
  });
}

async function check(file: string, verdict: EvidenceVerdict, allowedSigners: string | undefined): Promise<void> {
  const reader = await BundleReader.open(file);
  try {
    const first = await reader.next();
    if (first?.name !== manifestName) throw altered('it does not begin with a manifest');
    const manifestBytes = await reader.bytes(first, maxManifestBytes);
    const manifest = parseManifest(manifestBytes);
    const { run, createdAt, createdBy, planDigest, members, missing } = manifest;
    Object.assign(verdict, { run, createdAt, createdBy, planDigest, missing, members: members.length });
    const mtimeS = Math.floor(Date.parse(createdAt) / 1000);
    const onTime = (member: { name: string; mtimeS: number }) => {
      if (member.mtimeS !== mtimeS) verdict.problems.push(`${member.name} has another time than the bundle`);
    };
    onTime(first);

    if (manifest.signer !== null) {
      const member = await reader.next();
      if (member?.name !== signatureName) throw altered('its signature was taken out');
      onTime(member);
      const signature = (await reader.bytes(member, 64 * 1024)).toString('latin1');
      await checkSigner(verdict, manifest, manifestBytes, signature, allowedSigners);
    } else if (allowedSigners !== undefined) {
      verdict.problems.push('it is not signed');
    }

    const documents: Partial<Record<DocumentName, string>> = {};
    let room = maxDocumentsBytes;
    for (const expected of members) {
      const member = await reader.next();
      if (!member) throw altered(`${expected.name} is missing`);
      if (member.name !== expected.name) throw altered(`${member.name} stands where ${expected.name} should`);
      if (member.sizeBytes !== expected.sizeBytes)
        throw altered(`${member.name} has ${member.sizeBytes} bytes, not ${expected.sizeBytes}`);
      onTime(member);
      const name = documentNames.find((known) => known === member.name);
      const sha256 = name ? await keep(reader, member, documents, name, room) : await hash(reader);
      if (name) room -= member.sizeBytes;
      if (sha256 !== expected.sha256) verdict.problems.push(`the contents of ${member.name} were changed`);
    }
    if (await reader.next()) throw altered('it has more members than its manifest lists');
    if (verdict.problems.length > 0) return;
    verdict.problems.push(...contentProblems(manifest, documents as Record<DocumentName, string>));
    verdict.anchor = parseAnchor(documents['anchor.json'] ?? '', 'anchor.json');
  } finally {
    await reader.close();
  }
}

async function keep(
  reader: BundleReader,
  member: { name: string; sizeBytes: number; mtimeS: number },
  documents: Partial<Record<DocumentName, string>>,
  name: DocumentName,
  maxBytes: number,
): Promise<string> {
  const bytes = await reader.bytes(member, maxBytes);
  documents[name] = bytes.toString('utf8');
  return sha256Hex(bytes);
}

async function hash(reader: BundleReader): Promise<string> {
  const sum = createHash('sha256');
  for await (const piece of reader.content()) sum.update(piece);
  return sum.digest('hex');
}

/** The manifest, which must be exactly what `manifestText` writes: its own digest included. */
function parseManifest(bytes: Buffer): EvidenceManifest {
  let manifest: EvidenceManifest;
  try {
    manifest = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw altered('the manifest is not JSON');
  }
  if (manifest === null || typeof manifest !== 'object' || manifest.format !== evidenceFormat)
    throw altered('the manifest is not one of an evidence bundle');
  const { digest, ...rest } = manifest;
  if (sha256Hex(canonicalJson(rest)) !== digest || !bytes.equals(Buffer.from(`${canonicalJson(manifest)}\n`)))
    throw altered('the manifest was changed');
  // Every version keeps the rule of the digest, so a newer bundle is told from a changed one.
  if (manifest.formatVersion !== evidenceFormatVersion) {
    throw usageError(
      'evidence-newer',
      `the bundle has format version ${String(manifest.formatVersion)}, which this oaops does not know`,
      { next: 'Use a newer oaops.' },
    );
  }
  const members = Array.isArray(manifest.members) ? manifest.members : [];
  if (members.length > maxMembers || documentNames.some((name, index) => members[index]?.name !== name))
    throw altered('the manifest does not list the members of a bundle');
  if (!members.every(isMember)) throw altered('the manifest has an entry that is no member');
  if (new Set(members.map((member) => member.name)).size !== members.length)
    throw altered('the manifest names a member twice');
  const texts = [manifest.run, manifest.record, manifest.createdAt, manifest.createdBy, manifest.planDigest];
  const { missing, signer } = manifest;
  if (
    texts.some((text) => typeof text !== 'string') ||
    Number.isNaN(Date.parse(manifest.createdAt)) ||
    !Array.isArray(missing) ||
    missing.some((entry) => !isObject(entry) || !isObject(entry.source)) ||
    !(signer === null || (isObject(signer) && typeof signer.fingerprint === 'string'))
  )
    throw altered('the manifest is not complete');
  return manifest;
}

function isMember(member: EvidenceManifest['members'][number]): boolean {
  return (
    isObject(member) &&
    typeof member.name === 'string' &&
    typeof member.sha256 === 'string' &&
    Number.isSafeInteger(member.sizeBytes) &&
    (member.source === undefined || isObject(member.source))
  );
}

function isObject(value: unknown): boolean {
  return value !== null && typeof value === 'object';
}

async function checkSigner(
  verdict: EvidenceVerdict,
  manifest: EvidenceManifest,
  manifestBytes: Buffer,
  signature: string,
  allowedSigners: string | undefined,
): Promise<void> {
  const request = { namespace: 'oaops-evidence' as const, data: manifestBytes, signature };
  let found: SignatureCheck;
  try {
    found = await checkSshSignature(
      allowedSigners === undefined ? request : { ...request, allowedSigners, atMs: Date.parse(manifest.createdAt) },
    );
  } catch (error) {
    // Whoever asked for no signer can still learn that the bundle is intact.
    if (allowedSigners !== undefined || !(error instanceof OaopsError) || error.code !== 'ssh-keygen-missing')
      throw error;
    verdict.signer = { state: 'unchecked', reason: error.message };
    return;
  }
  verdict.signer = found;
  if (found.state === 'invalid') verdict.problems.push(`the signature does not count: ${found.reason}`);
  else if (found.fingerprint !== manifest.signer?.fingerprint)
    verdict.problems.push('it was signed with another key than its manifest names');
}

function unreadable(error: unknown, file: string): unknown {
  if (error instanceof OaopsError) return error;
  const code = errnoOf(error);
  if (code === undefined) return error;
  return usageError(
    'evidence-unreadable',
    code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read: ${messageOf(error)}`,
  );
}
