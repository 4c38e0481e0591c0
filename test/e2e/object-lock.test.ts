import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from '../../src/backup/doctor/doctor.ts';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import type { ObjectStore } from '../../src/backup/ports.ts';
import { pruneRepository } from '../../src/backup/prune/prune.ts';
import { initRepository } from '../../src/backup/repository/init.ts';
import { listSnapshotIds } from '../../src/backup/repository/snapshots.ts';
import { syncRepository } from '../../src/backup/sync/sync.ts';
import { openS3Store } from '../../src/connectors/s3/store.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { backUp } from '../helpers/backing-up.ts';
import { missingForRadosgw, type Radosgw, startRadosgw } from '../helpers/radosgw.ts';

const missing = missingForRadosgw();
const dayMs = 86_400_000;

describe.skipIf(missing.length > 0)(
  `Object Lock on a real server${missing.length > 0 ? `: install ${missing.join(', ')}` : ''}`,
  () => {
    let server: Radosgw;
    let dir: string;
    let src: string;
    const bucket = 'oaops-locked';
    const repo = `s3://${bucket}/repo`;
    let sdk: typeof import('@aws-sdk/client-s3');
    let client: import('@aws-sdk/client-s3').S3Client;

    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'oaops-lock-'));
      src = join(dir, 'src');
      mkdirSync(src);
      server = await startRadosgw();
      sdk = await import('@aws-sdk/client-s3');
      const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = server.env;
      client = new sdk.S3Client({
        endpoint: server.endpoint,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! },
      });
      await client.send(new sdk.CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }));
      const store = await open();
      await initRepository([store], { recipients: 'none', clock: systemClock, random: systemRandom, companions: [] });
    }, 200_000);
    afterAll(async () => {
      client?.destroy();
      await server?.close();
      rmSync(dir, { recursive: true, force: true });
    }, 60_000);

    const open = (days = 7): Promise<ObjectStore> =>
      openS3Store(repo, { env: server.env, objectLock: { mode: 'governance', days } });

    async function backup(days = 7, change = true): Promise<string> {
      if (change) writeFileSync(join(src, 'changing'), randomBytes(40_000));
      const openStore = () => open(days);
      const result = await backUp([src], [repo], { state: join(dir, 'state'), openStore });
      expect(result).toMatchObject({ exitCode: 0 });
      return result.snapshot;
    }

    async function retentions(prefix: string): Promise<number[]> {
      const store = await open();
      const days: number[] = [];
      for await (const { name } of store.list(prefix))
        days.push((((await store.writeOnce!.retainedUntilMs(name)) ?? 0) - Date.now()) / dayMs);
      return days;
    }

    it('stores packs, blocks and snapshots locked, and nothing else', async () => {
      await backup();
      for (const prefix of ['packs/', 'blocks/', 'snapshots/']) {
        const days = await retentions(prefix);
        expect(days.length).toBeGreaterThan(0);
        // 7 days and a margin of 2.
        for (const left of days) expect(left).toBeGreaterThan(8.9);
      }
      for (const left of await retentions('keys/')) expect(left).toBeLessThan(0);
      // Its own lease is gone.
      expect(await retentions('locks/')).toEqual([]);
    });

    it('a delete with full rights is refused, and the object stays', async () => {
      const store = await openS3Store(repo, { env: server.env });
      const names: string[] = [];
      for await (const { name } of store.list('packs/')) names.push(name);
      expect(await store.delete(names[0]!)).toBe('retained');
      expect(await store.head(names[0]!)).toBeDefined();
    });

    it('prune says retained', async () => {
      await backup();
      await backup();
      const place = {
        openStore: () => open(),
        stateDir: join(dir, 'state'),
        clock: systemClock,
        random: systemRandom,
        signal: new AbortController().signal,
      };
      const before = await listSnapshotIds(await open());
      const { legs, exitCode } = await pruneRepository(
        { repos: [repo], rules: { keepLast: 1 }, timeZone: 'UTC', graceMs: 0 },
        place,
      );
      const pruned = legs[0]!.pruned!;
      expect(pruned.snapshots.filter(({ retained }) => retained).length).toBe(before.length - 1);
      expect(pruned.retained.objects).toBeGreaterThan(0);
      expect(exitCode).toBe(0);
      expect(await listSnapshotIds(await open())).toEqual(before);
    });

    it('extends the retention of what a later backup still needs, only when too little is left', async () => {
      const earlier = await retentions('packs/');
      expect(Math.max(...earlier)).toBeLessThan(9.1);
      // Enough is left: nothing is asked for again.
      await backup(7, false);
      expect(Math.max(...(await retentions('packs/')))).toBeLessThan(9.1);
      // A longer time is configured: 20 days and a margin of 5 for all that this snapshot names.
      const snapshot = await backup(20, false);
      const store = await open();
      const index = Buffer.from(await store.get(`snapshots/${snapshot}.index`)).toString();
      const names = [...index.matchAll(/^object\t(\S+)/gm)].map(([, name]) => name!);
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) {
        const left = ((await store.writeOnce!.retainedUntilMs(name))! - Date.now()) / dayMs;
        expect(left).toBeGreaterThan(24.9);
      }
      // What only older snapshots name keeps the time that it had.
      expect(Math.min(...(await retentions('packs/')))).toBeLessThan(9.1);
    });

    it('doctor tells what the bucket protects, and leaves nothing behind', async () => {
      const report = await examine([repo], {
        openStore: () => open(),
        clock: systemClock,
        random: systemRandom,
        stateDir: join(dir, 'state'),
        cacheDir: join(dir, 'cache'),
        drills: async () => undefined,
        signal: new AbortController().signal,
      });
      const { findings } = report.legs[0]!;
      expect(findings.filter(({ status }) => status === 'failed')).toEqual([]);
      expect(findings).toContainEqual({
        probe: 'protection',
        status: 'ok',
        message: 'objects are locked for 7 d (governance)',
      });
      for (const probe of ['objects', 'list', 'multipart', 'clock', 'delete'])
        expect(
          findings.filter((one) => one.probe === probe && one.status === 'ok'),
          probe,
        ).toHaveLength(1);
      // With versions this server may let both of two writers win: whichever it is, it is told.
      const race = findings.filter(({ probe }) => probe === 'race');
      expect(race).toHaveLength(1);
      expect(['ok', 'lost'], JSON.stringify(findings)).toContain(race[0]!.status);
      const versions = await client.send(new sdk.ListObjectVersionsCommand({ Bucket: bucket, Prefix: 'repo/probes/' }));
      expect([...(versions.Versions ?? []), ...(versions.DeleteMarkers ?? [])]).toEqual([]);
    });

    it('a folder is a second leg of it, and the other way round', async () => {
      const folder = join(dir, 'second');
      const clock: Clock = systemClock;
      const place = {
        openStore: (at: string, options?: { create?: boolean }) =>
          at.startsWith('s3:') ? open() : openDirectoryStore(at, options),
        companions: () => [],
        stateDir: join(dir, 'state'),
        cacheDir: join(dir, 'cache'),
        clock,
        random: systemRandom,
        signal: new AbortController().signal,
        stopping: new AbortController().signal,
        onProgress: () => undefined,
        onWarning: () => undefined,
      };
      const result = await syncRepository({ repos: [repo, folder], init: true }, place);
      expect(result.exitCode).toBe(0);
      const ids = await listSnapshotIds(await open());
      expect(await listSnapshotIds(await openDirectoryStore(folder))).toEqual(ids);
      writeFileSync(join(src, 'changing'), randomBytes(40_000));
      const made = await backUp([src], [folder], { state: join(dir, 'state') });
      expect((await syncRepository({ repos: [repo, folder] }, place)).exitCode).toBe(0);
      expect(await listSnapshotIds(await open())).toContain(made.snapshot);
      expect(Math.min(...(await retentions(`snapshots/${made.snapshot}`)))).toBeGreaterThan(8.9);
    });
  },
);
