import { readFileSync, statSync } from 'node:fs';
import type { AccountDoors } from '../../../src/accounts/ports.ts';
import { statementDoor } from '../../../src/connectors/sql/statements.ts';

/** Doors of directories that are tables. */
export function tableDoors({ baseDir = '/', nowMs = Date.UTC(2026, 10, 30) } = {}): AccountDoors {
  const closed = async () => {
    throw new Error('closed');
  };
  return {
    ldap: closed,
    sql: async () => statementDoor(() => performance.now()),
    host: closed,
    hostNames: () => [],
    secret: async (ref) => `secret of ${ref}`,
    facts: closed,
    readFile: async (path) => ({ bytes: readFileSync(path), modifiedMs: statSync(path).mtimeMs }),
    nowMs: () => nowMs,
    timeZone: 'Asia/Shanghai',
    baseDir,
  };
}
