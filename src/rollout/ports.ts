/** What the rollout room needs from outside; connectors implement it. */

/** An entry of a directory: attribute name, as asked for, to its values. */
export interface DirectoryEntry {
  dn: string;
  attributes: Record<string, string[]>;
}

export interface DirectorySearch {
  url: string;
  /** A reference to the password is resolved by the caller; absent = anonymous. */
  bind?: { dn: string; password: string };
  /** PEM file of an extra certificate authority. */
  caFile?: string;
  startTls?: boolean;
  base: string;
  scope: 'base' | 'one' | 'sub';
  filter: string;
  attributes: string[];
  timeoutMs: number;
}

/** LDAP, Active Directory included. */
export interface DirectoryDoor {
  /**
   * All entries, page by page.
   * @throws OaopsError `directory-unreachable`, `directory-refused` (bind), `directory-partial` (a limit was hit, a referral not followed): a part of the
   *   entries is never given as if it were all
   */
  search(request: DirectorySearch, signal: AbortSignal): Promise<DirectoryEntry[]>;
}

/** A query for reading. */
export interface QueryDoor {
  /** Rows with their columns in order. @throws OaopsError `database-unreachable`, `query-failed` */
  rows(
    request: { url: string; password?: string; query: string; parameters?: (string | number)[]; timeoutMs: number },
    signal: AbortSignal,
  ): Promise<Record<string, unknown>[]>;
}
