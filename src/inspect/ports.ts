/** What the inspection room needs from outside; connectors implement it, and the composition root joins them. */
import type { Host, HttpDoor } from '../engine/ports.ts';
import type { FactStore } from '../record/types.ts';

/** A TCP connection that was made, and how long it took. */
export interface Connected {
  connectMs: number;
  /** What the other side said first, as far as it came within the time; printable text. */
  banner: string;
}

/** A certificate as it was shown, whether or not it is trusted. */
export interface ShownCertificate {
  subject: string;
  issuer: string;
  /** Names it is for. */
  names: string[];
  validFromMs: number;
  validToMs: number;
  sha256: string;
  /** Why it is not trusted, whatever its names are; null when it is. */
  trustProblem: string | null;
  /** Why it is not for the name that was asked for; null when it is. */
  nameProblem: string | null;
  /** The authorities above it, as far as they are known, without itself. */
  above: { subject: string; validToMs: number }[];
  protocol: string;
}

/** Versions of TLS, the oldest first. */
export const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof tlsVersions)[number];

export interface NetDoor {
  /** @throws OaopsError `connect-failed` with the reason (refused, no answer in time, no such name) */
  connect(
    request: { host: string; port: number; timeoutMs: number; bannerMs?: number; send?: string },
    signal: AbortSignal,
  ): Promise<Connected>;
  /**
   * `startTls`: the protocol in which encryption is asked for first. @throws OaopsError `connect-failed`, `tls-failed`; `ca-file-unreadable` (exit 2)
   */
  certificate(
    request: {
      host: string;
      port: number;
      serverName: string;
      timeoutMs: number;
      startTls?: 'smtp' | 'imap' | 'pop3' | 'ldap' | 'postgres';
      /** PEM file of an authority to trust besides the usual ones. */
      caFile?: string;
      /** Offers nothing newer: whether a server still takes what is old. */
      newest?: TlsVersion;
    },
    signal: AbortSignal,
  ): Promise<ShownCertificate>;
  /** Records of a name as texts, sorted. @throws OaopsError `dns-failed` with the reason */
  lookUp(
    request: {
      name: string;
      type: 'A' | 'AAAA' | 'CNAME' | 'MX' | 'NS' | 'PTR' | 'SRV' | 'TXT';
      server?: string;
      timeoutMs: number;
    },
    signal: AbortSignal,
  ): Promise<string[]>;
}

/** A request that is sent many times. */
export interface LoadRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  body?: string;
  timeoutMs: number;
  /** PEM file of an authority to trust besides the usual ones. */
  caFile?: string;
  /** At most so many at once. */
  connections: number;
  /** false: a new connection for each request. */
  keepAlive: boolean;
}

/** An answer that was read to its end, or why there is none. */
export interface LoadOutcome {
  status: number | null;
  problem: string | null;
  bytes: number;
}

export interface LoadSession {
  /** @throws whatever `signal` was aborted with, and nothing else */
  once(signal: AbortSignal): Promise<LoadOutcome>;
  /** Ends every connection. */
  close(): void;
}

export interface LoadDoor {
  /** Opens nothing yet. @throws OaopsError `url-invalid`, `ca-file-unreadable` (exit 2) */
  open(request: LoadRequest): LoadSession;
}

/** A query for reading; see the connector of SQL. */
export interface QueryDoor {
  /** @throws OaopsError `database-unreachable`, `query-failed` */
  rows(
    request: { url: string; password?: string; query: string; parameters?: (string | number)[]; timeoutMs: number },
    signal: AbortSignal,
  ): Promise<Record<string, unknown>[]>;
}

/** Files on this machine that other programs write. */
export interface FileDoor {
  /** The last part of the path may hold * and ?. @throws OaopsError `file-missing`, `file-unreadable`, `too-many-files` */
  find(pattern: string): Promise<{ path: string; sizeBytes: number; modifiedMs: number }[]>;
  /** A file of any size as it is read. @throws OaopsError `file-unreadable`, `file-too-large` */
  read(path: string, maxBytes: number): AsyncIterable<Uint8Array>;
}

/** Everything that a check made from this machine may open. */
export interface CheckDoors {
  http(): Promise<HttpDoor>;
  net(): Promise<NetDoor>;
  load(): Promise<LoadDoor>;
  query(): Promise<QueryDoor>;
  /** The record: backups, checks for updates. */
  facts(): Promise<FactStore>;
  /** Resolves a reference to a secret. */
  secret(ref: string): Promise<string>;
  /** The host that is inspected. @throws as hosts do */
  host(): Promise<Host>;
  /** A small file on this machine; null where there is none. @throws OaopsError when it cannot be read or is larger */
  readFile(path: string, maxBytes: number): Promise<Uint8Array | null>;
  files(): Promise<FileDoor>;
  /** Milliseconds of a clock that only goes forward. */
  monotonicMs(): number;
}
