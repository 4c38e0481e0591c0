import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';

/** True when the transaction certainly did not commit and the same work may succeed when tried again. */
export function isTransient(error: unknown): boolean {
  const code = errnoOf(error) ?? '';
  // 40001 serialization_failure, 40P01 deadlock_detected, 55P03 lock_not_available (PostgreSQL Appendix A).
  return (
    code.startsWith('SQLITE_BUSY') ||
    code === 'SQLITE_LOCKED' ||
    code === '40001' ||
    code === '40P01' ||
    code === '55P03'
  );
}

/** True when the connection to the server was lost or could not be made. */
export function isConnectionLoss(error: unknown): boolean {
  const code = errnoOf(error) ?? '';
  // Class 08: connection exception; 25P03: it was ended because it did nothing in a transaction; 57P01-57P03: the server is shutting down or starting up; 53300: too many clients.
  if (
    /^08/.test(code) ||
    ['25P03', '57P01', '57P02', '57P03', '53300', 'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'].includes(code)
  )
    return true;
  return /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
    messageOf(error),
  );
}

/** What the database says when a table or a column is not there, else undefined. 42P01 undefined_table, 42703 undefined_column. */
export function missingTable(error: unknown): string | undefined {
  const code = errnoOf(error) ?? '';
  const text = messageOf(error);
  const sqlite = code === 'SQLITE_ERROR' && /^no such (table|column)/.test(text);
  return sqlite || code === '42P01' || code === '42703' ? text : undefined;
}

/** True when a disk, a right, a server or another process is in the way, and not what was asked for. */
export function isOfTheWorld(error: unknown): boolean {
  return !['record-failed', 'record-corrupt'].includes(errnoOf(recordError(error, '')) ?? '');
}

/** The error a user reads for one of SQLite or PostgreSQL; errors of ours pass unchanged. `place` names the record. */
export function recordError(error: unknown, place: string): Error {
  if (error instanceof OaopsError) return error;
  const code = errnoOf(error) ?? '';
  const text = messageOf(error);
  const fail = (name: string, message: string, next: string) => new OaopsError(name, message, { next, cause: error });

  // SHMSIZE: the index of the log, which SQLite makes first, finds no room.
  if (['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'ENOSPC', 'EDQUOT', '53100'].includes(code)) {
    return fail(
      'record-disk-full',
      `no space is left for the record (${place})`,
      'Free some space and run again; what was stored before is intact.',
    );
  }
  if (
    code.startsWith('SQLITE_CORRUPT') ||
    code === 'SQLITE_NOTADB' ||
    code === 'XX001' ||
    code === 'XX002' ||
    missingTable(error) !== undefined
  ) {
    return fail(
      'record-corrupt',
      `the record is damaged (${place}: ${text})`,
      'Keep the file for a look, and put back a copy with "oaops record restore FILE".',
    );
  }
  // 25006 read_only_sql_transaction: a standby, or a server set to read only.
  if (code === '25006') {
    return fail(
      'record-not-writable',
      `the server takes no writes now (${place}: ${text})`,
      'Wait until the failover is over, or point record.url to the primary (target_session_attrs=read-write).',
    );
  }
  if (code === '42501') {
    return fail(
      'record-not-writable',
      `the record cannot be written (${place}: ${text})`,
      'Give the database user of record.url the rights on its schema and tables.',
    );
  }
  if (
    code.startsWith('SQLITE_CANTOPEN') ||
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_PERM') ||
    code === 'EACCES' ||
    code === 'EROFS'
  ) {
    return fail(
      'record-not-writable',
      `the record cannot be written (${place}: ${text})`,
      'Run as the user who owns the state, or name another folder with OAOPS_STATE_DIR.',
    );
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return fail(
      'record-io',
      `reading or writing the record failed (${place}: ${text})`,
      'Look at the disk (dmesg, smartctl) before anything else is run.',
    );
  }
  if (isTransient(error)) {
    return fail(
      'record-busy',
      `the record stayed busy (${place})`,
      'See who is working with "oaops lock list", then run again.',
    );
  }
  if (isConnectionLoss(error) || ['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'].includes(code)) {
    return fail(
      'record-unreachable',
      `the record's database cannot be reached (${place}: ${text})`,
      'Check that the server runs and that its address is right.',
    );
  }
  // What pg says itself when a server asks for a password and there is none in the URL, in PGPASSWORD or in ~/.pgpass.
  if (/^SASL: .*client password must be a (non-empty )?string/.test(text))
    return fail(
      'record-login',
      `the record's database asks for a password, and none is given (${place})`,
      'Put it into ~/.pgpass (mode 0600), or give it as PGPASSWORD.',
    );
  if (code.startsWith('28'))
    return fail('record-login', `the record's database refused the login (${place})`, 'Check user and password.');
  if (code === '3D000')
    return fail(
      'record-database-missing',
      `the record's database does not exist (${place})`,
      'Create it with createdb, then run again.',
    );
  return fail(
    'record-failed',
    `the record's database reported: ${text} (${place})`,
    'Run again with --debug for more.',
  );
}
