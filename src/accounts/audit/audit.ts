import { decodeCsv, parseCsv } from '../../core/csv.ts';
import { digestOf } from '../../core/json.ts';
import { dateIn } from '../../core/zoned-time.ts';
import type { FactStore } from '../../record/types.ts';
import { RoleMatrix, rowsOfSpec } from '../company/roles.ts';
import { roleRowsOf } from '../company/roles-file.ts';
import type { AccountDoors } from '../ports.ts';
import { confirmedMatches } from '../record/matches.ts';
import type { Company } from '../schema/spec.ts';
import { type Judgement, judge } from './judge.ts';
import { type EverythingRead, isRead, readAll } from './read-all.ts';

/** What was read and what was found, at one time. */
export interface Audit {
  read: EverythingRead;
  judged: Judgement;
  roles: RoleMatrix;
  /** Milliseconds since 1970. */
  atMs: number;
}

export interface AuditRequest {
  doors: AccountDoors;
  facts: FactStore;
  signal: AbortSignal;
  told?: (what: string, done: number, total: number) => void;
}

/** A matrix of roles is a few thousand lines. */
const maxRolesBytes = 64 * 1024 * 1024;

/** Reads everything and judges it. What could not be read is among the result, and nothing is concluded from it. */
export async function auditCompany(company: Company, { doors, facts, signal, told }: AuditRequest): Promise<Audit> {
  const roles = await roleMatrix(company, doors);
  const confirmed = await confirmedMatches(facts);
  const read = await readAll(company, doors, signal, told);
  const atMs = doors.nowMs();
  const judged = judge({
    company,
    sources: read.sources,
    directories: read.directories.filter(isRead),
    roles,
    confirmed,
    todayDate: dateIn(doors.timeZone, atMs),
    nowMs: atMs,
    timeZone: doors.timeZone,
  });
  return { read, judged, roles, atMs };
}

/** @throws OaopsError when the file cannot be read, or is none */
export async function roleMatrix(
  company: Pick<Company, 'roles' | 'directories'>,
  doors: AccountDoors,
): Promise<RoleMatrix> {
  const { roles, directories } = company;
  const rows = rowsOfSpec(roles);
  if (roles.file !== undefined) {
    const { bytes } = await doors.readFile(roles.file, maxRolesBytes);
    const table = parseCsv(roles.file, decodeCsv(roles.file, bytes, 'auto'), ',');
    rows.push(
      ...roleRowsOf(
        roles.file,
        table,
        directories.map(({ id }) => id),
      ),
    );
  }
  return new RoleMatrix(rows);
}

/** So long what planning has read is good for the run that begins with it. */
const keptMs = 10 * 60_000;

/** What this process has read: a run that was planned just now does not read everything a second time. */
export class AccountAudits {
  readonly #kept = new Map<string, Audit>();

  /** For the plan: kept for the run. */
  async plan(company: Company, request: AuditRequest): Promise<Audit> {
    const audit = await auditCompany(company, request);
    this.#kept.clear();
    this.#kept.set(digestOf(company), audit);
    return audit;
  }

  /** For the run: what planning has read, once; else read now. */
  async get(company: Company, request: AuditRequest): Promise<Audit> {
    const key = digestOf(company);
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    if (kept && request.doors.nowMs() - kept.atMs < keptMs && kept.atMs <= request.doors.nowMs()) return kept;
    return auditCompany(company, request);
  }
}
