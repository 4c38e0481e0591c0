import { resolve } from 'node:path';
import type { App } from '../app.ts';
import type { BackupDoor } from '../backup/door.ts';
import { restoreKit } from '../backup/restore-kit.ts';
import { usageError } from '../core/errors.ts';

type RepositorySettings = NonNullable<Awaited<ReturnType<App['config']>>['settings']['repositories']>[string];
type LegSettings = RepositorySettings['legs'][number];

/** Opens legs and finds repositories for the backup room: folders, S3, and repositories named in the configuration. */
export function backupDoor(app: App): BackupDoor {
  /** Legs of the configuration that were asked for, by location: their settings go to the connector. */
  const configured = new Map<string, LegSettings>();

  const named = async (name: string): Promise<RepositorySettings | undefined> =>
    /^[A-Za-z0-9][\w-]*$/.test(name) ? (await app.config()).settings.repositories?.[name] : undefined;

  const wantedOf = (given: readonly string[] | undefined): readonly string[] =>
    given && given.length > 0 ? given : app.env['OAOPS_REPO'] ? [app.env['OAOPS_REPO']] : [];

  const identityPath = async (file: string | undefined, given: readonly string[] = []) => {
    const settings = file || app.env['OAOPS_IDENTITY_FILE'] ? [] : await Promise.all(given.map(named));
    return file || app.env['OAOPS_IDENTITY_FILE'] || settings.find((one) => one?.identityFile)?.identityFile;
  };
  return {
    stateDir: app.stateDir,
    cacheDir: app.cacheDir,
    clock: app.clock,
    random: app.random,
    program: `oaops/${app.version}`,

    async openStore(repo, options = {}) {
      const leg = configured.get(repo);
      if (!repo.startsWith('s3:')) {
        const { openDirectoryStore } = await import('../backup/legs/directory.ts');
        const protection = {
          appendOnly: leg?.appendOnly ?? false,
          immutable: leg?.immutable ?? false,
          lift: (options.deletes && leg?.pruneLifts) ?? false,
        };
        return openDirectoryStore(resolve(repo), { ...options, clock: app.clock, protection });
      }
      const { openS3Store } = await import('../connectors/s3/store.ts');
      const env = leg ? await legEnv(app, leg, options.deletes ? leg.prune : undefined) : app.env;
      // Given in the clear by the environment: no reference has told the redactor of them.
      for (const name of ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) if (env[name]) app.redactor.add(env[name]);
      return openS3Store(repo, {
        env,
        clock: app.clock,
        ...(leg?.pathStyle === undefined ? {} : { pathStyle: leg.pathStyle }),
        ...(leg?.objectLock ? { objectLock: leg.objectLock } : {}),
      });
    },

    async repos(given) {
      const wanted = wantedOf(given);
      if (wanted.length === 0)
        throw usageError('repo-missing', 'no repository is given', { next: 'Give --repo, or set OAOPS_REPO.' });
      const locations: string[] = [];
      for (const name of wanted) {
        const settings = await named(name);
        if (!settings) locations.push(name);
        for (const leg of settings?.legs ?? []) {
          configured.set(leg.location, leg);
          locations.push(leg.location);
        }
      }
      return [...new Set(locations)];
    },

    async legNamed(leg, given) {
      if (leg === undefined) return undefined;
      const settings = await Promise.all(wantedOf(given).map(named));
      const found = settings.flatMap((one) => one?.legs ?? []).find(({ name }) => name === leg);
      return found?.location ?? leg;
    },

    identityPath,

    async identities(file, given) {
      const path = await identityPath(file, given);
      return path ? (await import('../backup/crypto/keys.ts')).readIdentityFile(path) : undefined;
    },

    async recipients(given) {
      const { readRecipientsFile } = await import('../backup/crypto/keys.ts');
      const stated = (await Promise.all(wantedOf(given).map(named))).flatMap((settings) => [
        ...(settings?.recipients ?? []),
        ...(settings?.recipientsFile ? readRecipientsFile(settings.recipientsFile) : []),
      ]);
      return [...new Set(stated)];
    },

    timeZone: async () => (await app.config()).settings.timeZone,
    anchor: async (_made, warn) => (await import('./anchors.ts')).anchorForLegs(app, warn),
    companions: () => restoreKit(app.packageRoot),
  };
}

/** The environment for one leg of the configuration: its settings as the variables that every AWS tool knows. */
async function legEnv(
  app: App,
  leg: LegSettings,
  deleting: LegSettings['prune'],
): Promise<Record<string, string | undefined>> {
  const secrets = await app.secrets();
  if (deleting) return legEnv(app, { ...withoutKeys(leg), ...deleting }, undefined);
  // A key of the environment would go before the profile.
  const env = leg.profile ? { ...app.env, AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined } : app.env;
  return {
    ...env,
    ...(leg.endpoint ? { AWS_ENDPOINT_URL_S3: leg.endpoint } : {}),
    ...(leg.region ? { AWS_REGION: leg.region } : {}),
    ...(leg.profile ? { AWS_PROFILE: leg.profile } : {}),
    ...(leg.accessKeyId ? { AWS_ACCESS_KEY_ID: await secrets.resolve(leg.accessKeyId) } : {}),
    ...(leg.secretAccessKey ? { AWS_SECRET_ACCESS_KEY: await secrets.resolve(leg.secretAccessKey) } : {}),
  };
}

/** Keys for deletion replace all others of the leg: a profile must not be overruled by a key that was there before. */
function withoutKeys({ profile: _, accessKeyId: __, secretAccessKey: ___, ...leg }: LegSettings): LegSettings {
  return leg;
}
