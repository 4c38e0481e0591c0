import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackupResult, runBackup } from '../../src/backup/create/backup-job.ts';
import { readIdentityFile } from '../../src/backup/crypto/keys.ts';
import type { BackupDoor } from '../../src/backup/door.ts';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import type { ObjectStore } from '../../src/backup/ports.ts';
import { type PruneResult, pruneRepository } from '../../src/backup/prune/prune.ts';
import { initRepository } from '../../src/backup/repository/init.ts';
import { listSharedSnapshots, listSnapshotIds, type SharedSnapshots } from '../../src/backup/repository/snapshots.ts';
import { restoreSnapshot } from '../../src/backup/restore/restore.ts';
import type { RestoreResult } from '../../src/backup/restore/result.ts';
import { restoreKit } from '../../src/backup/restore-kit.ts';
import { type SyncResult, syncRepository } from '../../src/backup/sync/sync.ts';
import { type LegsReport, legsReport } from '../../src/backup/verify/report.ts';
import { verifyRepository } from '../../src/backup/verify/verify.ts';
import { withAllLegs, withEachLeg } from '../../src/backup/with-repository.ts';
import { openS3Store } from '../../src/connectors/s3/store.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { makeAgeKey } from './restoring.ts';
import { type ScriptedS3, startScriptedS3 } from './scripted-s3.ts';

/** Nothing waits between tries. */
const hasty: Clock = { ...systemClock, sleep: async () => new Promise(setImmediate) };

/**
 * A small encrypted repository with a folder and a scripted S3 bucket as legs, and what a user does with it, in this process. `keep`
 * remembers how everything is, `reset` makes it so again.
 */
export class FaultStage {
  static async make({ encrypted = true } = {}): Promise<FaultStage> {
    const stage = new FaultStage(await startScriptedS3());
    const companions = stage.door.companions();
    const stores = [await openDirectoryStore(stage.folder, { create: true }), await stage.openStore(stage.bucket)];
    await initRepository(stores, {
      recipients: encrypted ? [stage.key.recipient] : 'none',
      clock: hasty,
      random: systemRandom,
      companions,
    });
    for (const store of stores) await store.close();
    return stage;
  }

  readonly server: ScriptedS3;
  readonly dir = mkdtempSync(join(tmpdir(), 'oaops-stage-'));
  readonly source = join(this.dir, 'src');
  readonly folder = join(this.dir, 'now/leg');
  readonly bucket = 's3://bucket/oa';
  readonly both: readonly string[] = [this.folder, this.bucket];
  readonly door: BackupDoor;
  readonly key = makeAgeKey(this.dir);
  readonly #kept = new Map<string, ScriptedS3['objects']>();
  readonly #signal = new AbortController().signal;
  #targets = 0;

  private constructor(server: ScriptedS3) {
    this.server = server;
    mkdirSync(this.source);
    mkdirSync(this.folder, { recursive: true });
    const identities = async () => readIdentityFile(this.key.identityFile);
    this.door = {
      openStore: (repo, options) => this.openStore(repo, options),
      repos: async (given) => [...(given ?? this.both)],
      legNamed: async (leg) => leg,
      identities,
      identityPath: async () => this.key.identityFile,
      recipients: async () => [],
      companions: () => restoreKit(join(import.meta.dirname, '../..')),
      anchor: async () => undefined,
      timeZone: async () => 'UTC',
      stateDir: join(this.dir, 'now/state'),
      cacheDir: join(this.dir, 'now/cache'),
      program: 'oaops/test',
      clock: hasty,
      random: systemRandom,
    };
  }

  async openStore(repo: string, options: { create?: boolean } = {}): Promise<ObjectStore> {
    if (!repo.startsWith('s3:')) return openDirectoryStore(repo, options);
    return openS3Store(repo, {
      env: this.server.env,
      clock: hasty,
      timeouts: { connectMs: 5000, idleMs: 800 },
      retry: { attempts: 3 },
    });
  }

  /** Writes the files of the source anew; what `text` begins with differs from round to round. */
  write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.source, name), text);
  }

  keep(name: string): void {
    const kept = join(this.dir, 'kept', name);
    for (const part of ['now', 'src'])
      cpSync(join(this.dir, part), join(kept, part), { recursive: true, preserveTimestamps: true });
    this.#kept.set(name, new Map(this.server.objects));
  }

  /** The source stays: nothing here changes it. */
  reset(name: string): void {
    rmSync(join(this.dir, 'now'), { recursive: true });
    cpSync(join(this.dir, 'kept', name, 'now'), join(this.dir, 'now'), { recursive: true, preserveTimestamps: true });
    this.server.objects.clear();
    for (const [key, object] of this.#kept.get(name)!) this.server.objects.set(key, object);
    this.server.plan = undefined;
    this.server.begin();
  }

  /** What was done here was done by a process that is gone: its leases count no more. */
  endProcess(): void {
    rmSync(join(this.folder, 'locks'), { recursive: true, force: true });
    for (const key of this.server.objects.keys()) if (key.startsWith('oa/locks/')) this.server.objects.delete(key);
  }

  backup(repos: readonly string[] = this.both): Promise<BackupResult> {
    const signal = this.#signal;
    const request = { paths: [this.source], repos, cwd: '/', host: 'oa-1', packTargetBytes: 32 * 1024 };
    return runBackup(request, { ...this.door, keys: undefined, signal, stopping: signal });
  }

  sync(): Promise<SyncResult> {
    const signal = this.#signal;
    const place = { ...this.door, signal, stopping: signal, onProgress: () => undefined, onWarning: () => undefined };
    return syncRepository({ repos: this.both }, place);
  }

  async verify(level: 'structure' | 'full', repos: readonly string[] = this.both): Promise<LegsReport> {
    const place = { ...this.door, signal: this.#signal };
    return legsReport(
      level,
      await withEachLeg(this.door, { repo: repos, lease: 'verify' }, (repository) =>
        verifyRepository(repository, { level }, place),
      ),
    );
  }

  restore(repos: readonly string[], snapshot = 'latest'): Promise<RestoreResult> {
    const target = join(this.dir, 'restored', String(this.#targets++));
    return withAllLegs(this.door, { repo: repos, readsContent: true, lease: 'restore' }, (repository) =>
      restoreSnapshot(repository, { snapshot, target }, { clock: hasty, signal: this.#signal }),
    );
  }

  prune(repos: readonly string[] = this.both): Promise<PruneResult> {
    const request = { repos: [...repos], rules: { keepLast: 1 }, timeZone: 'UTC', graceMs: 0 };
    return pruneRepository(request, { ...this.door, signal: this.#signal });
  }

  async list(repos: readonly string[] = this.both): Promise<SharedSnapshots> {
    return withAllLegs(this.door, { repo: repos }, ({ store, others = [] }) => listSharedSnapshots([store, ...others]));
  }

  /** Contents of the source as they are now, or as they lie below a target. */
  contents(target = ''): Record<string, string> {
    const folder = join(target, this.source);
    if (!existsSync(folder)) return {};
    return Object.fromEntries(
      readdirSync(folder)
        .sort()
        .filter((name) => statSync(join(folder, name)).isFile())
        .map((name) => [name, readFileSync(join(folder, name), 'latin1')]),
    );
  }

  async snapshotsOn(repo: string): Promise<string[]> {
    const store = await this.openStore(repo);
    try {
      return await listSnapshotIds(store);
    } finally {
      await store.close();
    }
  }

  async close(): Promise<void> {
    await this.server.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
