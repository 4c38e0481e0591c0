import type { App } from '../app.ts';
import type { RestorePlace, RestoreRequest } from '../backup/restore/restore.ts';
import type { ExitCode } from '../core/exit-codes.ts';
import type { Host } from '../engine/ports.ts';
import { AdHoc, warnOnStderr } from './ad-hoc.ts';

/** `backup restore --target ssh://HOST/DIR`, told to the record like every restore. */
export async function remoteCommand(
  app: App,
  given: { repo: string[] | undefined; identity: string | undefined; noLock: boolean },
  { request, place, remote }: { request: RestoreRequest; place: RestorePlace; remote: Host },
): Promise<{ exitCode: ExitCode; json: unknown; text: string }> {
  const [{ withAllLegs }, { remoteText, restoreToHost }, door] = await Promise.all([
    import('../backup/with-repository.ts'),
    import('../backup/restore/remote.ts'),
    app.backup(),
  ]);
  const { repo, identity, noLock } = given;
  const warn = warnOnStderr(app);
  const lease = noLock ? undefined : 'restore';
  const work = () =>
    withAllLegs(door, { repo, identity, readsContent: true, lease }, (repository) =>
      restoreToHost(repository, request, { ...place, host: remote }),
    );
  const { ownerMap: _map, ...details } = request;
  const journal = new AdHoc(app, 'backup.restore', warn);
  const told = { ...details, on: remote.target.name };
  const result = await journal.run(await door.repos(repo), told, work, ({ snapshot, problems, ...facts }) => ({
    key: snapshot,
    facts: { ...facts, problems: problems.length },
  }));
  for (const warning of app.globals.json ? [] : result.warnings) warn(warning);
  return { exitCode: result.exitCode, json: { message_type: 'summary', ...result }, text: remoteText(result) };
}
