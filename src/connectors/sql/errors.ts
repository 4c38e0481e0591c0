import { errnoOf, messageOf, OaopsError, usageError } from '../../core/errors.ts';

/** What a driver reported, in the words of one table for all of them. */
type Kind = 'unreachable' | 'refused' | 'missing' | 'tls' | 'timeout' | 'writes' | 'failed';

/** Codes of PostgreSQL (Appendix A), of MySQL and MariaDB, of SQLite, and of the system. */
const kinds: [RegExp, Kind][] = [
  [/^(28|ER_ACCESS_DENIED|ER_DBACCESS_DENIED|AUTH_SWITCH)/, 'refused'],
  [/^(3D000|ER_BAD_DB_ERROR)$/, 'missing'],
  [/^(57014|ER_QUERY_TIMEOUT|ER_STATEMENT_TIMEOUT|PROTOCOL_SEQUENCE_TIMEOUT)$/, 'timeout'],
  [/^(25006|ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION|SQLITE_READONLY.*)$/, 'writes'],
  [/CERT|SSL|TLS|SIGNATURE|ISSUER|SELF_SIGNED|ALTNAME|EPROTO/, 'tls'],
  [
    /^(08|57P|53300|SQLITE_CANTOPEN|PROTOCOL_|ER_CON_COUNT|ECONN|EHOST|ENET|ENOTFOUND|EAI_|EPIPE|ETIMEDOUT|ENOENT|EACCES)/,
    'unreachable',
  ],
];

/** MySQL and MariaDB say some of these by number only: 1969 of MariaDB is a code that the driver does not know. */
const numbers: Record<number, Kind> = { 1969: 'timeout', 3024: 'timeout', 1792: 'writes' };

export function queryError(error: unknown, shown: string): Error {
  if (error instanceof OaopsError) return error;
  const code = errnoOf(error) ?? '';
  const text =
    messageOf(error)
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, 300) || code;
  const options = { details: { code }, cause: error };
  switch (kindOf(error, code)) {
    case 'refused':
      return usageError('database-refused', `the database ${shown} refused the login: ${text}`, {
        ...options,
        next: 'Check the user in "url", "password" and the rights on the database.',
      });
    case 'missing':
      return usageError('database-missing', `there is no database ${shown}`, {
        ...options,
        next: 'Correct the name of the database in "url".',
      });
    case 'tls':
      return new OaopsError('database-tls', `no encrypted connection with the database ${shown}: ${text}`, {
        ...options,
        next: 'Give the certificate authority as "sslrootcert" in "url", and the name in the certificate as its host.',
      });
    case 'timeout':
      return queryTimeout(shown, error);
    case 'writes':
      return queryWrites(shown, error);
    case 'unreachable':
      return new OaopsError('database-unreachable', `the database ${shown} cannot be reached: ${text}`, {
        ...options,
        next: 'Check "url", and whether the server runs.',
      });
    default:
      return new OaopsError('query-failed', `the database ${shown} did not answer the query: ${text}`, {
        ...options,
        next: 'Try the query with the client of the database.',
      });
  }
}

export function queryWrites(shown: string, cause?: unknown): OaopsError {
  return usageError('query-writes', `the query does not only read from the database ${shown}`, {
    next: 'Write one SELECT.',
    cause,
  });
}

export function queryTimeout(shown: string, cause?: unknown): OaopsError {
  return new OaopsError('query-timeout', `the database ${shown} did not answer in time`, {
    next: 'Make the query faster, or give more "timeout".',
    cause,
  });
}

/** What a statement that was to change something ended with, before anything was kept. `hidden`: texts that must not be told, such as a password. */
export function statementError(error: unknown, shown: string, hidden: readonly string[]): Error {
  const general = queryError(error, shown);
  if (!(general instanceof OaopsError)) return general;
  if (!['query-failed', 'query-timeout', 'query-writes'].includes(general.code)) return general;
  const details = { code: errnoOf(error) ?? '' };
  if (general.code === 'query-timeout') return statementTimeout(shown);
  // No cause: what the driver gives has the values of the row in it.
  if (general.code === 'query-writes') {
    return usageError('statement-refused', `the database ${shown} can only be read`, {
      details,
      next: 'Name the server that takes changes in "url".',
    });
  }
  let text = messageOf(error)
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  for (const value of hidden) if (value !== '') text = text.replaceAll(value, '***');
  return new OaopsError(
    'statement-failed',
    `the database ${shown} did not carry out the statement, and nothing was changed: ${text.slice(0, 300)}`,
    { details, next: 'Look at the statement, and at the rights of the user of the database.' },
  );
}

export function statementTimeout(shown: string): OaopsError {
  return new OaopsError(
    'statement-timeout',
    `the database ${shown} did not carry out the statement in time, and nothing was changed`,
    { next: 'Look for locks in the database, or give more "timeout".' },
  );
}

function kindOf(error: unknown, code: string): Kind {
  const number = (error as { errno?: unknown }).errno;
  const byNumber = typeof number === 'number' ? numbers[number] : undefined;
  if (byNumber) return byNumber;
  const found = kinds.find(([pattern]) => pattern.test(code))?.[1];
  if (found) return found;
  // What pg says itself, without a code.
  if (/^SASL: .*client password must be a (non-empty )?string/.test(messageOf(error))) return 'refused';
  if (/does not support SSL|does not support secure connection/i.test(messageOf(error))) return 'tls';
  if (
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Can't add new command when connection is in closed state)/.test(
      messageOf(error),
    )
  )
    return 'unreachable';
  return 'failed';
}
