import type { Metric } from '../core/prometheus.ts';
import type { RecordStore, RunRow } from '../record/types.ts';
import { type BackupFact, backupTopic } from './run-facts.ts';

/** Facts looked through for the last good one of a leg: a year of hourly backups would be too many, a month is told. */
const factsLookedAt = 1000;

/** Everything that is told of one runbook; the age of the last success comes first. */
export async function runMetrics(
  { runs, facts }: Pick<RecordStore, 'runs' | 'facts'>,
  runbook: string,
  nowMs: number,
): Promise<Metric[]> {
  const recent = await runs.list({ runbook, limit: 20 });
  const last = recent.find(({ endedAt }) => endedAt !== null);
  const success = (await runs.list({ runbook, status: ['ok'], limit: 1 }))[0];
  const labels = { runbook };
  const backups = (await facts.list(backupTopic, { key: runbook, limit: factsLookedAt, newestFirst: true })).map(
    ({ at, body }) => ({ atMs: Date.parse(at), ...(body as BackupFact) }),
  );
  return [
    ...ageAndTime(
      'oaops_last_success',
      'the last run that ended well',
      [{ labels, atMs: success?.endedAt ? Date.parse(success.endedAt) : undefined }],
      nowMs,
    ),
    ...lastRun(last, labels),
    ...backupMetrics(backups, labels, nowMs),
    ...(await verifyMetrics(facts, backups[0], labels, nowMs)),
    ...(await drillMetrics(facts, runbook, labels, nowMs)),
  ];
}

type At = { labels: Record<string, string>; atMs: number | undefined };

/** The age is that at the moment of writing: alert on the time of it, which also tells when nothing is written any more. */
function ageAndTime(name: string, what: string, samples: readonly At[], nowMs: number): Metric[] {
  const known = samples.filter((one): one is At & { atMs: number } => one.atMs !== undefined);
  return [
    {
      name: `${name}_age_seconds`,
      help: `Age of ${what} when this file was written; alert on ${name}_timestamp_seconds.`,
      samples: known.map(({ labels, atMs }) => ({ labels, value: Math.max(0, (nowMs - atMs) / 1000) })),
    },
    {
      name: `${name}_timestamp_seconds`,
      help: `Unix time of ${what}.`,
      samples: known.map(({ labels, atMs }) => ({ labels, value: atMs / 1000 })),
    },
  ];
}

function gauge(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, help, samples };
}

function lastRun(last: RunRow | undefined, labels: Record<string, string>): Metric[] {
  if (!last?.endedAt) return [];
  const startedMs = Date.parse(last.startedAt ?? last.createdAt);
  return [
    gauge('oaops_last_run_success', 'Whether the last run ended well: 1, else 0.', [
      { labels, value: last.status === 'ok' ? 1 : 0 },
    ]),
    gauge('oaops_last_run_exit_code', 'Exit code of the last run.', [{ labels, value: last.exitCode ?? -1 }]),
    gauge('oaops_last_run_status', 'Status of the last run, as a label.', [
      { labels: { ...labels, status: last.status }, value: 1 },
    ]),
    gauge('oaops_last_run_timestamp_seconds', 'Unix time when the last run ended.', [
      { labels, value: Date.parse(last.endedAt) / 1000 },
    ]),
    gauge('oaops_last_run_duration_seconds', 'How long the last run took.', [
      { labels, value: (Date.parse(last.endedAt) - startedMs) / 1000 },
    ]),
  ];
}

function backupMetrics(
  backups: readonly (BackupFact & { atMs: number })[],
  labels: Record<string, string>,
  nowMs: number,
): Metric[] {
  const [last] = backups;
  if (!last) return [];
  const names = [...new Set(backups.slice(0, 20).flatMap(({ legs }) => legs.map(({ name }) => name)))].sort();
  const ofLeg = (name: string) => ({ ...labels, leg: name });
  const good = names.map((name) => ({
    labels: ofLeg(name),
    atMs: backups.find(({ legs }) => legs.some((leg) => leg.name === name && leg.status === 'ok'))?.atMs,
  }));
  const one = (value: number) => [{ labels, value }];
  return [
    ...ageAndTime('oaops_backup_leg_last_success', 'the last backup that reached the leg', good, nowMs),
    gauge(
      'oaops_backup_leg_success',
      'Whether the last backup reached the leg: 1, else 0.',
      last.legs.map(({ name, status }) => ({ labels: ofLeg(name), value: status === 'ok' ? 1 : 0 })),
    ),
    gauge(
      'oaops_backup_leg_stored_bytes',
      'Bytes that the last backup wrote to the leg.',
      last.legs.flatMap(({ name, storedBytes }) =>
        storedBytes === null ? [] : [{ labels: ofLeg(name), value: storedBytes }],
      ),
    ),
    gauge('oaops_backup_duration_seconds', 'How long the last run with a backup took.', one(last.durationMs / 1000)),
    gauge('oaops_backup_files', 'Files in the last backup.', one(last.files)),
    gauge('oaops_backup_size_bytes', 'Bytes of all files in the last backup.', one(last.bytes)),
    gauge('oaops_backup_added_bytes', 'Bytes of new content in the last backup.', one(last.addedBytes)),
    gauge('oaops_backup_stored_bytes', 'New content as it was stored, once.', one(last.storedBytes)),
    gauge(
      'oaops_backup_problems',
      'Files and sources that the last backup could not read as they were, by class.',
      Object.entries(last.problems).map(([problem, value]) => ({ labels: { ...labels, class: problem }, value })),
    ),
  ];
}

/** Of the legs that this runbook backs up to. */
async function verifyMetrics(
  facts: RecordStore['facts'],
  backup: BackupFact | undefined,
  labels: Record<string, string>,
  nowMs: number,
): Promise<Metric[]> {
  const times: At[] = [];
  const problems: Metric['samples'] = [];
  for (const { location, name } of backup?.legs ?? []) {
    const [last] = await facts.list('verify', { key: location, limit: 1, newestFirst: true });
    if (!last) continue;
    const found = last.body as { level: string; problems: number };
    const own = { ...labels, leg: name, level: String(found.level) };
    times.push({ labels: own, atMs: Date.parse(last.at) });
    problems.push({ labels: own, value: Number(found.problems) });
  }
  return [
    ...ageAndTime('oaops_verify_last', 'the last verification of the leg', times, nowMs),
    gauge('oaops_verify_problems', 'Problems that the last verification of the leg found.', problems),
  ];
}

async function drillMetrics(
  facts: RecordStore['facts'],
  runbook: string,
  labels: Record<string, string>,
  nowMs: number,
): Promise<Metric[]> {
  // A sabotaged drill must fail: it says nothing about the backup.
  const rows = await facts.list('drill', { key: runbook, limit: 100, newestFirst: true });
  const row = rows.find(({ body }) => (body as { sabotage?: string }).sabotage === 'none');
  if (!row) return [];
  const drill = row.body as Record<'verdict' | 'rtoMs' | 'rpoMs' | 'rtoObjectiveMs' | 'rpoObjectiveMs', unknown>;
  const seconds = (name: string, help: string, ms: unknown) =>
    gauge(name, help, typeof ms === 'number' ? [{ labels, value: ms / 1000 }] : []);
  return [
    ...ageAndTime(
      'oaops_drill_last',
      'the last drill that was not sabotaged',
      [{ labels, atMs: Date.parse(row.at) }],
      nowMs,
    ),
    gauge(
      'oaops_drill_verdict',
      'Verdict of the last drill: 1 beside the one that holds.',
      ['pass', 'partial', 'fail'].map((verdict) => ({
        labels: { ...labels, verdict },
        value: verdict === drill.verdict ? 1 : 0,
      })),
    ),
    seconds('oaops_drill_rto_seconds', 'Time until the smoke checks of the last drill passed.', drill.rtoMs),
    seconds('oaops_drill_rto_objective_seconds', 'Objective for that time.', drill.rtoObjectiveMs),
    seconds('oaops_drill_rpo_seconds', 'Age of the newest data that the last drill recovered.', drill.rpoMs),
    seconds('oaops_drill_rpo_objective_seconds', 'Objective for that age.', drill.rpoObjectiveMs),
  ];
}
