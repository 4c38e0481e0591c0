import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { BackupDoor } from '../door.ts';
import { temporaryFolder } from '../legs/directory-list.ts';
import type { ObjectStore } from '../ports.ts';
import { openRepository } from '../repository/open.ts';
import { type Finding, failed, type LegProbe, note, ok, type Probe } from './finding.ts';
import { type DrillFact, probeDrills, probeMachine } from './local.ts';
import { probeChecksums } from './probes/checksums.ts';
import { probeClock } from './probes/clock.ts';
import { probeDelete } from './probes/delete.ts';
import { probeFolder } from './probes/folder.ts';
import { probeList } from './probes/list.ts';
import { probeMultipart } from './probes/multipart.ts';
import { probeObjects } from './probes/objects.ts';
import { probeProtection } from './probes/protection.ts';
import { probeRace } from './probes/race.ts';
import { probeRepository } from './probes/repository.ts';
import { probeSnapshots } from './probes/snapshots.ts';

/** Objects of probes lie here, outside of everything that may be under write-once protection; nothing else reads them. */
const probesPrefix = 'probes/';

const probes: readonly [name: string, probe: Probe][] = [
  ['objects', probeObjects],
  ['list', probeList],
  ['race', probeRace],
  ['checksums', probeChecksums],
  ['multipart', probeMultipart],
  ['clock', probeClock],
  ['protection', probeProtection],
  ['delete', probeDelete],
  ['folder', probeFolder],
  ['repository', probeRepository],
  ['snapshots', probeSnapshots],
];

export interface DoctorPlace extends Pick<BackupDoor, 'openStore' | 'clock' | 'random' | 'stateDir' | 'cacheDir'> {
  /** Drills of the record, undefined when it cannot be read. */
  drills: () => Promise<DrillFact[] | undefined>;
  signal: AbortSignal;
  onProgress?: (message: string) => void;
}

export interface DoctorReport {
  /** 0: nothing is missing; 3: something is lost; 1: a leg, or this machine, does not work. */
  exitCode: ExitCode;
  legs: { location: string; findings: Finding[] }[];
  machine: Finding[];
}

/**
 * Tries on each leg what backups rely on, and says what is lost where something is missing. Only objects of its own are stored, and
 * they are removed again; nothing of a repository is touched.
 */
export async function examine(repos: readonly string[], place: DoctorPlace): Promise<DoctorReport> {
  const legs: DoctorReport['legs'] = [];
  const ids = new Set<string>();
  for (const location of new Set(repos)) {
    place.onProgress?.(`examining ${location}`);
    legs.push({ location, findings: await examineLeg(location, place, ids) });
  }
  if (ids.size > 1) {
    const message = 'the places named are not legs of one repository';
    for (const leg of legs)
      leg.findings.push({ probe: 'repository', status: 'failed', message, next: 'Name legs of one repository only.' });
  }
  const machine = [...(await probeMachine(place)), ...probeDrills(await place.drills(), place.clock.nowMs())];
  if (legs.length === 1)
    machine.push(
      note(
        'legs',
        'there is one leg only: what destroys it destroys every backup',
        'Add a second one elsewhere: "oaops backup sync --init".',
      ),
    );
  const all = [...legs.flatMap(({ findings }) => findings), ...machine];
  const has = (status: Finding['status']) => all.some((finding) => finding.status === status);
  const exitCode = has('failed') ? ExitCode.failed : has('lost') ? ExitCode.incomplete : ExitCode.success;
  return { exitCode, legs, machine };
}

async function examineLeg(location: string, place: DoctorPlace, ids: Set<string>): Promise<Finding[]> {
  let store: ObjectStore | undefined;
  const names: string[] = [];
  const findings: Finding[] = [];
  try {
    store = await place.openStore(location);
    const config = await configOf(store);
    if (config) ids.add(config.repositoryId);
    const bucket = await store.examine?.();
    findings.push(ok('reach', 'the place answers'));
    const leg: LegProbe = {
      ...place,
      store,
      config,
      bucket,
      probeName: () => {
        const name = `${probesPrefix}${Buffer.from(place.random(8)).toString('hex')}`;
        names.push(name);
        return name;
      },
    };
    for (const [name, probe] of probes) {
      place.signal.throwIfAborted();
      try {
        findings.push(...(await probe(leg)));
      } catch (error) {
        place.signal.throwIfAborted();
        if (!(error instanceof OaopsError)) throw error;
        findings.push(failed(name, error));
      }
    }
    findings.push(...(await cleanUp(leg, names)));
    return findings;
  } catch (error) {
    place.signal.throwIfAborted();
    if (!(error instanceof OaopsError)) throw error;
    return [...findings, failed('reach', error)];
  } finally {
    await store?.close();
  }
}

async function configOf(store: ObjectStore) {
  try {
    return (await openRepository(store)).config;
  } catch (error) {
    if (error instanceof OaopsError && error.code === 'repository-missing') return undefined;
    throw error;
  }
}

/** Takes away what the probes stored, also what an earlier, interrupted examination left. */
async function cleanUp({ store, bucket, config }: LegProbe, names: readonly string[]): Promise<Finding[]> {
  const all = new Set(names);
  let retained = 0;
  try {
    for await (const { name } of store.list(probesPrefix)) all.add(name);
    for (const name of all) {
      const outcome = bucket ? await bucket.remove(name) : await store.delete(name);
      if (outcome !== 'deleted') retained += 1;
    }
    if (store.kind === 'directory') {
      const folders = [probesPrefix, ...(config ? [] : [temporaryFolder])];
      for (const folder of folders) await rmdir(join(store.location, folder)).catch(() => undefined);
    }
  } catch (error) {
    if (!(error instanceof OaopsError)) throw error;
    return [failed('clean-up', error)];
  }
  return retained === 0
    ? []
    : [
        note(
          'clean-up',
          `${retained} objects of probes below ${probesPrefix} may not be removed; they are small and harm nothing`,
        ),
      ];
}
