import { compare } from './backup/compare.ts';
import { directoryTarget } from './backup/targets.ts';
import type { Bench } from './bench.ts';

/** Backup, verification and restore with a directory as repository, beside restic, borg and a bare pipeline. */
export const bench: Bench = {
  title: 'Backups in a directory, beside restic and borg',
  run: (options, show) => compare(options, show, async (dir) => directoryTarget(dir)),
};
