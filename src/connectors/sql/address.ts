import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, rootCertificates } from 'node:tls';
import { errnoOf, usageError } from '../../core/errors.ts';

/** A database on a server. */
export interface ServerAddress {
  kind: 'postgres' | 'mysql';
  host: string;
  port: number;
  /** Folder of the socket (PostgreSQL) or the socket itself (MySQL), instead of host and port. */
  socket?: string;
  user: string;
  database: string;
  tls?: ConnectionOptions;
  /** Without user and parameters, for messages. */
  shown: string;
}

export type Address = ServerAddress | { kind: 'sqlite'; file: string; shown: string };

const defaultPorts = { postgres: 5432, mysql: 3306 };
const kinds: Record<string, ServerAddress['kind']> = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
};

/**
 * What a URL of a database says: `postgres://USER@HOST:PORT/DATABASE`, `mysql://...`, `sqlite:FILE`. Parameters: `sslmode` (disable, require,
 * verify-full, as libpq means them), `sslrootcert` (PEM file), `socket`.
 * @throws OaopsError `database-url`, `ca-file-unreadable` (exit 2); the URL itself is in no message, for it may hold a password
 */
export function addressOf(text: string): Address {
  const file = /^sqlite:(?:\/\/(?=\/))?([^?#]+)$/s.exec(text)?.[1];
  if (file !== undefined) return { kind: 'sqlite', file, shown: `sqlite:${file}` };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const kind = kinds[url?.protocol ?? ''];
  if (!url || !kind) throw invalid('the address of the database is not a postgres://, mysql:// or sqlite: URL');
  if (url.password !== '') {
    throw usageError('database-url', 'the address of the database holds a password', {
      next: 'Take it out, and name it with "password": env:NAME, file:/path or cred:NAME.',
    });
  }
  const user = decoded(url.username);
  const database = decoded(url.pathname.slice(1));
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (user === '' || database === '' || host === '')
    throw invalid('the address of the database names no user, host or database');
  const port = url.port === '' ? defaultPorts[kind] : Number(url.port);
  const { socket, ...tls } = parametersOf(url, host);
  return {
    kind,
    host,
    port,
    user,
    database,
    ...(socket !== undefined && { socket }),
    ...tls,
    shown: `${kind}://${socket ?? url.hostname}${socket === undefined ? `:${port}` : ''}/${database}`,
  };
}

function parametersOf(url: URL, host: string): { socket?: string; tls?: ConnectionOptions } {
  const known = ['sslmode', 'sslrootcert', 'socket'];
  for (const name of url.searchParams.keys()) {
    if (known.includes(name)) continue;
    throw usageError('database-url', `the address of the database has a parameter "${name}" that is not known`, {
      next: `Known parameters: ${known.join(', ')}.`,
    });
  }
  const [mode, ca, socket] = known.map((name) => url.searchParams.get(name) ?? undefined);
  if (mode !== undefined && !['disable', 'require', 'verify-full'].includes(mode)) {
    throw usageError('database-url', `sslmode "${mode}" is not known`, {
      next: 'Write disable, require or verify-full.',
    });
  }
  const plain = mode === undefined ? ca === undefined : mode === 'disable';
  return {
    ...(socket !== undefined && { socket }),
    ...(!plain && {
      tls: {
        rejectUnauthorized: mode !== 'require',
        ...(isIP(host) === 0 && { servername: host }),
        ...(ca !== undefined && { ca: [...rootCertificates, readCa(ca)] }),
      },
    }),
  };
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError('ca-file-unreadable', `the certificate authority ${path} cannot be read (${errnoOf(error)})`, {
      next: 'Correct the path of "sslrootcert".',
    });
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('the address of the database has a % that begins no escape');
  }
}

function invalid(message: string): Error {
  return usageError('database-url', message, {
    next: 'Write it as postgres://USER@HOST:PORT/DATABASE, mysql://USER@HOST:PORT/DATABASE or sqlite:FILE.',
  });
}
