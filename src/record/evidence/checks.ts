import { messageOf } from '../../core/errors.ts';
import { canonicalJson, digestOf, sha256Hex } from '../../core/json.ts';
import { auditHashOf } from '../audit/chain.ts';
import type { AuditAnchor, AuditRow, JournalRow, RunInputRow, RunRow } from '../types.ts';
import {
  type DocumentName,
  documentNames,
  type EvidenceManifest,
  type ExportedDetails,
  evidenceFile,
  isWholeRow,
  type SliceRow,
} from './format.ts';

/**
 * Whether the documents of a bundle tell the same story: plan and digest, run and journal against the slice of the audit
 * chain, outputs against the journal. Every problem is one sentence for people.
 */
export function contentProblems(manifest: EvidenceManifest, documents: Record<DocumentName, string>): string[] {
  try {
    const run = JSON.parse(documents['run.json']) as RunRow;
    const journal = lines<JournalRow>(documents['journal.ndjson']);
    const inputs = lines<RunInputRow>(documents['inputs.ndjson']);
    const slice = lines<SliceRow>(documents['audit.ndjson']);
    const anchor = JSON.parse(documents['anchor.json']) as AuditAnchor;
    return [
      ...planProblems(manifest, run, documents),
      ...chainProblems(slice, anchor, manifest),
      ...storyProblems({ run, journal, inputs, documents, slice, manifest }),
      ...outputProblems(manifest, journal, inputs),
    ];
  } catch (error) {
    return [`its documents cannot be read: ${messageOf(error)}`];
  }
}

function planProblems(manifest: EvidenceManifest, run: RunRow, documents: Record<DocumentName, string>): string[] {
  const problems: string[] = [];
  const plan = JSON.parse(documents['plan.json']) as {
    digest?: string;
    createdAt?: string;
    runbook?: { text?: string; sha256?: string };
  };
  const { digest, createdAt: _, ...body } = plan;
  if (digestOf(body) !== digest) problems.push('the plan does not have the digest that it names');
  if (digest !== run.digest || digest !== manifest.planDigest) problems.push('the run was not one of this plan');
  if (run.id !== manifest.run) problems.push('the run is not the one that the manifest names');
  if (plan.runbook?.text !== documents['runbook.yaml']) problems.push('the runbook is not the one of the plan');
  if (sha256Hex(documents['runbook.yaml']) !== plan.runbook?.sha256)
    problems.push('the runbook does not have the digest that the plan names');
  return problems;
}

function chainProblems(slice: SliceRow[], anchor: AuditAnchor, manifest: EvidenceManifest): string[] {
  let before: SliceRow | undefined;
  for (const row of slice) {
    if (before && (row.seq !== before.seq + 1 || row.prevHash !== before.hash))
      return [`row ${row.seq} of the audit slice does not follow the one before it`];
    if (isWholeRow(row) && auditHashOf(row) !== row.hash) return [`row ${row.seq} of the audit slice was altered`];
    before = row;
  }
  if (!before || before.seq !== anchor.seq || before.hash !== anchor.hash)
    return ['the audit slice does not end at its anchor'];
  if (anchor.record !== manifest.record || anchor.at !== manifest.createdAt)
    return ['the anchor is not the one of this bundle'];
  return [];
}

interface Story {
  run: RunRow;
  journal: JournalRow[];
  inputs: RunInputRow[];
  documents: Record<DocumentName, string>;
  slice: SliceRow[];
  manifest: EvidenceManifest;
}

/** Run, plan, journal and inputs against what the chain said when each was stored. */
function storyProblems({ run, journal, inputs, documents, slice, manifest }: Story): string[] {
  const problems: string[] = [];
  const rows = slice.filter(isWholeRow).filter((row) => row.subject === run.id);
  const [first, last] = [rows[0], rows.at(-1)];
  if (first?.action !== 'run.created' || first.seq !== slice[0]?.seq)
    return ['the audit slice does not begin with the run'];
  if (last?.action !== 'evidence.exported' || last.seq !== slice.at(-1)?.seq)
    return ['the audit slice does not end with the export'];

  const details = (row: AuditRow) => row.details as Record<string, unknown>;
  const exported = last.details as ExportedDetails;
  const planSha256 = digestOf(JSON.parse(documents['plan.json']));
  if (planSha256 !== details(first)['planSha256'] || planSha256 !== exported.planSha256)
    problems.push('the plan is not the one that the audit chain names');
  const told = rows.findLast((row) => row.action === 'run.created' || row.action === 'run.status');
  if (!told || digestOf(run) !== details(told)['rowSha256'] || digestOf(run) !== exported.runSha256)
    problems.push('the run is not as the audit chain tells');

  const expected = new Map<number, unknown>();
  for (const row of rows)
    if (row.action === 'unit.intent' || row.action === 'unit.result')
      expected.set(Number(details(row)['seq']), details(row)['rowSha256']);
  for (const row of journal) {
    if (expected.get(row.seq) !== digestOf(row))
      problems.push(`row ${row.seq} of the journal does not fit the audit slice`);
    expected.delete(row.seq);
  }
  for (const seq of expected.keys()) problems.push(`row ${seq} of the journal is missing`);
  if (journal.length !== exported.rows || sha256Hex(documents['journal.ndjson']) !== exported.journalSha256)
    problems.push('the journal is not the one that was exported');

  if (exported.missingSha256 !== undefined && exported.missingSha256 !== digestOf(manifest.missing))
    problems.push('the list of outputs that were gone is not the one that was exported');
  if (exported.signer !== undefined && exported.signer !== (manifest.signer?.fingerprint ?? null))
    problems.push(
      exported.signer === null
        ? 'it was exported without a signature, and now has one'
        : `it was exported signed with ${exported.signer}`,
    );

  const given = rows.filter((row) => row.action === 'run.input').map((row) => details(row)['rowSha256']);
  if (
    canonicalJson(given) !== canonicalJson(inputs.map(digestOf)) ||
    sha256Hex(documents['inputs.ndjson']) !== exported.inputsSha256
  ) {
    problems.push('answers and approvals do not fit the audit slice');
  }
  return problems;
}

/** Each output that the journal names must be there, or be listed as missing; and nothing else. */
function outputProblems(manifest: EvidenceManifest, journal: JournalRow[], inputs: RunInputRow[]): string[] {
  const problems: string[] = [];
  const absent = new Set(manifest.missing.map(({ source }) => canonicalJson(source)));
  const present = new Map(
    manifest.members.filter((member) => member.source).map((member) => [canonicalJson(member.source), member]),
  );
  const named = [
    ...journal.flatMap((row) =>
      row.outputs.map((output) => ({ source: { journalSeq: row.seq, output: output.name }, sha256: output.sha256 })),
    ),
    ...inputs.flatMap((input, index) => {
      const file = evidenceFile(input.body);
      return file ? [{ source: { input: index + 1, file: file.name }, sha256: file.sha256 }] : [];
    }),
  ];
  for (const { source, sha256 } of named) {
    const key = canonicalJson(source);
    const member = present.get(key);
    present.delete(key);
    if (member ? member.sha256 !== sha256 : !absent.has(key))
      problems.push(`the output ${Object.values(source).join(' ')} is not the one that the journal names`);
  }
  for (const member of present.values()) problems.push(`${member.name} belongs to nothing in the journal`);
  if (manifest.members.filter((member) => !member.source).length !== documentNames.length)
    problems.push('it holds a document that no bundle has');
  return problems;
}

function lines<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
