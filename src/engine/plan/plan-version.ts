/** Version of the stored form of runbook and plan; a change of the minor part can still finish older plans. */
export const planSchemaVersion = '1.3';

/**
 * Whether this version can go on with a run whose plan has that schema version: the same major, and no newer minor, whose
 * plans may say things that this version would pass over in silence. Asked by whoever opens the record, so it loads nothing.
 */
export function canFinishPlan(schemaVersion: string): boolean {
  const [major, minor] = planSchemaVersion.split('.').map(Number);
  const found = /^(\d+)\.(\d+)$/.exec(schemaVersion);
  return found !== null && Number(found[1]) === major && Number(found[2]) <= minor!;
}
