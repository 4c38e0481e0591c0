import type { Clock } from '../core/clock.ts';
import type { RandomSource } from '../core/ids.ts';
import type { AnchorObject, SnapshotMade } from './anchors.ts';
import type { Identities } from './crypto/age-header.ts';
import type { ObjectStore } from './ports.ts';

/** What commands and actions of the backup room get from the composition root. */
export interface BackupDoor {
  /**
   * Opens a leg: a folder or `s3://bucket/prefix`. `create` makes a missing folder. `deletes`: with the credentials that the
   * configuration keeps for deletion, if it has any. The caller closes it.
   */
  openStore(repo: string, options?: { create?: boolean; deletes?: boolean }): Promise<ObjectStore>;
  /** Locations of the legs: as given, of a repository named in the configuration, or from OAOPS_REPO. Throws `repo-missing` (exit 2). */
  repos(given: readonly string[] | undefined): Promise<string[]>;
  /** Location of a leg that is given by its name in the configuration, or by its location; undefined stays undefined. */
  legNamed(leg: string | undefined, given: readonly string[] | undefined): Promise<string | undefined>;
  /** Private keys from a file, else from OAOPS_IDENTITY_FILE, else those of the configured repository; undefined when there is none. */
  identities(file: string | undefined, given?: readonly string[]): Promise<Identities | undefined>;
  /** The file that `identities` reads; undefined when there is none. */
  identityPath(file: string | undefined, given?: readonly string[]): Promise<string | undefined>;
  /** Recipients that the configuration states for the repositories named; empty when it states none. */
  recipients(given: readonly string[] | undefined): Promise<string[]>;
  /** README-RESTORE.txt and the restore script, as `init` lays them beside the data. */
  companions(): { name: string; bytes: Uint8Array }[];
  /** The present head of the audit log, signed when there is a key, for the legs of a backup; to syslog too when the configuration says so. */
  anchor(made: SnapshotMade, warn: (message: string) => void): Promise<AnchorObject | undefined>;
  /** Whose days and weeks count, as the configuration says; undefined: those of the machine. */
  timeZone(): Promise<string | undefined>;
  stateDir: string;
  cacheDir: string;
  /** `oaops/0.1.0` */
  program: string;
  clock: Clock;
  random: RandomSource;
}

/** What an action that works on backups finds in `services`. */
export interface BackupServices {
  backup: () => Promise<BackupDoor>;
}
