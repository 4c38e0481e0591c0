import { z } from 'zod';
import { databaseKeys, rowsOf } from '../databases/ask.ts';
import { lookAt } from '../databases/figure.ts';
import { postgresFigures } from '../databases/postgres.ts';
import { limitKeys } from '../judging/limits.ts';
import type { NearCheckType } from '../types.ts';

type What = keyof typeof postgresFigures;

const withSchema = z
  .strictObject({
    ...databaseKeys,
    url: z
      .string()
      .regex(/^postgres(ql)?:\/\//, { error: 'not an address of PostgreSQL' })
      .describe(
        'postgres://USER@HOST:PORT/DATABASE, with sslmode and sslrootcert. The user needs pg_monitor, and no more.',
      ),
    what: z
      .enum(Object.keys(postgresFigures) as [What, ...What[]])
      .describe(
        'connections: % of max_connections (80, 95). transactions: age of the oldest open one in s (300, 3600). queries: age of the oldest that runs in s (60, 600). locks: longest wait for one in s (30, 300). size: of the database in bytes. cache: % of reads out of memory ("90:"). wraparound: % of transaction ids used (40, 80). slots: WAL that a replication slot holds back in bytes (1 GiB, 10 GiB). replication: lag in s, of the server or of its replicas (60, 600).',
      ),
    role: z.enum(['primary', 'replica']).optional().describe('replication: what the server must be.'),
    replicas: z.int().min(0).default(1).describe('replication: how many a primary must have at least.'),
    ...limitKeys(),
  })
  .refine(({ what, warn, fail }) => what !== 'size' || warn !== undefined || fail !== undefined, {
    error: 'a size has no usual limits: write warn or fail',
    path: ['what'],
  });
type With = z.infer<typeof withSchema>;

/** A PostgreSQL server: connections, transactions, locks, replication ... */
export const postgres: NearCheckType<With> = {
  name: 'postgres',
  place: 'here',
  title: { en: 'PostgreSQL', 'zh-CN': 'PostgreSQL' },
  withSchema,
  measure: (args, doors, _about, signal) =>
    lookAt(postgresFigures[args.what], (query) => rowsOf(args, query, doors, signal), args, signal),
};
