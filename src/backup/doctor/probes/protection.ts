import { type Finding, type LegProbe, lost, note, ok } from '../finding.ts';

/** Versions, Object Lock and rules that delete, of a bucket. */
export async function probeProtection({ store, bucket }: LegProbe): Promise<Finding[]> {
  if (!bucket) return [];
  const findings: Finding[] = [];
  const { versioning, objectLock, expirations } = bucket;
  const { writeOnce } = store;
  if (writeOnce && !objectLock?.enabled)
    findings.push(
      lost(
        'protection',
        'objectLock is configured, and the bucket was not made with Object Lock',
        'backups to this leg fail, or are stored without protection',
        'Make a new bucket with Object Lock switched on, and bring the backups there with "oaops backup sync --init".',
      ),
    );
  else if (writeOnce) findings.push(ok('protection', `objects are locked for ${writeOnce.days} d (${writeOnce.mode})`));
  else if (objectLock?.defaultDays)
    findings.push(
      note(
        'protection',
        `the bucket locks every object for ${objectLock.defaultDays} d (${objectLock.defaultMode ?? ''}), also leases; it does not extend what later backups still need`,
        'Take the default retention off the bucket and configure objectLock for this leg.',
      ),
    );
  else if (objectLock?.enabled)
    findings.push(
      note(
        'protection',
        'the bucket knows Object Lock, and it is not used',
        'Configure objectLock for this leg: nobody can delete backups then.',
      ),
    );
  else
    findings.push(
      note(
        'protection',
        objectLock === undefined
          ? 'whether the bucket has Object Lock could not be asked'
          : 'the bucket has no Object Lock: who has these keys, or others with more rights, can delete the backups',
      ),
    );
  if (versioning === 'enabled' && !objectLock?.enabled)
    findings.push(
      expirations?.some(({ what }) => what === 'versions')
        ? ok('protection', 'deleted objects are kept as versions until a rule removes them')
        : note(
            'protection',
            'deleted objects are kept as versions, and no rule ever removes them: prune frees no space',
            'Add a lifecycle rule that removes noncurrent versions after some weeks.',
          ),
    );
  for (const { prefix, days, what } of expirations ?? [])
    if (what === 'objects')
      findings.push({
        probe: 'protection',
        status: 'failed',
        message: `a lifecycle rule deletes objects that begin with "${prefix}" after ${days ?? '?'} d`,
        lost: 'packs are used for as long as a file does not change: a rule that goes by age destroys backups',
        next: 'Remove the rule, or limit it to a prefix outside of the repository; "oaops backup prune" removes what is old.',
      });
  return findings;
}
