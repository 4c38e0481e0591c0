import type { FactStore } from '../../record/types.ts';
import type { VerifyResult } from './verify.ts';

/** Facts of this topic are verifications, by the place of the leg: what doctor calls "last verified" is read from them. */
export const verifyTopic = 'verify';

/** What is remembered of one verification of one leg. */
export interface VerifyFact {
  level: string;
  /** Contents were decrypted and compared, not only stored bytes. */
  decrypted: boolean;
  snapshots: number;
  packs: number;
  packsRead: number;
  bytesRead: number;
  contentsChecked: number;
  problems: number;
  /** Since when every pack was read at least once; null when one never was, and for levels that do not tell. */
  oldestVerified: string | null;
  exitCode: number;
  run?: string;
}

export function verifyFact(result: VerifyResult): VerifyFact {
  const { level, decrypted, snapshots, packs, packsRead, bytesRead, contentsChecked, problems } = result;
  const { oldestVerified, exitCode } = result;
  const counts = { snapshots, packs, packsRead, bytesRead, contentsChecked, problems: problems.length };
  return { level, decrypted, ...counts, oldestVerified, exitCode };
}

/** The last verification of a leg whatever it found, and the last one of each level that found nothing wrong. */
export interface LastVerified {
  last: ({ at: string } & VerifyFact) | undefined;
  good: Partial<Record<string, { at: string } & VerifyFact>>;
}

/** For doctor: when this leg was verified last, as this record knows. */
export async function lastVerified(facts: FactStore, location: string): Promise<LastVerified> {
  const rows = await facts.list(verifyTopic, { key: location, limit: 500, newestFirst: true });
  const known = rows.map(({ at, body }) => ({ at, ...(body as VerifyFact) }));
  const good: LastVerified['good'] = {};
  for (const one of known) if (one.problems === 0) good[one.level] ??= one;
  return { last: known[0], good };
}
