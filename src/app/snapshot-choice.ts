import type { App } from '../app.ts';
import type { SnapshotChoice } from '../backup/repository/choice.ts';
import { localTimeZone } from '../core/zoned-time.ts';

type ChoiceFlags = Partial<Record<'at' | 'host' | 'tag' | 'runbook' | 'path', string | undefined>>;

/** What `snapshotFlags` were given, with the time zone of the site. */
export async function snapshotChoice(app: App, flags: ChoiceFlags): Promise<SnapshotChoice> {
  const { at, host, tag, runbook, path } = flags;
  // The configuration is only read when a time asks for it: a restore must be possible while it is broken.
  const timeZone = at === undefined ? undefined : (await app.config()).settings.timeZone;
  return { at, host, tag, runbook, path, timeZone: timeZone ?? localTimeZone() };
}
