import { execFile } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../core/errors.ts';
import { makePrivateDir } from '../../core/private-dir.ts';
import { formatDuration, formatSize } from '../../core/units.ts';
import { drillState } from '../drill/state.ts';
import { type Finding, lost, note, ok } from './finding.ts';

const run = promisify(execFile);
/** Four packs of 64 MiB and what is being compressed. */
const spoolBytes = 512 * 1024 * 1024;

/** A drill of the past, as the record keeps it. */
export interface DrillFact {
  runbook: string;
  at: string;
  verdict: string;
  sabotage: string;
  kind?: string;
}

/** Cache, spool and programs of this machine. */
export async function probeMachine({ cacheDir, stateDir }: { cacheDir: string; stateDir: string }): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [what, dir] of [
    ['cache', cacheDir],
    ['state', stateDir],
  ] as const) {
    try {
      makePrivateDir(dir);
      const file = join(dir, `.probe-${process.pid}`);
      writeFileSync(file, 'x', { mode: 0o600 });
      rmSync(file);
    } catch (error) {
      findings.push({
        probe: 'machine',
        status: 'failed',
        message: `the ${what} folder ${dir} cannot be written: ${messageOf(error)}`,
        next: 'Correct its owner and mode, or set OAOPS_STATE_DIR.',
      });
      continue;
    }
    const { bavail, bsize } = statfsSync(dir);
    if (what === 'cache' && bavail * bsize < spoolBytes)
      findings.push(
        lost(
          'machine',
          `only ${formatSize(bavail * bsize)} are free for the spool in ${dir}`,
          'a backup may stop when it cannot hold a pack there',
          'Make room, or name another folder with --spool-dir.',
        ),
      );
    else findings.push(ok('machine', `the ${what} folder ${dir} can be written`));
  }
  return [...findings, ...(await programs())];
}

/** Programs that the restore script needs, and those that keep attributes. */
async function programs(): Promise<Finding[]> {
  const findings: Finding[] = [];
  const versions: string[] = [];
  for (const [name, loses] of [
    ['zstd', 'restore-v1.sh cannot be tried on this machine'],
    ['age', 'restore-v1.sh cannot be tried on this machine'],
    ['getfattr', 'extended attributes and ACLs are not backed up'],
  ] as const) {
    try {
      const { stdout } = await run(name, ['--version'], { timeout: 10_000 });
      versions.push(`${name} ${/v?(\d+(?:\.\d+)+)/.exec(stdout)?.[1] ?? ''}`.trim());
    } catch {
      findings.push(
        lost(
          'machine',
          `the program ${name} is not installed`,
          loses,
          `Install the package ${name === 'getfattr' ? 'attr' : name}.`,
        ),
      );
    }
  }
  if (versions.length > 0) findings.push(ok('machine', `installed: ${versions.join(', ')}`));
  return findings;
}

/** A backup that was never restored is a hope: when did the last drill of each runbook prove that it can be. */
export function probeDrills(drills: readonly DrillFact[] | undefined, nowMs: number): Finding[] {
  if (!drills) return [note('drill', 'the record could not be read, so past drills are not known')];
  // A drill with sabotage proves the drill, not the backup.
  const real = drills.filter(({ sabotage }) => sabotage === 'none');
  if (real.length === 0)
    return [
      lost(
        'drill',
        'no restore was ever rehearsed',
        'nobody knows whether the backups can be restored, and how long that takes',
        'Rehearse one with "oaops drill run restore-drill".',
      ),
    ];
  return [...Map.groupBy(real, (one) => one.runbook).values()].map((ofRunbook) => {
    const { state, last, ageMs = 0 } = drillState(ofRunbook, nowMs);
    const { runbook, verdict } = last!;
    if (state === 'failing')
      return lost(
        'drill',
        `the last drill of ${runbook} ended with "${verdict}"`,
        'the backups may not be restorable in the time that is asked for',
        'Run "oaops drill history" to see why.',
      );
    if (state === 'stale')
      return lost(
        'drill',
        `the last drill of ${runbook} is ${formatDuration(ageMs)} old`,
        'what broke since is not known',
        `Rehearse it again with "oaops drill run ${runbook}".`,
      );
    return ok('drill', `the last drill of ${runbook} passed ${formatDuration(ageMs)} ago`);
  });
}
