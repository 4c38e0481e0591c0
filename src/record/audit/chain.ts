import { canonicalJson, sha256Hex } from '../../core/json.ts';
import type { AuditTable } from '../db/tables.ts';
import type { AuditRow } from '../types.ts';

/** The text under which a value is stored and hashed: canonical JSON of what JSON can hold of it. */
export function canonicalText(value: unknown): string {
  // Dates and the like become what JSON makes of them before keys are sorted; undefined is null.
  return canonicalJson(JSON.parse(JSON.stringify(value ?? null)));
}

/**
 * Hash of a stored audit row: sha256 over the canonical JSON of all its members but `hash`, `prevHash` among them. Built
 * by hand because `details` is canonical JSON already, and parsing 100,000 rows again would take seconds.
 */
export function auditHash(row: Omit<AuditTable, 'hash'>): string {
  const text = (value: string) => JSON.stringify(value);
  return sha256Hex(
    `{"action":${text(row.action)},"actor":${text(row.actor)},"at":${text(row.at)},"details":${row.details},"prevHash":${text(row.prev_hash)},"seq":${row.seq},"subject":${text(row.subject)}}`,
  );
}

/** The same hash from a row in its public shape: what an exported slice is checked with. */
export function auditHashOf(row: Omit<AuditRow, 'hash'>): string {
  const { action, actor, at, details, prevHash, seq, subject } = row;
  return sha256Hex(canonicalJson({ action, actor, at, details, prevHash, seq, subject }));
}

export function auditRowOf(row: AuditTable): AuditRow {
  const { prev_hash: prevHash, details, ...rest } = row;
  return { ...rest, details: JSON.parse(details), prevHash };
}
