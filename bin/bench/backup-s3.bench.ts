import { compare } from './backup/compare.ts';
import { s3Target } from './backup/targets.ts';
import type { Bench } from './bench.ts';

/** The same on S3: a real gateway (radosgw of Ceph, objects in memory) on this machine, with which the tools share the processor. */
export const bench: Bench = {
  title: 'Backups on S3, beside restic',
  run: (options, show) => compare(options, show, s3Target, ({ onS3 }) => onS3),
};
