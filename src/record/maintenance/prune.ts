import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isoTime, parseIsoTime } from '../../core/clock.ts';
import { writeFileDurable } from '../../core/durable-file.ts';
import { usageError } from '../../core/errors.ts';
import { idPattern } from '../../core/ids.ts';
import { sha256Hex } from '../../core/json.ts';
import { auditRowOf } from '../audit/chain.ts';
import { openStatuses } from '../db/migrate.ts';
import { linesText } from '../evidence/format.ts';
import type { OpenedRecord } from '../open.ts';
import { runTopic } from '../run-facts.ts';

export interface PruneOptions {
  /** ISO UTC; runs that ended before it go. */
  before: string;
  /** Folders of runs; those of removed runs are deleted too. */
  runsDir: string;
  /** Folder for audit segments that are old enough; absent = the audit chain stays whole. */
  archiveDir?: string;
  /** Only say what would go. */
  dryRun: boolean;
}

export interface PruneResult {
  runs: string[];
  archives: { file: string; firstSeq: number; lastSeq: number; sha256: string }[];
}

/** How many runs one transaction removes: others wait meanwhile. */
const batchRuns = 100;

/**
 * Removes finished runs with their journals, plans, inputs, facts of their own and output files, and moves old audit segments into files.
 * What was removed stays in the audit chain by name; open runs are never touched.
 * @throws OaopsError `prune-date-invalid` (exit 2)
 */
export async function pruneRecord(record: OpenedRecord, options: PruneOptions): Promise<PruneResult> {
  const before = parseIsoTime(options.before);
  if (before === undefined)
    throw usageError('prune-date-invalid', `"${options.before}" is not a time`, {
      next: 'Write a date such as 2026-01-31, or a time with its zone such as 2026-01-31T08:00:00Z.',
    });
  const rows = await record.database.read((db) =>
    db
      .selectFrom('runs')
      .select('id')
      .where('ended_at', '<', before)
      .where('status', 'not in', [...openStatuses])
      .orderBy('id')
      .execute(),
  );
  const runs = rows.map((row) => row.id);
  if (options.dryRun) return { runs, archives: [] };
  for (let start = 0; start < runs.length; start += batchRuns)
    await removeRuns(record, runs.slice(start, start + batchRuns), options.runsDir);
  return {
    runs,
    archives: options.archiveDir === undefined ? [] : await archiveSegments(record, before, options.archiveDir),
  };
}

async function removeRuns(record: OpenedRecord, runs: string[], runsDir: string): Promise<void> {
  await record.database.write(async (tx) => {
    for (const table of ['journal', 'run_inputs', 'plans'] as const)
      await tx.db.deleteFrom(table).where('run_id', 'in', runs).execute();
    for (const run of runs.filter((id) => idPattern.test(id)))
      await tx.db
        .deleteFrom('facts')
        .where('topic', 'like', `${runTopic(run, '')}%`)
        .execute();
    await tx.db.deleteFrom('runs').where('id', 'in', runs).execute();
    await tx.audit({ action: 'record.pruned', subject: record.id, details: { runs } });
  });
  // After the commit: files without a run are only waste, a run without its files would be a loss.
  // Ids come from a table that others may have filled: nothing but a run's own folder is removed.
  for (const run of runs.filter((id) => idPattern.test(id)))
    await rm(join(runsDir, run), { recursive: true, force: true });
}

/** Sealed segments from the oldest on, as long as nothing that is still here needs their rows. */
async function archiveSegments(record: OpenedRecord, before: string, dir: string): Promise<PruneResult['archives']> {
  const archives: PruneResult['archives'] = [];
  for (;;) {
    const segment = await record.database.read((db) =>
      db
        .selectFrom('audit_segments')
        .selectAll()
        .where('archived_at', 'is', null)
        .orderBy('number')
        .limit(1)
        .executeTakeFirst(),
    );
    if (!segment || segment.sealed_at >= before || (await neededByRun(record, segment.last_seq))) return archives;
    const rows = await record.database.read((db) =>
      db
        .selectFrom('audit')
        .selectAll()
        .where('seq', '>=', segment.first_seq)
        .where('seq', '<=', segment.last_seq)
        .orderBy('seq')
        .execute(),
    );
    const text = linesText(rows.map(auditRowOf));
    const archive = {
      // With the record's id: several machines may archive into one folder.
      file: join(dir, `audit-${record.id.slice(0, 8)}-${segment.first_seq}-${segment.last_seq}.ndjson`),
      firstSeq: segment.first_seq,
      lastSeq: segment.last_seq,
      sha256: sha256Hex(text),
    };
    storeArchive(archive.file, text);
    const archivedAt = isoTime(record.database.clock.nowMs());
    await record.database.write(async (tx) => {
      const open = await tx.db
        .selectFrom('audit_segments')
        .select('number')
        .where('number', '=', segment.number)
        .where('archived_at', 'is', null)
        .executeTakeFirst();
      // Another process has just done it.
      if (!open) return;
      await tx.db
        .deleteFrom('audit')
        .where('seq', '>=', segment.first_seq)
        .where('seq', '<=', segment.last_seq)
        .execute();
      await tx.db
        .updateTable('audit_segments')
        .set({ archived_at: archivedAt, archive_sha256: archive.sha256 })
        .where('number', '=', segment.number)
        .execute();
      const { firstSeq, lastSeq, sha256 } = archive;
      await tx.audit({
        action: 'audit.archived',
        subject: record.id,
        details: {
          number: segment.number,
          firstSeq,
          lastSeq,
          lastHash: segment.last_hash,
          sha256,
          sealedAt: segment.sealed_at,
          archivedAt,
        },
      });
    });
    archives.push(archive);
  }
}

/** What an archive holds is nowhere else any more, so one that is there is never replaced by another. */
function storeArchive(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') !== text)
    throw usageError('prune-archive-exists', `${file} exists already and holds other rows`, {
      next: 'Name another folder with --archive.',
    });
  writeFileDurable(file, text);
}

/** True when a run that is still here was created at or before this row: its evidence needs the chain from there on. */
async function neededByRun(record: OpenedRecord, lastSeq: number): Promise<boolean> {
  const row = await record.database.read((db) =>
    db
      .selectFrom('audit')
      .innerJoin('runs', 'runs.id', 'audit.subject')
      .select('audit.seq')
      .where('audit.action', '=', 'run.created')
      .where('audit.seq', '<=', lastSeq)
      .limit(1)
      .executeTakeFirst(),
  );
  return row !== undefined;
}
