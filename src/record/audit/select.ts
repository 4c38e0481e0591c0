import type { Writable } from 'node:stream';
import { writeOut } from '../../core/write-out.ts';
import type { Database } from '../db/database.ts';
import { documentText } from '../evidence/format.ts';
import type { AuditLog, AuditRow } from '../types.ts';
import { auditRowOf } from './chain.ts';

/** Rows in order: from `from` on, or the last ones; all of them without a limit. */
export async function selectRows(
  database: Database,
  filter: { from?: number; since?: string; limit?: number; action?: string; subject?: string },
): Promise<AuditRow[]> {
  const rows = await database.read((db) => {
    let query = db
      .selectFrom('audit')
      .selectAll()
      .orderBy('seq', filter.from === undefined ? 'desc' : 'asc');
    if (filter.limit !== undefined) query = query.limit(filter.limit);
    if (filter.since !== undefined) query = query.where('at', '>=', filter.since);
    if (filter.from !== undefined) query = query.where('seq', '>=', filter.from);
    if (filter.action !== undefined) query = query.where('action', '=', filter.action);
    if (filter.subject !== undefined) query = query.where('subject', '=', filter.subject);
    return query.execute();
  });
  if (filter.from === undefined) rows.reverse();
  return rows.map(auditRowOf);
}

/** Writes rows as lines of canonical JSON, no faster than the reader takes them and no longer than there is one. */
export async function writeRows(
  audit: AuditLog,
  stream: Writable,
  from: number,
  to: number | undefined,
): Promise<void> {
  for await (const row of audit.rows(from, to)) {
    if (!(await writeOut(stream, documentText(row)))) return;
  }
}
