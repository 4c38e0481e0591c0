import { z } from 'zod';
import { databaseKeys, rowsOf } from '../databases/ask.ts';
import { lookAt } from '../databases/figure.ts';
import { mysqlFigures } from '../databases/mysql.ts';
import { limitKeys } from '../judging/limits.ts';
import type { NearCheckType } from '../types.ts';

type What = keyof typeof mysqlFigures;

const withSchema = z
  .strictObject({
    ...databaseKeys,
    url: z
      .string()
      .regex(/^(mysql|mariadb):\/\//, { error: 'not an address of MySQL or MariaDB' })
      .describe(
        'mysql://USER@HOST:PORT/DATABASE, with sslmode and sslrootcert; information_schema will do but for size. The user needs PROCESS and REPLICATION CLIENT (MariaDB 10.5: REPLICA MONITOR), and SELECT for size.',
      ),
    what: z
      .enum(Object.keys(mysqlFigures) as [What, ...What[]])
      .describe(
        'connections: % of max_connections (80, 95). transactions: age of the oldest open one in s (300, 3600). queries: age of the oldest that runs in s (60, 600). locks: longest wait for one in s (30, 300). size: of the database in bytes. cache: % of reads out of memory ("95:"). replication: lag of a replica in s (60, 600), or how many follow a primary.',
      ),
    role: z.enum(['primary', 'replica']).optional().describe('replication: what the server must be.'),
    replicas: z.int().min(0).default(1).describe('replication: how many must follow a primary at least.'),
    ...limitKeys(),
  })
  .refine(({ what, warn, fail }) => what !== 'size' || warn !== undefined || fail !== undefined, {
    error: 'a size has no usual limits: write warn or fail',
    path: ['what'],
  });
type With = z.infer<typeof withSchema>;

/** A MySQL or MariaDB server: connections, transactions, locks, replication ... */
export const mysql: NearCheckType<With> = {
  name: 'mysql',
  place: 'here',
  title: { en: 'MySQL or MariaDB', 'zh-CN': 'MySQL 或 MariaDB' },
  withSchema,
  measure: (args, doors, _about, signal) =>
    lookAt(mysqlFigures[args.what], (query) => rowsOf(args, query, doors, signal), args, signal),
};
