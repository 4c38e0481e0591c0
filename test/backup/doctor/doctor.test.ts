import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DoctorReport, examine } from '../../../src/backup/doctor/doctor.ts';
import type { Finding } from '../../../src/backup/doctor/finding.ts';
import { type DrillFact, probeDrills } from '../../../src/backup/doctor/local.ts';
import { checkKnown } from '../../../src/backup/keys/known-recipients.ts';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import { initRepository } from '../../../src/backup/repository/init.ts';
import { openS3Store } from '../../../src/connectors/s3/store.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { type ScriptedS3, startScriptedS3 } from '../../helpers/scripted-s3.ts';

const recipients = [
  'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
  'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg',
];
let dir: string;
let server: ScriptedS3 | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-doctor-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function doctor(...repos: string[]): Promise<DoctorReport> {
  return examine(repos, {
    openStore: (repo) =>
      repo.startsWith('s3:')
        ? openS3Store(repo, { env: server!.env, retry: { attempts: 2, firstDelayMs: 1 } })
        : openDirectoryStore(repo),
    clock: systemClock,
    random: systemRandom,
    stateDir: join(dir, 'state'),
    cacheDir: join(dir, 'cache'),
    drills: async () => [],
    signal: new AbortController().signal,
  });
}

function found(report: DoctorReport, probe: string, status?: Finding['status']): string[] {
  const all = [...report.legs.flatMap(({ findings }) => findings), ...report.machine];
  return all
    .filter((finding) => finding.probe === probe && (status === undefined || finding.status === status))
    .map(({ message }) => message);
}

function tree(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

describe('a folder', () => {
  it('with a repository: everything is tried, nothing is left behind or changed', async () => {
    const repo = join(dir, 'repo');
    await makeRepositoryIn([repo], recipients);
    mkdirSync(join(dir, 'src'));
    writeFileSync(join(dir, 'src/file'), 'content');
    await backUp([join(dir, 'src')], [repo], { state: join(dir, 'state') });
    const before = tree(repo);
    const report = await doctor(repo);
    expect(tree(repo)).toEqual(before);
    for (const probe of ['reach', 'objects', 'list', 'race', 'checksums', 'clock', 'delete', 'repository', 'snapshots'])
      expect(found(report, probe, 'ok'), probe).toHaveLength(1);
    expect(found(report, 'folder', 'ok')).toContain('syncing, hard links and renaming work');
    expect(report.legs.flatMap(({ findings }) => findings).filter(({ status }) => status === 'failed')).toEqual([]);
    expect(found(report, 'snapshots', 'lost')).toEqual(['not every pack was ever read back by this machine']);
    expect(found(report, 'drill', 'lost')).toEqual(['no restore was ever rehearsed']);
    expect(report.exitCode).toBe(3);
  });

  it('without a repository is left as it was', async () => {
    mkdirSync(join(dir, 'empty'));
    const report = await doctor(join(dir, 'empty'));
    expect(found(report, 'repository', 'note')).toEqual(['there is no repository here yet']);
    expect(tree(join(dir, 'empty'))).toEqual([]);
  });

  it('that is not there is not made', async () => {
    const report = await doctor(join(dir, 'gone'));
    expect(report.exitCode).toBe(1);
    expect(found(report, 'reach', 'failed')).toEqual([`there is no folder ${join(dir, 'gone')}`]);
    expect(readdirSync(dir)).not.toContain('gone');
  });

  it('that others may write to, with one recipient, is named', async () => {
    const repo = join(dir, 'repo');
    await makeRepositoryIn([repo], recipients.slice(0, 1));
    chmodSync(repo, 0o777);
    const report = await doctor(repo);
    expect(found(report, 'folder', 'lost')).toContain('others may write to the folder (mode 777)');
    expect(found(report, 'repository', 'lost')).toEqual(['there is one recipient only']);
    expect(statSync(repo).mode & 0o777).toBe(0o777);
  });

  it('whose recipients are not those that this machine knows', async () => {
    const repo = join(dir, 'repo');
    await makeRepositoryIn([repo], recipients);
    const config = JSON.parse(Buffer.from(await (await openDirectoryStore(repo)).get('config')).toString());
    checkKnown(join(dir, 'state'), repo, { ...config, recipients: recipients.slice(0, 1) });
    const report = await doctor(repo);
    expect(report.exitCode).toBe(1);
    expect(found(report, 'repository', 'failed').join()).toContain(`${recipients[1]} was added`);
  });

  it('says which file system loses everything', async (context) => {
    let at: string;
    try {
      at = mkdtempSync('/dev/shm/oaops-doctor-');
    } catch {
      return context.skip('there is no /dev/shm');
    }
    try {
      const report = await doctor(at);
      expect(found(report, 'folder', 'lost')).toContain('the folder lies on tmpfs');
    } finally {
      rmSync(at, { recursive: true, force: true });
    }
  });

  it('tells legs of two repositories', async () => {
    await makeRepositoryIn([join(dir, 'one')], 'none');
    await makeRepositoryIn([join(dir, 'two')], 'none');
    const report = await doctor(join(dir, 'one'), join(dir, 'two'));
    expect(found(report, 'repository', 'failed')).toContain('the places named are not legs of one repository');
  });
});

describe('an S3 server', () => {
  const place = 's3://bucket/prefix';
  beforeEach(async () => {
    server = await startScriptedS3();
    const store = await openS3Store(place, { env: server.env });
    await initRepository([store], { recipients, clock: systemClock, random: systemRandom, companions: [] });
    await store.close();
  });

  it('that keeps its promises', async () => {
    const before = [...server!.objects.keys()];
    const report = await doctor(place);
    expect([...server!.objects.keys()]).toEqual(before);
    for (const probe of ['reach', 'objects', 'list', 'race', 'clock', 'delete', 'repository'])
      expect(found(report, probe, 'ok'), probe).toHaveLength(1);
    expect(report.legs[0]!.findings.filter(({ status }) => status === 'failed')).toEqual([]);
    // This server knows no uploads in parts, which nothing needs.
    expect(found(report, 'multipart', 'note').join()).toContain('oaops does not need them');
  });

  it('that lies about conditional puts', async () => {
    server!.manners.conditional = 'ignored';
    const report = await doctor(place);
    expect(found(report, 'race', 'lost')).toEqual(['of two conditional puts to one name both won, in 6 of 6 rounds']);
    expect(report.exitCode).toBe(3);
  });

  it('that refuses conditional puts', async () => {
    server!.manners.conditional = 'refused';
    expect(found(await doctor(place), 'race', 'lost')).toEqual(['the server does not know conditional puts']);
  });

  it('with stale lists', async () => {
    server!.manners.staleListsMs = 60_000;
    const report = await doctor(place);
    expect(found(report, 'list', 'failed')).toEqual(['a listing does not show what was stored before']);
    expect(report.exitCode).toBe(1);
    server!.manners.staleListsMs = 0;
    // What could not be seen then is removed by name.
    expect([...server!.objects.keys()].filter((key) => key.includes('probes/'))).toEqual([]);
  });

  it('without ranges', async () => {
    server!.manners.ranges = false;
    expect(found(await doctor(place), 'objects', 'lost')).toEqual([
      'the server ignores ranges and always sends the whole object',
    ]);
  });

  it('that takes any body', async () => {
    server!.manners.checksPayload = false;
    expect(found(await doctor(place), 'checksums', 'lost')).toHaveLength(1);
  });

  it('whose clock is 10 min ahead', async () => {
    server!.manners.clockAheadMs = 600_000;
    const report = await doctor(place);
    expect(found(report, 'clock', 'failed').join()).toMatch(/differ by (9 min 5\d|10 min 0\d) s/);
    expect(report.exitCode).toBe(1);
  });

  it('with expired keys', async () => {
    server!.manners.refusal = { status: 400, code: 'ExpiredToken' };
    const report = await doctor(place);
    expect(found(report, 'reach', 'failed')).toEqual([`${place} refused the keys: ExpiredToken`]);
    expect(report.exitCode).toBe(1);
  });

  it('with a rule that deletes by age', async () => {
    server!.manners.expirationDays = 30;
    const report = await doctor(place);
    expect(found(report, 'protection', 'failed')).toEqual([
      'a lifecycle rule deletes objects that begin with "" after 30 d',
    ]);
  });

  it('that changes what was stored', async () => {
    server!.fail('wrong-bytes', /GET prefix\/probes/, 1);
    expect(found(await doctor(place), 'objects', 'failed')).toEqual([
      'an object came back with other bytes than were stored',
    ]);
  });

  it('that never removes versions', async () => {
    server!.manners.versioning = true;
    expect(found(await doctor(place), 'protection', 'note').join()).toContain('prune frees no space');
  });
});

describe('drills', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  const drill = (at: string, verdict = 'pass', sabotage = 'none'): DrillFact => ({
    runbook: 'drill',
    at,
    verdict,
    sabotage,
  });
  it.each([
    ['never run', [], 'no restore was ever rehearsed'],
    ['only with sabotage', [drill('2026-11-20T12:00:00Z', 'fail', 'flipped-bit')], 'no restore was ever rehearsed'],
    ['stale', [drill('2026-08-11T12:00:00Z')], 'the last drill of drill is 103 d 0 h old'],
    [
      'failing',
      [drill('2026-11-20T12:00:00Z', 'fail'), drill('2026-11-19T12:00:00Z')],
      'the last drill of drill ended with "fail"',
    ],
  ])('%s', (_title, drills, message) => {
    expect(probeDrills(drills, now)).toMatchObject([{ status: 'lost', message }]);
  });
  it('fine', () => {
    expect(probeDrills([drill('2026-11-20T12:00:00Z')], now)).toMatchObject([{ status: 'ok' }]);
  });
});
